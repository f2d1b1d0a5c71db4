import { AuthError } from '../auth/errors.js';
import type { Server, Subject } from '../auth/types.js';
import type { Session } from './connect.js';
import type { SentSecrets } from './entries.js';
import { keyOf } from './probe-key.js';
import type { ServerMessage } from './session-types.js';
import { endOfMany, within } from './time-limit.js';

/** A session that was opened, and with what. */
export interface OpenSession extends Session {
  readonly sent: SentSecrets;
  /** Sends nothing any more; resolves once all is let go. */
  close(): Promise<void>;
}

export interface Opening {
  readonly server: Server;
  readonly subject: Subject;
  /** What it is opened with, for servers with keys: another key is another session. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What an opened session tells of itself. */
export interface PooledEvents {
  readonly message: (message: ServerMessage) => void;
  readonly lost: () => void;
  /** Given the end of what was opened in vain: it must be waited for on closing. */
  readonly closing: (closed: Promise<void>) => void;
}

export interface PoolOptions {
  /** Ends with the signal, whatever it had opened by then. */
  readonly open: (opening: Opening, events: PooledEvents, signal: AbortSignal) => Promise<OpenSession>;
  readonly now: () => number;
  /** Sessions over HTTP at most. */
  readonly most: number;
  /** Processes at most. */
  readonly mostProcesses: number;
  readonly idleMs: number;
}

/** A place in the pool: a session that is open, opening, or closing once its calls have ended. */
export interface Pooled {
  readonly opening: Opening;
  readonly session: Promise<OpenSession>;
  readonly hearers: Set<(message: ServerMessage) => void>;
  busy: number;
  usedAtMs: number;
  retired: boolean;
}

const isProcess = ({ opening }: Pick<Pooled, 'opening'>): boolean => opening.server.kind === 'stdio';

const sameKeys = (a: Opening['keys'], b: Opening['keys']): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * Sessions by server and person, kept between calls. Whoever takes one gives it back; a busy one is never closed under its
 * callers, whatever happens meanwhile: it gets no new ones, and is closed once the last has gone.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  /** The session that the next call of that person gets. */
  readonly #current = new Map<string, Pooled>();
  /** All that have a place: also those that end with their calls. */
  readonly #placed = new Set<Pooled>();
  readonly #closing = new Set<Promise<void>>();
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #ending = endOfMany();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** How many have a place. */
  get size(): number {
    return this.#placed.size;
  }

  /** The person's session, opened by the first who asks. To be given back by `release`, also when opening fails. */
  take(opening: Opening): Pooled {
    this.#ending.signal.throwIfAborted();
    const name = keyOf({ server: opening.server.name, subject: opening.subject });
    const known = this.#current.get(name);
    if (known !== undefined && sameKeys(known.opening.keys, opening.keys)) {
      known.busy += 1;
      return known;
    }
    if (known !== undefined) this.retire(known);
    const pooled = this.#begin(opening);
    this.#current.set(name, pooled);
    return pooled;
  }

  release(pooled: Pooled): void {
    pooled.busy -= 1;
    pooled.usedAtMs = this.#options.now();
    if (pooled.busy > 0) return;
    if (pooled.retired) this.#close(pooled);
    else this.#sweepLater();
    this.#wake();
  }

  /** No further call gets it. */
  retire(pooled: Pooled): void {
    const name = keyOf({ server: pooled.opening.server.name, subject: pooled.opening.subject });
    if (this.#current.get(name) === pooled) this.#current.delete(name);
    if (pooled.retired) return;
    pooled.retired = true;
    if (pooled.busy === 0) this.#close(pooled);
  }

  forget(server: string, subject?: Subject): void {
    for (const pooled of [...this.#current.values()]) {
      const { opening } = pooled;
      if (opening.server.name === server && (subject === undefined || opening.subject === subject))
        this.retire(pooled);
    }
  }

  /** Closes what nobody has used for long. */
  sweep(): void {
    const untilMs = this.#options.now() - this.#options.idleMs;
    for (const pooled of [...this.#current.values()])
      if (pooled.busy === 0 && pooled.usedAtMs <= untilMs) this.retire(pooled);
  }

  /** Ends everything, calls under way included. */
  async close(): Promise<void> {
    this.#ending.abort(new AuthError('unreachable', 'the gateway is stopping'));
    clearTimeout(this.#timer);
    for (const pooled of [...this.#placed]) {
      this.retire(pooled);
      this.#close(pooled);
    }
    this.#wake();
    while (this.#closing.size > 0) await Promise.allSettled(this.#closing);
  }

  #begin(opening: Opening): Pooled {
    const hearers: Pooled['hearers'] = new Set();
    const message = (said: ServerMessage) => {
      for (const hear of hearers) hear(said);
    };
    const lost = () => {
      this.retire(pooled);
      // There is nothing left to wait for: calls under way hear so at once.
      this.#track(pooled.session.then((session) => session.close()));
    };
    const closing = (closed: Promise<void>) => this.#track(closed);
    const { server } = opening;
    const start = () =>
      within(server, server.connectTimeoutMs, this.#ending.signal, async (signal) => {
        await this.#place(pooled, signal);
        return await this.#options.open(opening, { message, lost, closing }, signal);
      });
    const pooled: Pooled = {
      opening,
      hearers,
      busy: 1,
      usedAtMs: this.#options.now(),
      retired: false,
      // A turn later: `pooled` has to be there first.
      session: Promise.resolve().then(start),
    };
    pooled.session.catch(() => this.retire(pooled));
    return pooled;
  }

  /** Makes room by closing what was unused for longest; where all are busy, waits for one that is not. */
  async #place(pooled: Pooled, signal: AbortSignal): Promise<void> {
    const most = isProcess(pooled) ? this.#options.mostProcesses : this.#options.most;
    for (;;) {
      signal.throwIfAborted();
      // Given up and forgotten before there was room: nobody would ever close what would be opened now.
      if (pooled.retired && pooled.busy === 0) throw new AuthError('unreachable', 'nobody waits for it');
      const alike = [...this.#placed].filter((one) => isProcess(one) === isProcess(pooled));
      if (alike.length < most) break;
      const [unused] = alike.filter(({ busy }) => busy === 0).sort((a, b) => a.usedAtMs - b.usedAtMs);
      if (unused !== undefined) this.retire(unused);
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#placed.add(pooled);
  }

  #close(pooled: Pooled): void {
    if (this.#placed.delete(pooled)) this.#track(pooled.session.then((session) => session.close()));
  }

  #track(closing: Promise<void>): void {
    const closed = closing.catch(() => {}).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  #sweepLater(): void {
    if (this.#timer !== undefined || this.#ending.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.sweep();
      if (this.#current.size > 0) this.#sweepLater();
    }, this.#options.idleMs / 5);
    this.#timer.unref();
  }
}
