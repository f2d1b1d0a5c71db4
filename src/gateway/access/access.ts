import type { Server } from '../../auth/types.js';
import { isWholePlatform } from '../config/actor-ids.js';
import type { Settings } from '../settings.js';
import type { Actor, Place } from '../types.js';
import { actorOf, identify } from './people.js';

/** `stranger`: is told their own id, and nothing else. */
export type Standing = 'admin' | 'user' | 'stranger';

export interface AccessRules {
  may(actor: Actor): Standing;
  /**
   * Whether this server (by its name in the config) is there for this actor at all: may be seen, signed in to and used.
   * False also for strangers. Whether there is such a server is not looked at.
   */
  mayUse(actor: Actor, server: string): boolean;
  /** Whether `/mcp` is answered there: `access.groups`. */
  answersIn(place: Place): boolean;
}

/** The accounts that a list stands for: its entries, and those of the people that it names. */
function accountsOf(list: readonly string[], people: Settings['people']): ReadonlySet<string> {
  const joined = new Map(Object.entries(people));
  return new Set(list.flatMap((entry) => joined.get(entry) ?? [entry]));
}

/** `telegram:*`, and `slack:T1/*`: everybody of a platform, or of a workspace. */
function wholesOf({ platform, tenant }: Actor): readonly string[] {
  return tenant === undefined ? [`${platform}:*`] : [`${platform}:*`, `${platform}:${tenant}/*`];
}

/** Whether people may sign in whom nobody has listed: then each sign-in is confirmed in the chat. */
export function isOpen(users: Settings['access']['users']): boolean {
  return users === '*' || users.some(isWholePlatform);
}

/**
 * Who may. By default nobody; the terminal's actors are trusted like the shell that they run in. Fails closed: an
 * actor that can't be told from others is a stranger, even where anyone else may.
 */
export function createAccess({ access, people }: Pick<Settings, 'access' | 'people'>): AccessRules {
  const admins = accountsOf(access.admins, people);
  const users = access.users === '*' ? undefined : accountsOf(access.users, people);
  const lists = new Map(
    Object.entries(access.servers ?? {}).map(([server, list]) => [server, accountsOf(list, people)] as const),
  );
  const isOn = (list: ReadonlySet<string> | undefined, id: string, actor: Actor): boolean =>
    list === undefined || list.has(id) || wholesOf(actor).some((whole) => list.has(whole));
  const may = (actor: Actor): Standing => {
    const id = identify(actor);
    if (id === undefined) return 'stranger';
    if (actor.platform === 'terminal' || admins.has(id)) return 'admin';
    return isOn(users, id, actor) ? 'user' : 'stranger';
  };
  return {
    may,
    mayUse: (actor, server) => {
      const standing = may(actor);
      if (standing !== 'user') return standing === 'admin';
      return isOn(lists.get(server), identify(actor) ?? '', actor);
    },
    answersIn: (place) => {
      const { groups = true } = access;
      if (place.kind === 'private' || groups === true) return true;
      return groups !== false && place.ids.some((id) => groups.includes(id));
    },
  };
}

/** The rules of the config as it is now: made once for each config, however often somebody asks. */
export function currentAccess(settings: () => Pick<Settings, 'access' | 'people'>): AccessRules {
  let of: unknown;
  let rules: AccessRules | undefined;
  const now = (): AccessRules => {
    const current = settings();
    if (rules === undefined || of !== current) {
      of = current;
      rules = createAccess(current);
    }
    return rules;
  };
  return {
    may: (actor) => now().may(actor),
    mayUse: (actor, server) => now().mayUse(actor, server),
    answersIn: (place) => now().answersIn(place),
  };
}

/** Whether an account (`telegram:123`) may have a credential for this server: everybody's is for admins to get. */
export function mayHold(access: AccessRules, account: string, server: Server): boolean {
  const actor = actorOf(account);
  if (actor === undefined) return false;
  return server.credentials === 'shared' ? access.may(actor) === 'admin' : access.mayUse(actor, server.name);
}
