import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type App, createApp } from '../../src/app/app.js';
import { type ConfigOutcome, parseConfig } from '../../src/gateway/config.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { ChatAdapter } from '../../src/gateway/types.js';
import { ListenError } from '../../src/http/server.js';
import { createLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { Clock } from './clock.js';
import { freePort } from './servers/free-port.js';
import { WebVisitor } from './web-visitor.js';

type Words = Readonly<Record<string, unknown>>;

export interface GatewayOptions {
  /** The config's own words, but for addresses and storage. */
  readonly words: Words;
  /** Those that `/mcp reload` finds. Absent: there is no file to read again. */
  readonly reloaded?: () => Words;
  /** State that another gateway has too, or had. */
  readonly stateFolder?: string;
  /** Where browsers are sent, if not to this gateway's own address: a load balancer's. */
  readonly publicUrl?: string;
  /** The addresses of one that ran before. */
  readonly listen?: { readonly public: string; readonly local: string };
  readonly adapters?: readonly ChatAdapter[];
  readonly clock?: Clock;
}

/** A whole gateway in this process: real listeners, a real state folder, its log as it would be written. */
export interface RunningGateway {
  readonly app: App;
  /** This one's own address, whatever `public_url` says. */
  readonly url: string;
  readonly localUrl: string;
  readonly stateFolder: string;
  readonly clock: Clock;
  /** The lines of its log, at `trace`. */
  readonly log: readonly string[];
  /** A person at its web chat. */
  visitor(person: string): Promise<WebVisitor>;
  /** The same records through a store of their own, as another process sees them. */
  store(): Promise<Store>;
  stop(): Promise<void>;
}

/** Nobody's platform has to be spared here. */
const PACE = { sweepEveryMs: 250, pacing: { editEveryMs: 20 } };

const parsed = (words: Words): ConfigOutcome =>
  parseConfig(JSON.stringify(words), { file: 'test', environment: {} });

function settingsOf(words: Words): Settings {
  const outcome = parsed(words);
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings;
}

async function addresses(): Promise<NonNullable<GatewayOptions['listen']>> {
  return { public: `127.0.0.1:${await freePort()}`, local: `127.0.0.1:${await freePort()}` };
}

async function launch(
  options: GatewayOptions,
  stateFolder: string,
  clock: Clock,
  lines: string[],
  tries = 5,
) {
  const listen = options.listen ?? (await addresses());
  const own = {
    public_url: options.publicUrl ?? `http://${listen.public}`,
    listen: listen.public,
    local_listen: listen.local,
    storage: `file:${stateFolder}`,
  };
  const { reloaded } = options;
  const app = await createApp(settingsOf({ ...own, ...options.words }), {
    log: createLog('trace', { write: (line: string) => void lines.push(line) }),
    ...PACE,
    now: clock.now,
    ...(reloaded === undefined ? {} : { load: async () => parsed({ ...own, ...reloaded() }) }),
    ...(options.adapters === undefined ? {} : { adapters: options.adapters }),
  });
  try {
    await app.start();
    return { app, listen };
  } catch (error) {
    // A free port can be taken by another test before it is opened.
    if (!(error instanceof ListenError) || options.listen !== undefined || tries <= 1) throw error;
    return launch(options, stateFolder, clock, lines, tries - 1);
  }
}

/** Gateways, their visitors and their folders, gone after each test. */
export function useGateways(): (options: GatewayOptions) => Promise<RunningGateway> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  return async (options) => {
    const stateFolder = options.stateFolder ?? join(await mkdtemp(join(tmpdir(), 'gateway-')), 'state');
    if (options.stateFolder === undefined)
      ends.push(() => rm(join(stateFolder, '..'), { recursive: true, force: true, maxRetries: 5 }));
    const clock = options.clock ?? new Clock();
    const log: string[] = [];
    const { app, listen } = await launch(options, stateFolder, clock, log);
    ends.push(() => app.stop());
    const localUrl = `http://${listen.local}`;
    return {
      app,
      url: `http://${listen.public}`,
      localUrl,
      stateFolder,
      clock,
      log,
      async visitor(person) {
        const visitor = await WebVisitor.open(localUrl, person);
        ends.push(async () => visitor.close());
        return visitor;
      },
      async store() {
        const { store } = await openStore({ kind: 'file', folder: stateFolder }, { now: clock.now });
        ends.push(() => store.close());
        return store;
      },
      stop: () => app.stop(),
    };
  };
}
