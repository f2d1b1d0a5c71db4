import type {
  BeginOutcome,
  BeginRequest,
  ConfirmOutcome,
  LastFailure,
  OnSignInChange,
  PasteOutcome,
  SignInResult,
  SignInState,
  SignIns,
} from '../../src/auth/sign-in/types.js';
import type {
  ApiKeys,
  AuthFailure,
  CredentialKey,
  Credentials,
  CredentialView,
  HttpServer,
  KeySubmitOutcome,
  Server,
  SignOutOutcome,
  StdioServer,
  TokenKeeper,
} from '../../src/auth/types.js';
import type { McpConnections, Probe, ProbeResult, ToolTrial, TriedTool } from '../../src/mcp/types.js';

type Facts = Omit<Extract<SignInState, { kind: 'finishing' }>, 'kind' | 'sinceMs'>;
type Known = Exclude<SignInState, { kind: 'unknown' }>;

const LIFETIME_MS = 600_000;

export function httpServer(name: string, rest: Partial<HttpServer> = {}): HttpServer {
  return {
    name,
    kind: 'http',
    url: `https://${name}.example/mcp`,
    enabled: true,
    credentials: 'personal',
    timeoutMs: 30_000,
    connectTimeoutMs: 10_000,
    tools: {},
    keys: [],
    headers: {},
    oauth: { authorizeParameters: {} },
    ...rest,
  };
}

export function oauthServer(name: string, rest: Partial<HttpServer> = {}): HttpServer {
  return httpServer(name, { auth: 'oauth', ...rest });
}

export function keyServer(name: string, variable: string, value?: string): HttpServer {
  return httpServer(name, {
    headers: { Authorization: `Bearer \${${variable}}` },
    keys: [value === undefined ? { name: variable } : { name: variable, value }],
  });
}

export function stdioServer(name: string, rest: Partial<StdioServer> = {}): StdioServer {
  const { kind: _kind, url: _url, headers: _headers, oauth: _oauth, auth: _auth, ...base } = httpServer(name);
  return { ...base, kind: 'stdio', command: 'node', args: [], env: {}, ...rest };
}

/**
 * Sign-ins in memory: the contract that the chat relies on (one open sign-in a subject and server, digits by who started
 * it, an outcome once), told to `onChange` as the real ones do. `end` is what a browser would bring about.
 */
export class MemorySignIns implements SignIns {
  /** By server. */
  readonly lastFailures = new Map<string, LastFailure>();
  lastFailure = async (_subject: string, server: string): Promise<LastFailure | undefined> =>
    this.lastFailures.get(server);
  readonly states = new Map<string, Known>();
  readonly requests: BeginRequest[] = [];
  /** By server: what `begin` comes to, if it is not a link. */
  readonly failures = new Map<string, AuthFailure | Error>();
  /** By server: `begin` waits for it. */
  readonly delays = new Map<string, Promise<void>>();
  /** By server: how people come back, if not to a page of the gateway. */
  readonly ways = new Map<string, { readonly paste: true } | { readonly userCode: string }>();
  onChange: OnSignInChange = () => undefined;
  readonly #digits = new Map<string, string>();
  #count = 0;

  constructor(private readonly now: () => number = Date.now) {}

  begin(request: BeginRequest): Promise<BeginOutcome> {
    return this.#begin(request, 'oauth');
  }

  beginKeyForm(request: BeginRequest): Promise<BeginOutcome> {
    return this.#begin(request, 'key-form');
  }

  async #begin(request: BeginRequest, method: 'oauth' | 'key-form'): Promise<BeginOutcome> {
    this.requests.push(request);
    const { server, subject, startedBy, account, origin } = request;
    await this.delays.get(server.name);
    const failure = this.failures.get(server.name);
    if (failure instanceof Error) throw failure;
    if (failure !== undefined) return { kind: 'failed', failure };
    for (const old of await this.open(subject)) {
      if (old.kind !== 'unknown' && old.server === server.name) await this.end(old.id, { kind: 'replaced' });
    }
    this.#count += 1;
    const id = `sign-in-${this.#count}`;
    const host = `auth.${server.name}.example`;
    const url = `https://gateway.example/${method === 'oauth' ? 'connect' : 'key'}/${id}`;
    const expiresAtMs = this.now() + LIFETIME_MS;
    const way = this.ways.get(server.name) ?? {};
    const how = 'userCode' in way ? 'device' : method;
    const facts: Facts = { id, server: server.name, subject, startedBy, account, origin, method: how };
    this.states.set(id, { ...facts, kind: 'pending', host, url, expiresAtMs, ...way });
    return { kind: 'link', id, url, host, expiresAtMs };
  }

  async look(id: string): Promise<SignInState> {
    return this.states.get(id) ?? { kind: 'unknown' };
  }

  idOf(server: string): string {
    const found = [...this.states.values()].findLast((state) => state.server === server);
    if (found === undefined) throw new Error(`No sign-in for ${server}.`);
    return found.id;
  }

  async end(id: string, result: SignInResult): Promise<Extract<SignInState, { kind: 'ended' }>> {
    const ended = { ...this.#facts(id), kind: 'ended', atMs: this.now(), result } as const;
    this.states.set(id, ended);
    await this.onChange(ended);
    return ended;
  }

  async waitForCode(id: string, digits: string): Promise<void> {
    this.#digits.set(id, digits);
    const expiresAtMs = this.now() + LIFETIME_MS;
    const waiting = { ...this.#facts(id), kind: 'waiting-for-code', expiresAtMs, triesLeft: 5 } as const;
    this.states.set(id, waiting);
    await this.onChange(waiting);
  }

  async confirm(startedBy: string, digits: string): Promise<ConfirmOutcome> {
    const mine = [...this.states.values()].filter((state) => state.startedBy === startedBy);
    const waiting = mine.flatMap((state) => (state.kind === 'waiting-for-code' ? [state] : []));
    const [first] = waiting;
    if (first === undefined) return { kind: 'nothing-waiting' };
    const right = waiting.find((state) => this.#digits.get(state.id) === digits);
    if (right !== undefined) {
      return { kind: 'ended', state: await this.end(right.id, { kind: 'connected', tools: 23 }) };
    }
    this.states.set(first.id, { ...first, triesLeft: first.triesLeft - 1 });
    return { kind: 'wrong', triesLeft: first.triesLeft - 1 };
  }

  /** By address: what it comes to, for whoever sends it. */
  readonly pastes = new Map<string, PasteOutcome>();
  readonly pasted: { startedBy: string; address: string }[] = [];

  async paste(startedBy: string, address: string): Promise<PasteOutcome> {
    this.pasted.push({ startedBy, address });
    return this.pastes.get(address) ?? { kind: 'not-theirs' };
  }

  async close(): Promise<void> {}

  async cancel(startedBy: string, server?: string): Promise<readonly SignInState[]> {
    const open = [...this.states.values()].filter(
      (state) =>
        state.kind !== 'ended' &&
        state.startedBy === startedBy &&
        (server === undefined || state.server === server),
    );
    return Promise.all(open.map((state) => this.end(state.id, { kind: 'cancelled' })));
  }

  async open(subject: string): Promise<readonly SignInState[]> {
    return [...this.states.values()].filter((state) => state.kind !== 'ended' && state.subject === subject);
  }

  #facts(id: string): Facts {
    const state = this.states.get(id);
    if (state === undefined) throw new Error(`There is no sign-in ${id}.`);
    const { server, subject, startedBy, account, origin, method } = state;
    return { id, server, subject, startedBy, account, origin, method };
  }

  finish = (): never => notOurs('finish');
  pageToken = (): never => notOurs('pageToken');
  press = (): never => notOurs('press');
  submitKeys = (): never => notOurs('submitKeys');
  keyFormBrowser = (): never => notOurs('keyFormBrowser');
  codeAgain = (): never => notOurs('codeAgain');
  async sweep(): Promise<void> {
    notOurs('sweep');
  }
}

/** What a chat has no business with. */
function notOurs(what: string): never {
  throw new Error(`The chat called ${what}.`);
}

/** Credentials as views, with the two ways to sign out; nothing here ever held a secret but the keys just submitted. */
export class MemoryCredentials implements Credentials {
  readonly views: CredentialView[] = [];
  readonly signedOut: CredentialKey[] = [];
  readonly submitted: { server: string; subject: string; values: Readonly<Record<string, string>> }[] = [];
  revocation: SignOutOutcome = { kind: 'revoked' };
  submission: KeySubmitOutcome = { kind: 'refused' };

  async view({ subject, server }: CredentialKey): Promise<CredentialView | undefined> {
    return this.views.find((one) => one.subject === subject && one.server === server);
  }

  async list(subject?: string): Promise<readonly CredentialView[]> {
    return this.views.filter((one) => subject === undefined || one.subject === subject);
  }

  hold(view: CredentialView): void {
    this.views.push(view);
  }

  async #signOut(key: CredentialKey, outcome: SignOutOutcome): Promise<SignOutOutcome> {
    const at = this.views.findIndex((one) => one.subject === key.subject && one.server === key.server);
    if (at < 0) return { kind: 'nothing' };
    this.views.splice(at, 1);
    this.signedOut.push(key);
    return outcome;
  }

  readonly keeper: TokenKeeper = {
    accessToken: () => notOurs('accessToken'),
    keep: () => notOurs('keep'),
    signOut: (key) => this.#signOut(key, this.revocation),
  };

  readonly apiKeys: ApiKeys = {
    values: () => notOurs('values'),
    refused: () => notOurs('refused'),
    signOut: (key) => this.#signOut(key, { kind: 'deleted-only', why: 'not-oauth' }),
    submit: async (server, subject, values) => {
      this.submitted.push({ server: server.name, subject, values });
      return this.submission;
    },
  };
}

export function oauthView(
  subject: string,
  server: string,
  rest: Partial<Extract<CredentialView, { kind: 'oauth' }>> = {},
): CredentialView {
  return {
    kind: 'oauth',
    subject,
    server,
    issuedAtMs: 0,
    refreshable: true,
    issuer: `https://auth.${server}.example`,
    registration: 'dynamic',
    ...rest,
  };
}

export function keysView(
  subject: string,
  server: string,
  masked: Readonly<Record<string, string>>,
): CredentialView {
  return { kind: 'keys', subject, server, masked, issuedAtMs: 0, unproven: false };
}

export function ready(
  tools: number,
  rest: Partial<Extract<ProbeResult, { kind: 'ready' }>> = {},
): ProbeResult {
  return {
    kind: 'ready',
    tools: Array.from({ length: tools }, (_, at) => ({
      name: `tool_${at + 1}`,
      description: `Does thing ${at + 1}.`,
    })),
    protocolVersion: '2025-11-25',
    authenticated: false,
    ...rest,
  };
}

export const needsSignIn: ProbeResult = { kind: 'needs-sign-in', reason: 'never' };
export const down: ProbeResult = {
  kind: 'unreachable',
  failure: { code: 'unreachable', detail: 'connect ECONNREFUSED', host: 'down.example' },
};

/** Looks at servers as scripted: an answer, or one that comes when the test says so, or never. */
export class ScriptedConnections implements McpConnections {
  readonly answers = new Map<string, ProbeResult | Promise<ProbeResult>>();
  readonly probed: string[] = [];
  readonly forgotten: string[] = [];
  readonly #known = new Map<string, Probe>();

  constructor(private readonly now: () => number = Date.now) {}

  known(server: Server, subject: string): Probe | undefined {
    return this.#known.get(`${server.name} ${subject}`);
  }

  async probe(server: Server, subject: string): Promise<Probe> {
    this.probed.push(server.name);
    const result = await (this.answers.get(server.name) ?? new Promise<never>(() => undefined));
    return this.remember(server.name, subject, result);
  }

  remember(server: string, subject: string, result: ProbeResult, rest: Partial<Probe> = {}): Probe {
    const atMs = this.now();
    const probe = { server, subject, atMs, latencyMs: 12.4, sinceMs: atMs, result, ...rest };
    this.#known.set(`${server} ${subject}`, probe);
    return probe;
  }

  readonly trials = new Map<string, ToolTrial>();
  async tryTool(server: Server, subject: string, tool: string): Promise<TriedTool> {
    const probe = await this.probe(server, subject);
    const trial = this.trials.get(tool);
    return { probe, ...(trial === undefined ? {} : { trial }) };
  }

  verify = (): never => notOurs('verify');
  learn(): void {}

  forget(server: string): void {
    this.forgotten.push(server);
  }
  async close(): Promise<void> {}
}
