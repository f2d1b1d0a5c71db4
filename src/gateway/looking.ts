import type { CredentialKey, Subject } from '../auth/types.js';
import { SHARED } from './services.js';
import { type Actor, actorId } from './types.js';
import type { Call } from './words/command-router.js';

/** Who is just being shown how which servers stand: they need no message of their own to say so. */
export interface Looking {
  /** From now until the function that it gives back is called. */
  begin(actor: Actor, subject: Subject, call: Call): () => void;
  /** The accounts that are being shown this credential. */
  at(credential: CredentialKey): readonly string[];
}

/** Their answers say of each server how it stands. */
const SHOWING: ReadonlySet<Call['command']> = new Set(['status', 'auth', 'test', 'tools']);

export function createLooking(): Looking {
  const looks = new Set<{
    readonly account: string;
    readonly subject: Subject;
    readonly servers: readonly string[];
  }>();
  return {
    begin(actor, subject, { command, servers }) {
      if (!SHOWING.has(command)) return () => undefined;
      const look = { account: actorId(actor), subject, servers };
      looks.add(look);
      return () => void looks.delete(look);
    },
    at: ({ subject, server }) =>
      [...looks]
        .filter((look) => subject === SHARED || look.subject === subject)
        .filter(({ servers }) => servers.length === 0 || servers.includes(server))
        .map(({ account }) => account),
  };
}
