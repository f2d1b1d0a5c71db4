import { createApiKeys } from './auth/api-keys.js';
import { createChallenges } from './auth/challenges.js';
import { createClientKeys } from './auth/client-keys.js';
import { type CredentialDesk, createCredentialDesk } from './auth/credential-desk.js';
import { createCredentials } from './auth/credentials.js';
import { createGuardedFetch } from './auth/guarded-fetch.js';
import { ServiceAccounts } from './auth/service-accounts.js';
import { createSignIns } from './auth/sign-in.js';
import type { OnSignInChange } from './auth/sign-in-types.js';
import { createTokenKeeper } from './auth/token-keeper.js';
import type { HttpServer, Server } from './auth/types.js';
import { clientDocumentsOf } from './client-documents.js';
import { createCounting } from './counting.js';
import { currentAccess } from './gateway/access.js';
import type { AgentCalls } from './gateway/agent-call-types.js';
import { createAgentCalls } from './gateway/agent-calls.js';
import { createAuditTrail, retentionOf } from './gateway/audit.js';
import type { ConfigOutcome } from './gateway/config.js';
import { createGateway, type Gateway } from './gateway/gateway.js';
import { limitedLooks } from './gateway/limited-looks.js';
import { createLimits, ratesOf } from './gateway/limits.js';
import { createPeople } from './gateway/people.js';
import { PACING, type Pacing, type Services } from './gateway/services.js';
import type { Settings } from './gateway/settings.js';
import type { ChatAdapter } from './gateway/types.js';
import { createListeners, type Listeners, type ListenersStarted } from './listeners.js';
import { createLoopbackRedirects } from './loopback-redirects.js';
import { createMcp } from './mcp/mcp.js';
import type { McpConnections } from './mcp/types.js';
import { type Log, silentLog } from './observability/log.js';
import { hostInUrl, loopbackUrl } from './own-addresses.js';
import { addDiscordAdapter, addSlackAdapter, addTelegramAdapter, addWebAdapter } from './platforms.js';
import { createReload } from './reload.js';
import { inSteps } from './stopping.js';
import { observedStore } from './storage/observed-store.js';
import { isShared, openStore } from './storage/open.js';
import { keepSweeping, type Sweeping } from './sweeping.js';
import { VERSION } from './version.js';

export interface AppOptions {
  readonly adapters?: readonly ChatAdapter[];
  readonly log?: Log;
  /** Reads the config again, for `/mcp reload`. Without it there is no file to read. */
  readonly load?: () => Promise<ConfigOutcome>;
  /** How often expired and interrupted sign-ins are looked for. @default 5 s */
  readonly sweepEveryMs?: number;
  /** This process's clock, in ms since the epoch. @default Date.now */
  readonly now?: () => number;
  /** How often a message is edited, and how long a command waits for others. */
  readonly pacing?: Partial<Pacing>;
}

export interface App {
  /**
   * Opens the listeners and starts the adapters.
   * @throws {ListenError} where an address cannot be opened, with the remedy. Nothing is left running then.
   */
  start(options?: { readonly listeners?: 'both' | 'if-free' | 'none' }): Promise<ListenersStarted>;
  /** Takes no more work, lets what is under way end (bounded), closes everything. May be called twice. */
  stop(): Promise<void>;
  /** The public routes, for a host that has a server of its own. */
  fetch(request: Request): Promise<Response>;
  /** Before `start`. */
  addAdapter(adapter: ChatAdapter): void;
  readonly gateway: Gateway;
  readonly mcp: AgentCalls;
  readonly connections: McpConnections;
  /** For operators: people's credentials from outside the chat. */
  readonly credentials: CredentialDesk;
  /** The config as it is now. */
  settings(): Settings;
}

const SWEEP_EVERY_MS = 5_000;

/**
 * Puts the rooms together: config → storage → auth → mcp → gateway → http → adapters.
 * @throws {StoreError} when the store cannot be opened; nothing in it is changed then.
 */
export async function createApp(settings: Settings, options: AppOptions = {}): Promise<App> {
  const { log = silentLog } = options;
  let current = settings;
  let joined = createPeople(current);
  const byName = serversByName(() => current);
  const serverByName = (name: string): Server | undefined => byName().get(name);
  const httpServerByName = (name: string): HttpServer | undefined => {
    const server = serverByName(name);
    return server === undefined || server.kind === 'stdio' ? undefined : server;
  };

  const sealingKeys = settings.security.encryptionKeys;
  // The clock, too, is the store's: what one process writes expires by it in another.
  const {
    store: opened,
    pageSecret,
    now,
  } = await openStore(settings.storage, {
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(sealingKeys === undefined ? {} : { sealingKeys }),
  });
  const metrics = createCounting({ store: () => opened, adapters: () => adapters, now });
  const { observed } = metrics;
  const store = observedStore(opened, observed);
  const guarded = createGuardedFetch({ allowPrivateHosts: settings.security.allowPrivateHosts });
  const credentials = createCredentials(store);
  const publicUrl = settings.publicUrl ?? `http://${hostInUrl(settings.listen.host)}:${settings.listen.port}`;
  const clientKeys = createClientKeys(store, now);
  const challenges = createChallenges({ store, credentials, now });
  const tokens = createTokenKeeper({
    store,
    credentials,
    fetchFor(name) {
      const server = httpServerByName(name);
      return server === undefined ? undefined : guarded.forServer(server);
    },
    signFor(name) {
      const server = httpServerByName(name);
      return server === undefined ? undefined : clientKeys.signFor(server);
    },
    onRefused: (key, refusal) => gateway.onRefused(key, refusal),
    tryToken: async (key, accessToken) => {
      const server = httpServerByName(key.server);
      if (server === undefined) return { kind: 'unreachable' };
      return await connections.verify(server, key.subject, { kind: 'token', accessToken });
    },
    log,
    now,
  });
  const keeper = new ServiceAccounts(tokens, {
    store,
    credentials,
    serverByName,
    fetchFor: (server) => guarded.forServer(server),
    clientKeys,
    publicUrl,
    log,
    now,
  });
  const apiKeys = createApiKeys({
    store,
    credentials,
    verify: (...asked) => connections.verify(...asked),
    onRefused: (key, refused) => gateway.onRefused(key, refused),
    now,
  });
  const { connections, sessions, ...ofMcp } = createMcp({
    keeper,
    apiKeys,
    challenges,
    fetchFor: (server) => guarded.transportFor(server),
    log,
    now,
    clientInfo: { name: 'mcp-chat-gateway', version: VERSION },
    onTools: (key, change) => gateway.onTools(key, { ...change, reason: 'looked' }),
    toolsChanged: (server, subject) => gateway.onTools({ server, subject }, { reason: 'told-by-server' }),
  });
  const redirects = createLoopbackRedirects({
    ownUrl: loopbackUrl(settings.listen),
    app: () => openListeners().publicApp,
    log,
  });
  const onChange: OnSignInChange = (state) => {
    // Stored only now: what was opened since the check of the new credential still has the old one.
    if (state.kind === 'ended') sessions.forget(state.server, state.subject);
    gateway.onSignInChange(state);
  };
  const signIns = createSignIns({
    store,
    keeper,
    apiKeys,
    verify: (...asked) => connections.verify(...asked),
    fetchFor: (server) => guarded.forServer(server),
    serverByName,
    publicUrl,
    reachable: settings.publicUrl !== undefined,
    loopbackUrl: loopbackUrl(settings.listen),
    redirects,
    pageSecret,
    signInLifetimeMs: settings.security.signInLifetimeMs,
    clientKeys,
    challenges,
    onChange,
    log,
    now,
  });
  const access = currentAccess(() => current);
  const audit = createAuditTrail({
    store,
    retentionMs: () => retentionOf(current.auditRetentionMs),
    now,
    log,
  });
  const limits = createLimits({
    rates: () => ratesOf(current.limits),
    store,
    log,
    now,
    hit: (limit) => observed.limit(limit),
  });
  const people: Services['people'] = { subjectOf: (actor) => joined.subjectOf(actor) };
  const mcp = createAgentCalls({
    settings: () => current,
    people,
    access,
    sessions,
    requests: {
      request: (asked) => gateway.signInRequests.request(asked),
      wait: (...asked) => gateway.signInRequests.wait(...asked),
    },
  });
  const gateway = createGateway({
    settings: () => current,
    reload: createReload({
      load: options.load,
      settings: () => current,
      replace(next, changed) {
        current = next;
        joined = createPeople(next);
        for (const name of changed) connections.forget(name);
      },
    }),
    store,
    replicated: isShared(settings.storage),
    signIns,
    keeper,
    apiKeys,
    credentials,
    connections: limitedLooks(connections, limits, now),
    limits,
    audit,
    observed,
    people,
    access,
    log,
    now,
    pacing: { ...PACING, ...options.pacing },
  });

  const adapters: ChatAdapter[] = [...(options.adapters ?? [])];
  let listeners: Listeners | undefined;
  let sweeping: Sweeping | undefined;
  let refreshing: Sweeping | undefined;
  let stopped: Promise<void> | undefined;

  const openListeners = (): Listeners => {
    listeners ??= createListeners({
      settings,
      publicUrl,
      signIns,
      store,
      documents: clientDocumentsOf(publicUrl, clientKeys, () => current),
      limits,
      metrics: metrics.text,
      adapters: () => adapters,
      log,
      now,
    });
    return listeners;
  };
  await addWebAdapter(settings, adapters, () => openListeners().localUrl(), log);
  await addTelegramAdapter(settings, adapters, { publicUrl, log, now });
  await addSlackAdapter(settings, adapters, { log, now });
  await addDiscordAdapter(settings, adapters, { log, now });

  async function start({ listeners: which = 'both' }: { listeners?: 'both' | 'if-free' | 'none' } = {}) {
    const started = await openListeners().open(which);
    for (const adapter of adapters) gateway.addAdapter(adapter);
    await gateway.start();
    // In a terminal, whose own shell nobody limits, it would only cost time.
    if (which !== 'if-free') await limits.start();
    sweeping = keepSweeping(options.sweepEveryMs ?? SWEEP_EVERY_MS, log, async () => {
      await signIns.sweep();
      await gateway.sweep();
    });
    refreshing = keepSweeping(options.sweepEveryMs ?? SWEEP_EVERY_MS, log, async () => tokens.sweep());
    return started;
  }

  /** Nine and a half seconds at most: whoever stops a process waits ten before it is killed. */
  async function shutDown(): Promise<void> {
    const sinceMs = performance.now();
    // A sweep may wait for a platform that does not answer; the adapters' end is the end of that.
    await refreshing?.stop();
    const swept = sweeping?.stop() ?? Promise.resolve();
    const polled = signIns.close();
    limits.stop();
    const closing = [swept, polled, tokens.close()];
    const left = (ms: number): number => Math.max(300, ms - (performance.now() - sinceMs));
    await inSteps(
      [
        { what: 'listeners', end: async () => listeners?.close(), atMostMs: 4_200 },
        { what: 'commands and chats', end: () => gateway.stop(left(4_500)), atMostMs: 8_000 },
        { what: 'sign-ins under way', end: () => Promise.all(closing), atMostMs: 300 },
        { what: 'redirects', end: () => redirects.close(), atMostMs: 300 },
        { what: 'requests to servers', end: () => ofMcp.close(), atMostMs: 300 },
        { what: 'connections', end: () => guarded.close(), atMostMs: 100 },
        { what: 'audit', end: () => audit.flush(), atMostMs: 300 },
        { what: 'store', end: () => store.close(), atMostMs: 300 },
      ],
      log,
    );
  }

  const stop = (): Promise<void> => {
    stopped ??= shutDown();
    return stopped;
  };

  return {
    start: async (asked) => {
      try {
        return await start(asked);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    fetch: async (request) => openListeners().publicApp.fetch(request),
    addAdapter: (adapter) => void adapters.push(adapter),
    gateway,
    mcp,
    connections,
    credentials: createCredentialDesk({
      store,
      credentials,
      keeper: tokens,
      apiKeys,
      fetchFor: (server) => guarded.forServer(server),
      changed: (key, what) => gateway.onOperatorChange(key, what),
      now,
    }),
    settings: () => current,
  };
}

/** The configured servers, by their names, as they are now. */
function serversByName(settings: () => Settings): () => ReadonlyMap<string, Server> {
  let seen: Settings | undefined;
  let found: ReadonlyMap<string, Server> = new Map();
  return () => {
    if (seen !== settings()) {
      seen = settings();
      found = new Map(seen.servers.map((server) => [server.name, server]));
    }
    return found;
  };
}
