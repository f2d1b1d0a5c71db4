import type { Subject } from '../../auth/types.js';
import { PLATFORMS } from '../config/actor-ids.js';
import type { Settings } from '../settings.js';
import { type Actor, actorId } from '../types.js';

/** An actor without the ids that tell it from others. Nothing may be done on its behalf (threat 13). */
export class UnidentifiedActorError extends Error {
  override readonly name = 'UnidentifiedActorError';
  readonly code = 'unidentified_actor';
  constructor(readonly platform: string) {
    super(`An actor on ${platform} came without its ids; the adapter must give them.`);
  }
}

/**
 * `actorId`, but only where it can be read back one way: `slack:T1/U2` must not be made by a user id `T1/U2` without
 * a workspace. Undefined for all others.
 */
export function identify(actor: Actor): string | undefined {
  const { platform, tenant, userId } = actor;
  if (typeof userId !== 'string' || userId.trim() === '') return undefined;
  if (platform !== 'slack') return tenant === undefined ? actorId(actor) : undefined;
  const isWhole =
    tenant !== undefined && tenant.trim() !== '' && !tenant.includes('/') && !userId.includes('/');
  return isWhole ? actorId(actor) : undefined;
}

export interface People {
  /** Whose credentials this actor uses: the person's that `people:` joins the account to, else the account's own. @throws {UnidentifiedActorError} */
  subjectOf(actor: Actor): Subject;
  /** What others are shown for this actor: the person's name, else the display name, else the account. */
  nameOf(actor: Actor): string;
  /** The accounts behind a subject: a person's list, or the one account itself; none for `shared`. */
  accountsOf(subject: Subject): readonly string[];
}

export function createPeople({ people }: Pick<Settings, 'people'>): People {
  const owners = new Map(
    Object.entries(people).flatMap(([name, accounts]) => accounts.map((account) => [account, name] as const)),
  );
  const accounts = new Map(Object.entries(people));
  const idOf = (actor: Actor): string => {
    const id = identify(actor);
    if (id === undefined) throw new UnidentifiedActorError(actor.platform);
    return id;
  };
  return {
    subjectOf: (actor) => {
      const id = idOf(actor);
      return owners.get(id) ?? id;
    },
    nameOf: (actor) => {
      const id = idOf(actor);
      return owners.get(id) ?? (actor.displayName.trim() || id);
    },
    accountsOf: (subject) => accounts.get(subject) ?? (subject.includes(':') ? [subject] : []),
  };
}

/** The account behind `actorId`'s spelling. */
export function actorOf(id: string): Actor | undefined {
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
