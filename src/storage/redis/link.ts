import type { RedisClientType } from '@redis/client';
import { optionalPackage } from '../optional-package.js';
import { unavailable } from './failure.js';

type Client = RedisClientType;

/** What one command may take, and what it waits for a connection that was lost just now. */
const COMMAND_MS = 5_000;
const MEND_MS = 2_000;
/** A connection that is dead and does not say so is found by this, also while nobody asks for anything. */
const HEARTBEAT_MS = 3_000;
/** A connection that is not made by then is begun anew: the server may have taken it and never answer. */
const CONNECT_MS = 10_000;

export interface RedisLinkOptions {
  readonly url: string;
  /** How long the opening waits. */
  readonly openWaitMs: number;
  /** Of the notices. */
  readonly channel: string;
  readonly heard: (notice: string) => void;
  /** From now on every notice comes. Comes back after each `lost`. */
  readonly begun: () => void;
  /** Notices may be missed. */
  readonly lost: () => void;
}

/**
 * One connection to Redis, which commands and notices share (RESP3): notices come in the order in which the server made
 * the changes and our commands, and where commands are answered, no notice is missed.
 *
 * The package's own offline queue has no end, and its timeouts end when a command is written: here a command is bounded
 * whatever happens, and a connection that did not answer in time is replaced.
 */
export class RedisLink {
  #client: Client;
  #up = false;
  #begunMs = performance.now();
  #lostMs = performance.now();
  #everUp = false;
  #lastError: unknown;
  readonly #waiting = new Set<() => void>();
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(
    private readonly make: () => Client,
    private readonly options: RedisLinkOptions,
  ) {
    this.#client = this.#begin();
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** @throws {unknown} what kept it from connecting; at once where waiting will not help */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const redis = await optionalPackage('@redis/client', 'storage: redis', () => import('@redis/client'));
    const make = () =>
      redis.createClient({
        url: options.url,
        disableOfflineQueue: true,
        maintNotifications: 'disabled',
        commandOptions: { timeout: 0 },
        socket: { connectTimeout: COMMAND_MS, reconnectStrategy: (tries) => pauseMs(tries) },
      });
    const link = new RedisLink(make, options);
    try {
      await link.#connected();
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** @throws {unknown} what the server said, or a StoreError where it says nothing */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (!this.#up) await this.#mended();
    const client = this.#client;
    try {
      return await within(COMMAND_MS, work(client), () => {
        this.#replace(client);
        return unavailable('it did not answer in time');
      });
    } catch (error) {
      // A primary that has become a replica: its name may lead to the new one.
      if (error instanceof Error && error.message.startsWith('READONLY')) this.#replace(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#client.removeAllListeners('ready');
    this.#down();
    this.#client.destroy();
  }

  #begin(): Client {
    const client = this.make();
    const current = () => this.#client === client;
    client.on('error', (error) => {
      this.#lastError = error;
      if (current()) this.#down();
    });
    client.on('ready', () => {
      // After a reconnect the package has subscribed again by itself.
      const subscribed = client.isPubSubActive
        ? Promise.resolve()
        : client.subscribe(this.options.channel, this.options.heard);
      subscribed.then(
        () => current() && this.#rise(),
        (error: unknown) => {
          this.#lastError = error;
        },
      );
    });
    this.#begunMs = performance.now();
    client.connect().catch((error: unknown) => {
      this.#lastError = error;
    });
    return client;
  }

  #replace(client: Client): void {
    if (this.#client !== client) return;
    this.#down();
    this.#client = this.#begin();
    client.destroy();
  }

  #rise(): void {
    this.#up = true;
    this.#everUp = true;
    this.options.begun();
    for (const go of this.#waiting) go();
  }

  #down(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#lostMs = performance.now();
    this.options.lost();
  }

  #beat(): void {
    if (this.#up) this.run((client) => client.ping()).catch(() => {});
    else if (performance.now() - this.#begunMs > CONNECT_MS && this.#everUp) this.#replace(this.#client);
  }

  /** A restart of the server takes a moment; an outage is told at once, but for its first seconds. */
  async #mended(): Promise<void> {
    const leftMs = this.#lostMs + MEND_MS - performance.now();
    if (leftMs > 0) await this.#risen(leftMs);
    if (!this.#up) throw unavailable('there is no connection', this.#lastError);
  }

  /** At the start. What will not get better by itself is not waited for. */
  async #connected(): Promise<void> {
    const endMs = performance.now() + this.options.openWaitMs;
    while (!this.#up) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || isRefusal(this.#lastError))
        throw this.#lastError ?? unavailable('it did not answer');
      await this.#risen(Math.min(leftMs, 50));
    }
  }

  async #risen(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, withinMs);
      this.#waiting.add(go);
    });
  }
}

/** The server is there and will not have us. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM|ERR )/.test(error.message);
}

function pauseMs(tries: number): number {
  return Math.min(50 * 2 ** tries, 1000) * (0.5 + Math.random());
}

async function within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
