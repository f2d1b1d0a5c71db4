import type { CredentialKey } from '../../auth/types.js';
import { actorOf, createPeople } from '../access/people.js';
import { type Services, SHARED } from '../services.js';
import type { Actor } from '../types.js';
import type { Seen } from './seen.js';

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
