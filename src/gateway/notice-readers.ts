import type { CredentialKey } from '../auth/types.js';
import { PLATFORMS } from './config/actor-ids.js';
import { createPeople } from './people.js';
import type { Seen } from './seen.js';
import { type Services, SHARED } from './services.js';
import type { Actor } from './types.js';

/**
 * Who is to hear that this credential ended: its person where they were seen last, or for a shared one each admin of the
 * config. Who was never seen is tried by the account itself; who may not use the gateway any more hears nothing.
 */
export async function noticeReaders(
  { subject }: CredentialKey,
  { settings, access }: Pick<Services, 'settings' | 'access'>,
  seen: Seen,
): Promise<readonly Actor[]> {
  const { access: lists, people } = settings();
  const known = createPeople({ people });
  const names = subject === SHARED ? lists.admins : [subject];
  const subjects = new Set(names.map((name) => ownerOf(name, people)));
  const found = await Promise.all(
    [...subjects].map(async (each) => (await seen.last(each)) ?? actorOf(known.accountsOf(each)[0] ?? '')),
  );
  const wanted = subject === SHARED ? ['admin'] : ['admin', 'user'];
  return found.filter((actor) => actor !== undefined).filter((actor) => wanted.includes(access.may(actor)));
}

/** `admins` may name an account of somebody whom `people` joins. */
function ownerOf(name: string, people: Readonly<Record<string, readonly string[]>>): string {
  return Object.keys(people).find((person) => people[person]?.includes(name) === true) ?? name;
}

/** The account behind `actorId`'s spelling. */
function actorOf(id: string): Actor | undefined {
  const platform = PLATFORMS.find((known) => id.startsWith(`${known}:`));
  if (platform === undefined) return undefined;
  const rest = id.slice(platform.length + 1);
  const slash = platform === 'slack' ? rest.indexOf('/') : -1;
  return slash < 0
    ? { platform, userId: rest, displayName: rest }
    : {
        platform,
        tenant: rest.slice(0, slash),
        userId: rest.slice(slash + 1),
        displayName: rest.slice(slash + 1),
      };
}
