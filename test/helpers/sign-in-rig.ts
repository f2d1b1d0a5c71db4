import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type Challenges, createChallenges } from '../../src/auth/challenges.js';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import { type CredentialRecords, createCredentials } from '../../src/auth/credentials/credentials.js';
import { createTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { type CheckedApiKeys, createApiKeys } from '../../src/auth/sign-in/api-keys.js';
import type { Random } from '../../src/auth/sign-in/browser-binding.js';
import type { RedirectListeners } from '../../src/auth/sign-in/deps.js';
import { createSignIns } from '../../src/auth/sign-in/sign-in.js';
import type { BeginOutcome, BeginRequest, SignInState, SignIns } from '../../src/auth/sign-in/types.js';
import type { HttpServer, Server, TokenKeeper, Verify } from '../../src/auth/types.js';
import { type Log, silentLog } from '../../src/observability/log.js';
import { type OpenedStore, openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';

/** An entry of `mcp_servers` with nothing set but what the test needs. */
export function httpServer(name: string, url: string, more: Partial<HttpServer> = {}): HttpServer {
  return {
    name,
    url,
    kind: 'http',
    enabled: true,
    credentials: 'personal',
    timeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    tools: {},
    keys: [],
    headers: {},
    oauth: { authorizeParameters: {} },
    ...more,
  };
}

/** Connects with the token as a header, as any MCP client would, and counts the tools. */
export const verifyByConnecting: Verify = async (server, _subject, access) => {
  if (server.kind === 'stdio' || access.kind !== 'token') throw new Error('tokens of HTTP servers only');
  const authProvider = { token: async () => access.accessToken };
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider });
  const client = new Client({ name: 'test', version: '1' });
  try {
    await client.connect(transport, { timeout: 5_000 });
    return { kind: 'works', tools: (await client.listTools()).tools.length, proven: true };
  } catch (error) {
    const refused = error instanceof Error && /unauthorized|401/i.test(`${error.name} ${error.message}`);
    if (refused) return { kind: 'refused' };
    return { kind: 'unreachable', failure: { code: 'unreachable', detail: String(error) } };
  } finally {
    await client.close();
  }
};

export interface RigOptions {
  readonly servers: readonly Server[];
  readonly verify?: Verify;
  readonly lifetimeMs?: number;
  readonly publicUrl?: string;
  readonly random?: Random;
  readonly log?: Log;
  readonly mayHold?: (startedBy: string, server: Server) => boolean;
  /** False: as without `public_url`. */
  readonly reachable?: boolean;
  readonly redirects?: RedirectListeners;
  /** Waits for so many ms. @default at once */
  readonly pause?: (ms: number) => Promise<unknown>;
  /** Another store, or one that a rig before used: what a restart finds. */
  readonly shared?: Pick<Rig, 'store' | 'pageSecrets'>;
}

/** Sign-ins with everything real around them: store, keeper, guarded fetch, connecting. */
export interface Rig {
  readonly signIns: SignIns;
  readonly keeper: TokenKeeper;
  readonly apiKeys: CheckedApiKeys;
  readonly credentials: CredentialRecords;
  readonly store: Store;
  readonly challenges: Challenges;
  readonly pageSecrets: OpenedStore['pageSecrets'];
  /** Every state that `onChange` told, in order. */
  readonly told: SignInState[];
  /** Moves the clock that sign-ins see. */
  advance(ms: number): void;
  /** The config as it is now: replace entries to change it. */
  readonly servers: Map<string, Server>;
  request(server: string, who?: string, more?: Partial<BeginRequest>): BeginRequest;
  close(): Promise<void>;
}

const PUBLIC_URL = 'http://127.0.0.1:8787';

export async function createRig(options: RigOptions): Promise<Rig> {
  const opened = options.shared ?? (await openStore({ kind: 'memory' }));
  const { store, pageSecrets } = opened;
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const guarded = createGuardedFetch({ allowPrivateHosts: [] });
  const servers = new Map(options.servers.map((server) => [server.name, server]));
  const fetchOf = (server: Server | undefined) =>
    server === undefined || server.kind === 'stdio' ? undefined : guarded.forServer(server);
  const credentials = createCredentials(store);
  const clientKeys = createClientKeys(store, now);
  const log = options.log ?? silentLog;
  const verify = options.verify ?? verifyByConnecting;
  const keeper = createTokenKeeper({
    store,
    credentials,
    fetchFor: (name) => fetchOf(servers.get(name)),
    urlOf: (name) => {
      const server = servers.get(name);
      return server === undefined || server.kind === 'stdio' ? undefined : server.url;
    },
    signFor: (name) => {
      const server = servers.get(name);
      return server === undefined || server.kind === 'stdio' ? undefined : clientKeys.signFor(server);
    },
    log,
    now,
  });
  const apiKeys = createApiKeys({ store, verify, now });
  const told: SignInState[] = [];
  const challenges = createChallenges({ store, credentials, now });
  const signIns = createSignIns({
    store,
    keeper,
    apiKeys,
    verify,
    fetchFor: (server) => guarded.forServer(server),
    serverByName: (name) => servers.get(name),
    ...(options.mayHold === undefined ? {} : { mayHold: options.mayHold }),
    publicUrl: options.publicUrl ?? PUBLIC_URL,
    ...(options.reachable === undefined ? {} : { reachable: options.reachable }),
    ...(options.redirects === undefined ? {} : { redirects: options.redirects }),
    pageSecrets,
    signInLifetimeMs: options.lifetimeMs ?? 600_000,
    clientKeys,
    challenges,
    onChange: (state) => {
      told.push(state);
    },
    log,
    now,
    pause: options.pause ?? (async () => {}),
    ...(options.random === undefined ? {} : { random: options.random }),
  });
  return {
    signIns,
    keeper,
    apiKeys,
    credentials,
    store,
    challenges,
    pageSecrets,
    told,
    servers,
    advance: (ms) => {
      offsetMs += ms;
    },
    request: (name, who = 'terminal:ana', more = {}) => {
      const server = servers.get(name);
      if (server === undefined) throw new Error(`no server ${name}`);
      return {
        server,
        subject: who,
        startedBy: who,
        account: { platform: 'Terminal', name: who },
        origin: { chat: who },
        confirmAlways: false,
        ...more,
      };
    },
    async close() {
      await signIns.close();
      await guarded.close();
    },
  };
}

export type Link = Extract<BeginOutcome, { kind: 'link' }>;

/** The link, or a failing test that says why there is none. */
export function linkOf(outcome: BeginOutcome): Link {
  if (outcome.kind === 'link') return outcome;
  throw new Error(`no link: ${JSON.stringify(outcome.failure)}`);
}

/** Presses the button of the connect page: where it sends the browser, and the cookie that it gets. */
export async function pressButton(signIns: SignIns, { id }: Pick<Link, 'id'>) {
  const pressed = await signIns.press(id, signIns.pageToken(id));
  if (pressed.kind !== 'redirect') throw new Error(`no redirect: ${JSON.stringify(pressed)}`);
  return pressed;
}

/** What the callback URL carries, as the web side hands it on. */
export function callbackOf(url: URL) {
  const { state, code, iss, error, error_description } = Object.fromEntries(url.searchParams);
  return {
    ...(state === undefined ? {} : { state }),
    ...(code === undefined ? {} : { code }),
    ...(iss === undefined ? {} : { iss }),
    ...(error === undefined ? {} : { error }),
    ...(error_description === undefined ? {} : { errorDescription: error_description }),
  };
}
