import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { shownUrl } from '../server-url.js';
import type { SharedNews } from '../shared-news.js';
import { StoreError } from '../types.js';
import { inPostgres } from './failure.js';
import type { PostgresServer } from './server.js';

/** A connection that is dead and does not say so is found by this. */
const HEARTBEAT_MS = 5_000;
const TRY_AGAIN_MS = { least: 100, most: 2_000 };
/** A notice of our own comes back within this, or a pooler stands between us and the server. */
const ECHO_MS = 3_000;
const ECHO = 'echo';

/** The connection on which notices of changes come (LISTEN), made again whenever it is lost. */
export class PostgresNotices {
  #client: Client | undefined;
  #up = false;
  #closed = false;
  #tries = 0;
  readonly #heartbeat: NodeJS.Timeout;
  #echoed = () => {};

  constructor(
    private readonly server: PostgresServer,
    private readonly channel: string,
    private readonly news: SharedNews,
  ) {
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** @throws {StoreError} `store_misconfigured` behind a pooler that passes no notices on */
  async start(): Promise<void> {
    await inPostgres(this.server.url, 'listen for changes', () => this.#connect());
    const echo = new Promise<boolean>((resolve) => {
      this.#echoed = () => resolve(true);
      setTimeout(() => resolve(false), ECHO_MS).unref();
    });
    await this.server.rows('send a notice', { text: 'SELECT pg_notify($1, $2)' }, [this.channel, ECHO]);
    if (await echo) return;
    throw new StoreError(
      'store_misconfigured',
      `PostgreSQL at ${shownUrl(this.server.url)} passes no notices on (LISTEN): is it a pooler in transaction mode? Name the database itself, or a pooler in session mode.`,
    );
  }

  /** @throws {StoreError} while notices may be missed */
  check(doing: string): void {
    if (this.#up) return;
    throw new StoreError(
      'store_unavailable',
      `Could not ${doing} in PostgreSQL at ${shownUrl(this.server.url)}: there is no connection. Try again in a moment.`,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = this.server.client();
    this.#client = client;
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload = '' }) => {
      if (payload === ECHO) this.#echoed();
      else this.news.heard(payload);
    });
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(this.channel)}`);
    if (this.#client !== client) return;
    this.#up = true;
    this.#tries = 0;
    this.news.begin();
  }

  #lost(client: Client): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    this.#up = false;
    this.news.pause();
    client.end().catch(() => {});
    void this.#again();
  }

  async #again(): Promise<void> {
    const pauseMs = Math.min(TRY_AGAIN_MS.least * 2 ** this.#tries, TRY_AGAIN_MS.most);
    this.#tries += 1;
    await delay(pauseMs * (0.5 + Math.random()), undefined, { ref: false });
    if (this.#closed || this.#client !== undefined) return;
    await this.#connect().catch(() => this.#client && this.#lost(this.#client));
  }

  #beat(): void {
    const client = this.#client;
    if (client === undefined || !this.#up) return;
    // It has a time limit of its own (`query_timeout`).
    client.query('SELECT 1').catch(() => this.#lost(client));
  }
}
