import { identify } from './people.js';
import type { Settings } from './settings.js';
import type { Actor } from './types.js';

/** `stranger`: is told their own id, and nothing else. */
type Standing = 'admin' | 'user' | 'stranger';

export interface AccessRules {
  may(actor: Actor): Standing;
}

/** The accounts that a list stands for: its entries, and those of the people that it names. */
function accountsOf(list: readonly string[], people: Settings['people']): ReadonlySet<string> {
  const joined = new Map(Object.entries(people));
  return new Set(list.flatMap((entry) => joined.get(entry) ?? [entry]));
}

/** `slack:T1/*`: everybody of a workspace. */
function workspaceEntry({ platform, tenant }: Actor): string | undefined {
  return tenant === undefined ? undefined : `${platform}:${tenant}/*`;
}

/**
 * Who may. By default nobody; the terminal's actors are trusted like the shell that they run in. Fails closed: an
 * actor that can't be told from others is a stranger, even where anyone else may.
 */
export function createAccess({ access, people }: Pick<Settings, 'access' | 'people'>): AccessRules {
  const admins = accountsOf(access.admins, people);
  const users = access.users === '*' ? undefined : accountsOf(access.users, people);
  return {
    may: (actor) => {
      const id = identify(actor);
      if (id === undefined) return 'stranger';
      if (actor.platform === 'terminal' || admins.has(id)) return 'admin';
      const listed = users === undefined || users.has(id) || users.has(workspaceEntry(actor) ?? id);
      return listed ? 'user' : 'stranger';
    },
  };
}
