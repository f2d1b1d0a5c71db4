import type { SignIns } from '../auth/sign-in/types.js';
import type { Settings } from '../gateway/settings.js';
import type { ChatAdapter } from '../gateway/types.js';
import type { ClientDocuments } from '../http/client-documents.js';
import type { AddressLimits } from '../http/limited.js';
import { type Listening, lateApp, listenOn, type WebApp } from '../http/listening.js';
import type { ReadyReport } from '../http/local-server.js';
import type { Log } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import type { Store } from '../storage/types.js';
import { createPublicListener } from './public-listener.js';
import type { ListenersStarted } from './started.js';

export interface Listeners {
  readonly publicApp: WebApp;
  /**
   * `both`: the public and the local one. `if-free`: the public one, or none where a gateway on the same store has it.
   * @throws {ListenError}
   */
  open(which: 'both' | 'if-free' | 'none'): Promise<ListenersStarted>;
  localUrl(): string | undefined;
  /** Loads the pages and what serves them: else the first request does. */
  load(): Promise<void>;
  close(): Promise<void>;
}

export interface ListenersParts {
  readonly settings: Settings;
  readonly publicUrl: string;
  readonly signIns: SignIns;
  readonly store: Store;
  readonly documents: ClientDocuments;
  readonly limits: AddressLimits;
  readonly metrics: Metrics['text'];
  readonly adapters: () => readonly ChatAdapter[];
  readonly log: Log;
  readonly now: () => number;
}

/** The two listeners: what must be public, and what must never be. */
export function createListeners({
  settings,
  publicUrl,
  signIns,
  store,
  documents,
  limits,
  metrics,
  adapters,
  log,
  now,
}: ListenersParts): Listeners {
  const parts = adapters().flatMap(({ http }) => (http === undefined ? [] : [http]));
  // Loaded after the chats began to connect, or with the first request: a terminal chat opens the public listener for the
  // end of a sign-in that it may never see.
  const publicApp = lateApp(async () => {
    const { createPublicApp } = await import('../http/server.js');
    const { createClientAddresses } = await import('../http/client-address.js');
    const limited = { limits, addresses: createClientAddresses(settings.trustedProxies ?? []) };
    return createPublicApp({ signIns, publicUrl, parts, documents, limited, log, now });
  });
  const { listen, localListen } = settings;
  const publicListener = createPublicListener({ listen, app: publicApp, store, log, now });
  let local: Listening | undefined;

  async function openLocal(): Promise<void> {
    const { token, ...where } = localListen;
    const app = lateApp(async () => {
      const { createLocalApp } = await import('../http/local-server.js');
      return createLocalApp({
        parts: adapters().flatMap(({ http }) => (http === undefined ? [] : [http])),
        ready: () => readyReport(store, adapters()),
        metrics,
        ...(token === undefined ? {} : { token }),
        log,
      });
    });
    local = await listenOn(app, { ...where, setting: 'local_listen' });
  }

  return {
    publicApp,
    async open(which) {
      if (which === 'none') return { publicUrl, sharedWithRunning: false };
      if (which === 'if-free') return { publicUrl, sharedWithRunning: !(await publicListener.openIfFree()) };
      await publicListener.open();
      await openLocal();
      return { publicUrl, sharedWithRunning: false, ...(local === undefined ? {} : { localUrl: local.url }) };
    },
    localUrl: () => local?.url,
    load: async () => void (await Promise.all([publicListener.load(), local?.load()])),
    async close() {
      await Promise.all([publicListener.close(), local?.close()]);
    },
  };
}

const OK = 'ok';

/** Ready means: the store answers, and no platform says what keeps it from working. */
export async function readyReport(store: Store, adapters: readonly ChatAdapter[]): Promise<ReadyReport> {
  const stored = await store
    .records('listeners')
    .keys()
    .then(
      () => OK,
      () => 'does not answer',
    );
  const platforms = adapters.flatMap((adapter) =>
    adapter.trouble === undefined ? [] : [[adapter.platform, adapter.trouble() ?? OK] as const],
  );
  const checks = { store: stored, ...Object.fromEntries(platforms) };
  return { ready: Object.values(checks).every((check) => check === OK), checks };
}
