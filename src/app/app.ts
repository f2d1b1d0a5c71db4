import type { CredentialDesk } from '../auth/credentials/credential-desk.js';
import { currentAccess } from '../gateway/access/access.js';
import { limitedLooks } from '../gateway/access/limited-looks.js';
import { createLimits, ratesOf } from '../gateway/access/limits.js';
import type { AgentCalls } from '../gateway/agents/call-types.js';
import { createAgentCalls } from '../gateway/agents/calls.js';
import { createAuditTrail, retentionOf } from '../gateway/audit/audit.js';
import type { ConfigOutcome } from '../gateway/config.js';
import { createGateway, type Gateway } from '../gateway/gateway.js';
import { createInTurn } from '../gateway/platforms/in-turn.js';
import { PACING, type Pacing } from '../gateway/services.js';
import type { Settings } from '../gateway/settings.js';
import type { ChatAdapter } from '../gateway/types.js';
import type { McpConnections } from '../mcp/types.js';
import { type Log, silentLog } from '../observability/log.js';
import { observedStore } from '../storage/observed-store.js';
import { isShared, type OpenedStore, openStore } from '../storage/open.js';
import { clientDocumentsOf } from './client-documents.js';
import { createCounting } from './counting.js';
import { createCredentialsAndSessions } from './credentials-and-sessions.js';
import { createCurrentConfig } from './current-config.js';
import { createListeners, type Listeners } from './listeners.js';
import { hostInUrl } from './own-addresses.js';
import { addPlatforms } from './platforms.js';
import { createReload } from './reload.js';
import type { ListenersStarted } from './started.js';
import { inSteps } from './stopping.js';
import { keepSweeping, type Sweeping } from './sweeping.js';

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
  /** Who works with `credentials`, for the audit: `cli:ana`. */
  readonly operator?: string;
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
  /** The clock of all who share the store, in ms since the epoch. */
  readonly now: () => number;
  readonly mcp: AgentCalls;
  readonly connections: McpConnections;
  /** For operators: people's credentials from outside the chat. */
  readonly credentials: CredentialDesk;
  /** The config as it is now. */
  settings(): Settings;
}

const SWEEP_EVERY_MS = 5_000;
const STORE_CLOSES_WITHIN_MS = 300;

/**
 * Puts the rooms together: config → storage → auth → mcp → gateway → http → adapters.
 * @throws {StoreError} when the store cannot be opened; nothing in it is changed then. Whatever is thrown, nothing is
 * left open.
 */
export async function createApp(settings: Settings, options: AppOptions = {}): Promise<App> {
  const { log = silentLog, now } = options;
  const sealingKeys = settings.security.encryptionKeys;
  const opened = await openStore(settings.storage, {
    ...(now === undefined ? {} : { now }),
    ...(sealingKeys === undefined ? {} : { sealingKeys }),
  });
  try {
    return await createOnStore(settings, options, opened, log);
  } catch (error) {
    await inSteps(
      [{ what: 'store', end: () => opened.store.close(), atMostMs: STORE_CLOSES_WITHIN_MS }],
      log,
    );
    throw error;
  }
}

async function createOnStore(
  settings: Settings,
  options: AppOptions,
  // The clock, too, is the store's: what one process writes expires by it in another.
  { store: opened, pageSecrets, now }: OpenedStore,
  log: Log,
): Promise<App> {
  const config = createCurrentConfig(settings);
  const metrics = createCounting({
    store: () => opened,
    adapters: () => adapters,
    sessions: () => sessions.size,
    now,
  });
  const { observed } = metrics;
  const store = observedStore(opened, observed);
  const publicUrl = settings.publicUrl ?? `http://${hostInUrl(settings.listen.host)}:${settings.listen.port}`;
  const { credentials, tokens, keeper, apiKeys, connections, sessions, signIns, ...ofThem } =
    createCredentialsAndSessions({
      store,
      pageSecrets,
      now,
      config,
      publicUrl,
      gateway: () => gateway,
      publicApp: () => openListeners().publicApp,
      observed,
      log,
    });
  const replicated = isShared(settings.storage);
  const access = currentAccess(config.settings);
  const audit = createAuditTrail({
    store,
    retentionMs: () => retentionOf(config.settings().auditRetentionMs),
    now,
    log,
  });
  const limits = createLimits({
    rates: () => ratesOf(config.settings().limits),
    store,
    log,
    now,
    hit: (limit) => observed.limit(limit),
  });
  const { people } = config;
  const mcp = createAgentCalls({
    settings: config.settings,
    people,
    access,
    sessions,
    requests: {
      request: (asked) => gateway.signInRequests.request(asked),
      wait: (...asked) => gateway.signInRequests.wait(...asked),
    },
  });
  const gateway = createGateway({
    settings: config.settings,
    reload: createReload({
      load: options.load,
      settings: config.settings,
      replace(next, changed) {
        config.replace(next);
        for (const name of changed) connections.forget(name);
      },
    }),
    store,
    replicated,
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
    ...(options.operator === undefined ? {} : { operator: options.operator }),
  });

  const adapters: ChatAdapter[] = [...(options.adapters ?? [])];
  let listeners: Listeners | undefined;
  let sweeping: Sweeping | undefined;
  let telling: Sweeping | undefined;
  let refreshing: Sweeping | undefined;
  let stopped: Promise<void> | undefined;

  const openListeners = (): Listeners => {
    listeners ??= createListeners({
      settings,
      publicUrl,
      signIns,
      store,
      documents: clientDocumentsOf(publicUrl, ofThem.clientKeys, config.settings),
      limits,
      metrics: metrics.text,
      adapters: () => adapters,
      log,
      now,
    });
    return listeners;
  };
  await addPlatforms(settings, adapters, { publicUrl, localUrl: () => openListeners().localUrl(), log, now });

  async function start({ listeners: which = 'both' }: { listeners?: 'both' | 'if-free' | 'none' } = {}) {
    const started = await openListeners().open(which);
    for (const adapter of adapters) gateway.addAdapter(adapter);
    await gateway.start();
    if (which === 'both') await openListeners().load();
    // In a terminal, whose own shell nobody limits, it would only cost time.
    if (which !== 'if-free') await limits.start();
    const swept = { everyMs: options.sweepEveryMs ?? SWEEP_EVERY_MS, log };
    sweeping = keepSweeping({ ...swept, what: 'ended sign-ins' }, () => signIns.sweep());
    // Where a message is to change, one of those that serve its platform sees to it.
    const served = adapters.map(({ platform }) => platform).sort();
    const inTurn = replicated ? createInTurn(store, `messages of ${served.join(', ')}`, log) : undefined;
    telling = keepSweeping({ ...swept, what: 'what is still to be told', inTurn }, () => gateway.sweep());
    refreshing = keepSweeping({ ...swept, what: 'tokens to refresh' }, async () => tokens.sweep());
    return started;
  }

  /** Nine and a half seconds at most: whoever stops a process waits ten before it is killed. */
  async function shutDown(): Promise<void> {
    const sinceMs = performance.now();
    // A sweep may wait for a platform that does not answer; the adapters' end is the end of that.
    await refreshing?.stop();
    const swept = Promise.all([sweeping?.stop(), telling?.stop()]);
    const polled = signIns.close();
    limits.stop();
    const closing = [swept, polled, tokens.close()];
    const left = (ms: number): number => Math.max(300, ms - (performance.now() - sinceMs));
    await inSteps(
      [
        { what: 'listeners', end: async () => listeners?.close(), atMostMs: 4_200 },
        { what: 'commands and chats', end: () => gateway.stop(left(4_500)), atMostMs: 8_000 },
        { what: 'sign-ins under way', end: () => Promise.all(closing), atMostMs: 300 },
        { what: 'redirects', end: () => ofThem.redirects.close(), atMostMs: 300 },
        { what: 'requests to servers', end: () => ofThem.closeSessions(), atMostMs: 300 },
        { what: 'connections', end: () => ofThem.closeConnections(), atMostMs: 100 },
        { what: 'audit', end: () => audit.flush(), atMostMs: 300 },
        { what: 'store', end: () => store.close(), atMostMs: STORE_CLOSES_WITHIN_MS },
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
    now,
    mcp,
    connections,
    credentials: ofThem.desk,
    settings: config.settings,
  };
}
