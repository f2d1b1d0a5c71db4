import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientConfig, Pool } from 'pg';
import { optionalPackage } from '../optional-package.js';
import { inPostgres, isRefusal } from './failure.js';

/** What one statement may take, and what getting a connection for it may. */
const STATEMENT_MS = 5_000;
const CONNECT_MS = 3_000;
const MOST_CONNECTIONS = 10;

type Values = readonly (string | number | null)[];
export type Row = Readonly<Record<string, unknown>>;

/** Statements for one PostgreSQL; what fails is a StoreError that says what was being done. */
export class PostgresServer {
  private constructor(
    readonly url: string,
    private readonly pool: Pool,
    private readonly makeClient: (config: ClientConfig) => Client,
  ) {}

  /** @throws {StoreError} when it cannot be reached in time, or will not have us */
  static async open(url: string, openWaitMs: number): Promise<PostgresServer> {
    const { default: pg } = await optionalPackage('pg', 'storage: postgres', () => import('pg'));
    const pool = new pg.Pool({ ...configOf(url), max: MOST_CONNECTIONS });
    // An idle connection that ends is taken out of the pool; what is asked next tells more.
    pool.on('error', () => {});
    const server = new PostgresServer(url, pool, (config) => new pg.Client(config));
    try {
      await inPostgres(url, 'open the store', () => server.#answering(openWaitMs));
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** @param statement a `name` makes the server remember its plan, for each connection */
  async rows(
    doing: string,
    statement: { readonly name?: string; readonly text: string },
    values: Values = [],
  ): Promise<readonly Row[]> {
    return inPostgres(this.url, doing, async () => {
      const { rows } = await this.pool.query<Row>({ ...statement, values: [...values] });
      return rows;
    });
  }

  /** All of it, or nothing. */
  async transaction(
    doing: string,
    work: (rows: (text: string, values?: Values) => Promise<readonly Row[]>) => Promise<void>,
  ): Promise<void> {
    await inPostgres(this.url, doing, async () => {
      const client = await this.pool.connect();
      try {
        await client.query('BEGIN');
        await work(async (text, values = []) => (await client.query<Row>(text, [...values])).rows);
        await client.query('COMMIT');
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  /** One of its own, not of the pool, that is not connected yet. */
  client(): Client {
    return this.makeClient(configOf(this.url));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async #answering(waitMs: number): Promise<void> {
    const endMs = performance.now() + waitMs;
    for (;;) {
      try {
        await this.pool.query('SELECT 1');
        return;
      } catch (error) {
        if (isRefusal(error) || performance.now() + 200 > endMs) throw error;
        await delay(200);
      }
    }
  }
}

function configOf(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'mcp-chat-gateway',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}
