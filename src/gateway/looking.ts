import type { CredentialKey, Subject } from '../auth/types.js';
import { type ServerFacts, SHARED } from './services.js';
import { authStatus, isWanting } from './status.js';
import { type Actor, actorId } from './types.js';
import type { Call } from './words/command-router.js';

/** One command, and what it says of how servers stand. */
export interface Look {
  /** What is said next says of these servers, and of no others, that a sign-in or a key is needed. */
  says(servers: readonly string[]): void;
  /** That stands before the person. */
  delivered(): void;
  /** Nothing more is said. */
  over(): void;
}

/** Who is just being shown how which servers stand: they need no message of their own to say so. */
export interface Looking {
  begin(actor: Actor, subject: Subject, call: Call): Look;
  /**
   * The accounts that are being shown it just now, and so have been told that this credential ended. Resolves when each
   * has been told, or will not be: another page, an edit that failed, a button that was pressed meanwhile.
   */
  told(credential: CredentialKey): Promise<readonly string[]>;
}

/** Their answers say of each server how it stands. */
const SHOWING: ReadonlySet<Call['command']> = new Set(['status', 'auth', 'test', 'tools']);

const SHOWS_NOTHING: Look = { says: () => undefined, delivered: () => undefined, over: () => undefined };

interface Ongoing {
  readonly account: string;
  readonly subject: Subject;
  /** None: all. */
  readonly servers: readonly string[];
  said: readonly string[];
}

/** For one account to be told of one end. */
interface Wait {
  readonly server: string;
  /** What that account looks at now, as far as it may say so. */
  readonly looks: () => readonly Ongoing[];
  readonly resolve: (told: boolean) => void;
}

/** Those of them of which their line says that access is missing, with a button that mends it. */
export function wantingNames(facts: readonly ServerFacts[], nowMs: number): readonly string[] {
  return facts.flatMap((one) => {
    const status = authStatus(one, nowMs);
    return isWanting(status) && status.kind !== 'more-access' ? [one.server.name] : [];
  });
}

export function createLooking(): Looking {
  const ongoing = new Set<Ongoing>();
  const waits = new Set<Wait>();

  /** A button that ends one look has begun the next one by then: who goes on looking may still be told. */
  function settle(): void {
    for (const wait of waits) {
      const looks = wait.looks();
      const told = looks.some(({ said }) => said.includes(wait.server));
      if (!told && looks.length > 0) continue;
      waits.delete(wait);
      wait.resolve(told);
    }
  }

  function looksAt({ subject, server }: CredentialKey): readonly Ongoing[] {
    return [...ongoing]
      .filter((look) => subject === SHARED || look.subject === subject)
      .filter(({ servers }) => servers.length === 0 || servers.includes(server));
  }

  async function isTold(account: string, credential: CredentialKey): Promise<boolean> {
    const looks = (): readonly Ongoing[] => looksAt(credential).filter((look) => look.account === account);
    return new Promise((resolve) => {
      waits.add({ server: credential.server, looks, resolve });
      settle();
    });
  }

  return {
    begin(actor, subject, { command, servers }) {
      if (!SHOWING.has(command)) return SHOWS_NOTHING;
      const look: Ongoing = { account: actorId(actor), subject, servers, said: [] };
      let saying: readonly string[] = [];
      ongoing.add(look);
      return {
        says(named) {
          saying = named;
        },
        delivered() {
          look.said = saying;
          settle();
        },
        over() {
          ongoing.delete(look);
          settle();
        },
      };
    },

    async told(credential) {
      const accounts = [...new Set(looksAt(credential).map(({ account }) => account))];
      const told = await Promise.all(accounts.map((account) => isTold(account, credential)));
      return accounts.filter((_, at) => told[at] === true);
    },
  };
}
