import type { Server } from '../../auth/types.js';
import type {
  CallOptions,
  McpSession,
  McpSessions,
  NeedsReauth,
  SessionFailure,
} from '../../mcp/session-types.js';
import { SessionError } from '../../mcp/session-types.js';
import type { AccessRules } from '../access/access.js';
import { type Services, subjectFor } from '../services.js';
import { keysToAsk } from '../status.js';
import type { Actor } from '../types.js';
import { nearest } from '../words/likeness.js';
import type {
  AgentCallOptions,
  AgentCalls,
  AgentOutcome,
  AgentSessionOptions,
  SignInRequests,
} from './call-types.js';
import {
  disabledServer,
  hiddenTool,
  missingAccess,
  reauthSentence,
  refusedSentence,
  refusedSharedKey,
  STRANGER,
  unavailableSentence,
  unknownServer,
} from './sentences.js';
import { type AskedSignIn, createSignInWaits, type SignInWaits, type Unsigned } from './sign-in-waits.js';

export interface AgentCallsDeps extends Pick<Services, 'settings' | 'people'> {
  readonly access: Pick<AccessRules, 'may' | 'mayUse'>;
  readonly sessions: McpSessions;
  /** Absent: nobody is asked, and `signIn` of the options counts for nothing. */
  readonly requests?: SignInRequests;
}

type NotAllowed = Extract<AgentOutcome<never>, { kind: 'not_allowed' }>;

/** Whose call it is, and where it goes. */
interface Granted {
  readonly actor: Actor;
  readonly server: Server;
  /** Whether this person may sign in there. */
  readonly maySignIn: boolean;
}

class Calls implements AgentCalls {
  readonly #deps: AgentCallsDeps;
  readonly #waits: SignInWaits | undefined;

  constructor(deps: AgentCallsDeps) {
    this.#deps = deps;
    this.#waits = deps.requests === undefined ? undefined : createSignInWaits(deps.requests);
  }

  async withSession<T>(
    actor: Actor,
    name: string,
    use: (session: McpSession) => Promise<T>,
    options: AgentSessionOptions = {},
  ): Promise<AgentOutcome<T>> {
    const granted = this.#grant(actor, name);
    if ('kind' in granted) return granted;
    const { server } = granted;
    const subject = subjectFor(server, this.#deps.people.subjectOf(actor));
    let waited: Unsigned | undefined;
    const recover = async ({ reason }: NeedsReauth): Promise<boolean> => {
      const came = await this.#waits?.signIn(asked(granted, reason, options));
      waited = came === 'signed-in' ? undefined : came;
      return came === 'signed-in';
    };
    const waits = options.signIn !== undefined && granted.maySignIn;
    const session = this.#deps.sessions.session(
      { server, subject },
      { ...sessionOptions(options), ...(waits ? { recover } : {}) },
    );
    try {
      return { kind: 'done', value: await use(session) };
    } catch (error) {
      if (!(error instanceof SessionError) || error.server !== server.name) throw error;
      return outcomeOf(granted, error.failure, waited);
    }
  }

  callTool: AgentCalls['callTool'] = (actor, server, tool, args, options) =>
    this.withSession(actor, server, (session) => session.callTool(tool, args, own(options)), options);

  listTools: AgentCalls['listTools'] = (actor, server, options) =>
    this.withSession(actor, server, (session) => session.listTools(own(options)), options);

  readResource: AgentCalls['readResource'] = (actor, server, uri, options) =>
    this.withSession(actor, server, (session) => session.readResource(uri, own(options)), options);

  getPrompt: AgentCalls['getPrompt'] = (actor, server, prompt, args, options) =>
    this.withSession(actor, server, (session) => session.getPrompt(prompt, args, own(options)), options);

  #grant(actor: Actor, name: string): Granted | NotAllowed {
    const refused = (why: NotAllowed['why'], sentence: string, meant?: string): NotAllowed => ({
      kind: 'not_allowed',
      server: name,
      why,
      sentence,
      ...(meant === undefined ? {} : { meant }),
    });
    const role = this.#deps.access.may(actor);
    if (role === 'stranger') return refused('stranger', STRANGER);
    const { servers } = this.#deps.settings();
    const server = servers.find((one) => one.name === name);
    // What is not there for this person is not there.
    if (server === undefined || !this.#deps.access.mayUse(actor, name)) {
      const names = servers.map((one) => one.name);
      const meant = nearest(
        name,
        names.filter((one) => this.#deps.access.mayUse(actor, one)),
      );
      return refused('unknown_server', unknownServer(name, meant), meant);
    }
    if (!server.enabled) return refused('disabled_server', disabledServer(name));
    return { actor, server, maySignIn: server.credentials === 'personal' || role === 'admin' };
  }
}

function asked(
  { actor, server }: Granted,
  reason: NeedsReauth['reason'],
  { signIn = {}, signal }: AgentSessionOptions,
): AskedSignIn {
  return {
    actor,
    server: server.name,
    reason,
    ...signIn,
    ...(signal === undefined ? {} : { callSignal: signal }),
  };
}

const sessionOptions = ({ signal, timeoutMs, onMessage }: AgentSessionOptions) => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  ...(onMessage === undefined ? {} : { hear: onMessage }),
});

/** What counts for the call alone. */
const own = ({ onProgress }: AgentCallOptions = {}): CallOptions =>
  onProgress === undefined ? {} : { onProgress };

function outcomeOf(
  { server, maySignIn }: Granted,
  failure: SessionFailure,
  waited: Unsigned | undefined,
): Exclude<AgentOutcome<never>, { kind: 'done' }> {
  const { name } = server;
  switch (failure.kind) {
    case 'needs_reauth': {
      const { reason } = failure;
      if (reason === 'key_refused' && keysToAsk(server).length === 0)
        return {
          kind: 'unavailable',
          server: name,
          code: 'credential-refused',
          sentence: refusedSharedKey(name),
        };
      return {
        kind: 'needs_reauth',
        server: name,
        reason,
        sentence: reauthSentence(name, reason, maySignIn),
        ...(waited === undefined ? {} : { waited }),
      };
    }
    case 'unavailable': {
      const { failure: why, retryAfterMs, uncertain } = failure;
      return {
        kind: 'unavailable',
        server: name,
        code: why.code,
        sentence: unavailableSentence(server, failure),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        ...(uncertain === undefined ? {} : { uncertain }),
      };
    }
    case 'refused':
      return {
        kind: 'refused',
        server: name,
        code: failure.code,
        sentence: refusedSentence(name, failure.message),
      };
    case 'hidden_tool':
      return {
        kind: 'not_allowed',
        server: name,
        why: 'hidden_tool',
        sentence: hiddenTool(name, failure.tool),
      };
    case 'missing_access':
      return {
        kind: 'not_allowed',
        server: name,
        why: 'missing_access',
        sentence: missingAccess(name, failure.scopes),
      };
  }
}

/** Calls for whatever runs behind the gateway, on behalf of its people. */
export function createAgentCalls(deps: AgentCallsDeps): AgentCalls {
  return new Calls(deps);
}
