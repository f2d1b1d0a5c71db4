import type { Subject } from '../../auth/types.js';
import type { Log } from '../../observability/log.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import { type Rate, type Spent, Windows } from './windows.js';

/** What is counted, by its name in the config. */
export type LimitName =
  /** Of one account. */
  | 'commands'
  /** Begun for one person, keys that were given included. */
  | 'sign_ins'
  /** … and for one server, by all together. */
  | 'server_sign_ins'
  /** At one server, for all together. */
  | 'server_looks'
  /** Requests for pages, from one address. */
  | 'pages'
  /** Webhook requests with a wrong signature, from one address. */
  | 'forgeries';

/** Absent: without a limit. */
export type LimitRates = Readonly<Partial<Record<LimitName, Rate>>>;

const MINUTE_MS = 60_000;

/** What no honest person meets, a few hundred of them behind one address included. */
export const DEFAULT_LIMITS: Readonly<Record<LimitName, Rate>> = {
  commands: { most: 60, windowMs: MINUTE_MS },
  sign_ins: { most: 60, windowMs: 10 * MINUTE_MS },
  server_sign_ins: { most: 600, windowMs: MINUTE_MS },
  server_looks: { most: 3_000, windowMs: MINUTE_MS },
  pages: { most: 1_200, windowMs: MINUTE_MS },
  forgeries: { most: 60, windowMs: MINUTE_MS },
};

/** These say for all processes when somebody has had enough in one. A flood of addresses must not become one of records. */
const SHARED: ReadonlySet<LimitName> = new Set(['commands', 'sign_ins', 'server_sign_ins', 'server_looks']);

export interface Limits {
  command(actor: string): Spent;
  /** Counts for the person, then for the server. */
  signIn(subject: Subject, server: string): Spent;
  look(server: string): Spent;
  page(address: string): Spent;
  forgery(address: string): void;
  /** Whether that address has sent too much that was forged. */
  forger(address: string): Spent;
  /** Listens to what other processes have counted. */
  start(): Promise<void>;
  stop(): void;
}

export interface LimitsDeps {
  readonly rates: () => LimitRates;
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  /** Told once for each window that is used up. */
  readonly hit?: (limit: LimitName) => void;
}

interface UsedUp {
  readonly untilMs: number;
}

/**
 * Each process counts in its own memory. Who has used up a window is written down, and all other processes then let them
 * wait for its end too: of N processes, somebody can spend N times as much once, in one window, and the store is spared
 * everything that honest people do.
 */
export function createLimits({ rates, store, log, now, hit = () => {} }: LimitsDeps): Limits {
  const windows = new Map<LimitName, Windows>();
  const usedUp = store.records<UsedUp>('limits');
  let stop = (): void => undefined;

  const of = (limit: LimitName): Windows => {
    const known = windows.get(limit) ?? new Windows(now);
    windows.set(limit, known);
    return known;
  };

  function tell(limit: LimitName, key: string, retryAfterMs: number): void {
    hit(limit);
    log.info({ limit, ...(SHARED.has(limit) ? { who: key } : {}) }, 'a limit was reached');
    if (!SHARED.has(limit)) return;
    usedUp
      .set(recordKey(limit, key), { untilMs: now() + retryAfterMs }, retryAfterMs)
      .catch((error: unknown) => log.warn({ error }, 'other processes could not be told of a limit'));
  }

  function counted(how: 'spend' | 'look', limit: LimitName, key: string): Spent {
    const rate = rates()[limit];
    if (rate === undefined) return { kind: 'ok' };
    const spent = of(limit)[how](key, rate);
    if (spent.kind === 'over' && spent.first) tell(limit, key, spent.retryAfterMs);
    return spent;
  }

  async function hear(record: string): Promise<void> {
    const [name, key] = keySegments(record);
    const limit = [...SHARED].find((one) => one === name);
    const found = limit === undefined ? undefined : await usedUp.get(record);
    if (limit !== undefined && key !== undefined && found !== undefined) of(limit).close(key, found.untilMs);
  }

  return {
    command: (actor) => counted('spend', 'commands', actor),
    signIn(subject, server) {
      const own = counted('spend', 'sign_ins', subject);
      return own.kind === 'ok' ? counted('spend', 'server_sign_ins', server) : own;
    },
    look: (server) => counted('spend', 'server_looks', server),
    page: (address) => counted('spend', 'pages', address),
    forgery: (address) => void counted('spend', 'forgeries', address),
    forger: (address) => counted('look', 'forgeries', address),
    async start() {
      stop = await store.watch('limits', (key) => {
        hear(key).catch((error: unknown) => log.debug({ error }, 'news of a limit was not understood'));
      });
    },
    stop: () => stop(),
  };
}

/** The defaults, and what the config says in their place. */
export function ratesOf(configured: Readonly<Partial<Record<LimitName, Rate | 'off'>>> = {}): LimitRates {
  const rates = Object.entries({ ...DEFAULT_LIMITS, ...configured });
  return Object.fromEntries(rates.filter(([, rate]) => rate !== 'off'));
}
