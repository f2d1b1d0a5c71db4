import type { SignInState, SignIns } from '../auth/sign-in/types.js';
import type { ApiKeys, Credentials, CredentialView, Server, Subject, TokenKeeper } from '../auth/types.js';
import type { Probe } from '../mcp/types.js';
import type { Log } from '../observability/log.js';
import type { Observed } from '../observability/observed.js';
import type { Store } from '../storage/types.js';
import type { AccessRules } from './access/access.js';
import type { Looks } from './access/limited-looks.js';
import type { Limits } from './access/limits.js';
import type { AuditTrail } from './audit/audit.js';
import type { Settings } from './settings.js';
import type { Actor } from './types.js';
import type { Role } from './words/grammar.js';

/** What reading the config again came to. */
export type ReloadOutcome =
  | {
      readonly kind: 'reloaded';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly string[];
      /** What changed and needs a restart to count (`listen`, `storage`). */
      readonly needRestart?: readonly string[];
    }
  /** Nothing changed. Each problem is one line that names its path and line in the file. */
  | { readonly kind: 'broken'; readonly problems: readonly string[] }
  /** There is no file to read (the demo, a module given its config as a value). */
  | { readonly kind: 'no-file' };

/** How long things may take before somebody is told something. */
export interface Pacing {
  /** Between two edits of one message. */
  readonly editEveryMs: number;
  /** A look at a server older than this is looked at again. */
  readonly staleAfterMs: number;
  /** How long a command waits for servers and providers before it answers without them. */
  readonly patienceMs: number;
  /** The same where the answer cannot be edited later: what it does not say then, it never says. */
  readonly lastPatienceMs: number;
}

export const PACING: Pacing = {
  editEveryMs: 2_000,
  staleAfterMs: 60_000,
  patienceMs: 4_000,
  lastPatienceMs: 20_000,
};

/** What commands work with: other rooms by their seams, and the config as it is now. */
export interface Services {
  /** Asked anew for each command: a reload replaces them. */
  readonly settings: () => Settings;
  readonly reload: () => Promise<ReloadOutcome>;
  readonly store: Store;
  readonly signIns: SignIns;
  readonly keeper: TokenKeeper;
  readonly apiKeys: ApiKeys;
  readonly credentials: Credentials;
  readonly connections: Looks;
  readonly people: { subjectOf(actor: Actor): Subject };
  readonly access: AccessRules;
  readonly limits: Limits;
  readonly audit: AuditTrail;
  readonly observed: Observed;
  readonly log: Log;
  readonly now: () => number;
  readonly pacing: Pacing;
}

/** `shared`: everyone's credential, given by admins. */
export const SHARED: Subject = 'shared';

export function subjectFor(server: Server, subject: Subject): Subject {
  return server.credentials === 'shared' ? SHARED : subject;
}

/** One server as one person has it. */
export interface ServerFacts {
  readonly server: Server;
  readonly subject: Subject;
  readonly credential?: CredentialView;
  readonly open?: SignInState;
  readonly probe?: Probe;
}

/** What is known now, for these servers and this person: the store is read, no server is contacted. */
export async function knownFacts(
  services: Services,
  servers: readonly Server[],
  subject: Subject,
): Promise<readonly ServerFacts[]> {
  const subjects = [...new Set(servers.map((server) => subjectFor(server, subject)))];
  const [held, open] = await Promise.all([
    Promise.all(subjects.map((each) => services.credentials.list(each))),
    Promise.all(subjects.map((each) => services.signIns.open(each))),
  ]);
  const credentials = held.flat();
  const signIns = open.flat();
  return servers.map((server) => {
    const whose = subjectFor(server, subject);
    const credential = credentials.find((one) => one.server === server.name && one.subject === whose);
    const signIn = signIns.find((one) => belongsTo(one, server, whose));
    const probe = services.connections.known(server, whose);
    return {
      server,
      subject: whose,
      ...(credential === undefined ? {} : { credential }),
      ...(signIn === undefined ? {} : { open: signIn }),
      ...(probe === undefined ? {} : { probe }),
    };
  });
}

/** The servers that somebody may sign out of, as they stand in the store: an admin also of what everyone shares. */
export async function signedInTo(
  services: Pick<Services, 'credentials'>,
  servers: readonly Server[],
  subject: Subject,
  role: Role,
): Promise<readonly string[]> {
  const subjects = role === 'admin' ? [subject, SHARED] : [subject];
  const held = (await Promise.all(subjects.map((each) => services.credentials.list(each)))).flat();
  return servers.flatMap((server) => {
    const whose = subjectFor(server, subject);
    return held.some((one) => one.server === server.name && one.subject === whose) ? [server.name] : [];
  });
}

function belongsTo(signIn: SignInState, server: Server, subject: Subject): boolean {
  return (
    signIn.kind !== 'unknown' &&
    signIn.kind !== 'ended' &&
    signIn.server === server.name &&
    signIn.subject === subject
  );
}

/** Whether a server is due for a look: never looked at, or too long ago. */
export function isStale({ server, probe }: ServerFacts, services: Services): boolean {
  if (!server.enabled) return false;
  return probe === undefined || services.now() - probe.atMs >= services.pacing.staleAfterMs;
}
