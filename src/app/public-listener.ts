import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../gateway/settings.js';
import { ListenError } from '../http/listen-error.js';
import { type Listening, listenOn, type WebApp } from '../http/listening.js';
import type { Log } from '../observability/log.js';
import { recordKey, type Store } from '../storage/types.js';

interface Occupant {
  readonly sinceMs: number;
  /** A terminal, which goes when its person does. */
  readonly passing?: true;
}

const BEAT_MS = 5_000;
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 100;
const TAKE_OVER_EVERY_MS = 1_000;

/** The public address: one process has it, and says in the store that it does. */
export interface PublicListener {
  /** @throws {ListenError} */
  open(): Promise<void>;
  /**
   * For a terminal: the same, or false where a gateway on the same store has the address and finishes the sign-ins. Of
   * another terminal it takes the place when that one goes; not of a gateway, which may only be restarting.
   * @throws {ListenError} another program has it
   */
  openIfFree(): Promise<boolean>;
  /** What answers requests, where this process has the address: see `Listening`. */
  load(): Promise<void>;
  close(): Promise<void>;
}

export interface PublicListenerParts {
  readonly listen: Settings['listen'];
  readonly app: WebApp;
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  /** Who opened the port a moment ago may not have said so yet: two terminals that start at once. @default 3 s */
  readonly patienceMs?: number;
}

export function createPublicListener({
  listen,
  app,
  store,
  log,
  now,
  patienceMs = PATIENCE_MS,
}: PublicListenerParts): PublicListener {
  const occupants = store.records<Occupant>('listeners');
  const address = recordKey(`${listen.host}:${listen.port}`);
  let held: Listening | undefined;
  let said: Occupant | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function every(ms: number, work: () => Promise<unknown>): void {
    clearInterval(timer);
    timer = setInterval(() => void work(), ms);
    timer.unref();
  }

  async function hold(listening: Listening, as: Omit<Occupant, 'sinceMs'> = {}): Promise<void> {
    if (closed || held !== undefined) return listening.close();
    held = listening;
    const occupant: Occupant = { ...as, sinceMs: now() };
    said = occupant;
    const say = () => occupants.set(address, occupant, BEAT_MS * 3);
    every(BEAT_MS, () =>
      say().catch((error: unknown) => log.warn({ error }, 'the store did not take our sign of life')),
    );
    await say();
  }

  /** Undefined: another program. */
  async function occupantOf(): Promise<Occupant | undefined> {
    for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += LOOK_EVERY_MS) {
      const occupant = await occupants.get(address);
      if (occupant !== undefined) return occupant;
      await delay(LOOK_EVERY_MS);
    }
    return undefined;
  }

  async function openLate(): Promise<void> {
    await hold(await listenOn(app, { ...listen, setting: 'listen' }), { passing: true });
  }

  /** Somebody may still come back to a sign-in that was begun here. */
  async function takeOver(): Promise<void> {
    try {
      await openLate();
    } catch (error) {
      if (!(error instanceof ListenError)) log.warn({ error }, 'the store did not take our sign of life');
      else await leaveToGateway();
    }
  }

  /** One that began after the other terminal has the address for good: it must find it free when it restarts. */
  async function leaveToGateway(): Promise<void> {
    const occupant = await occupants.get(address).catch(() => undefined);
    if (held === undefined && occupant !== undefined && occupant.passing !== true) clearInterval(timer);
  }

  /** Who waited for the port may have said so before we are done with closing: that is theirs. */
  async function takeBack(): Promise<void> {
    const occupant = await occupants.get(address);
    if (occupant?.sinceMs === said?.sinceMs) await occupants.delete(address);
  }

  return {
    async open() {
      await hold(await listenOn(app, { ...listen, setting: 'listen' }));
    },
    async openIfFree() {
      try {
        await openLate();
        return true;
      } catch (error) {
        const occupant = error instanceof ListenError ? await occupantOf() : undefined;
        if (occupant === undefined) throw error;
        if (occupant.passing === true) every(TAKE_OVER_EVERY_MS, takeOver);
        return false;
      }
    },
    load: async () => void (await held?.load()),
    async close() {
      closed = true;
      clearInterval(timer);
      await held?.close();
      if (held !== undefined) await takeBack().catch(() => undefined);
    },
  };
}
