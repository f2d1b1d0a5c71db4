import { shownUrl } from '../server-url.js';
import { StoreError } from '../types.js';
import type { PostgresLayout } from './layout.js';
import type { PostgresServer } from './server.js';

/** Goes up when the tables change; a later version of this program brings older ones up to date here. */
const SCHEMA_VERSION = 1;
/** Of all who start at once, one makes the tables. The number is ours, whatever else uses the database. */
const MAKING_LOCK = 7_236_154_001;

/**
 * `path` in the order of bytes (COLLATE "C"): so the primary key finds what is below a prefix. `own_key` only where the
 * path is not the key itself. `ends_at` is in ms since the epoch, as the seal has it.
 */
function statements({ records, leases, meta, endsIndex }: PostgresLayout): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${records} (
      name text COLLATE "C" NOT NULL,
      path text COLLATE "C" NOT NULL,
      own_key bytea,
      sealed text NOT NULL,
      ends_at bigint,
      PRIMARY KEY (name, path)
    )`,
    `CREATE INDEX IF NOT EXISTS ${endsIndex} ON ${records} (ends_at) WHERE ends_at IS NOT NULL`,
    `CREATE TABLE IF NOT EXISTS ${leases} (
      name text COLLATE "C" PRIMARY KEY,
      holder text NOT NULL,
      over_at timestamptz NOT NULL
    )`,
    `CREATE TABLE IF NOT EXISTS ${meta} (single boolean PRIMARY KEY DEFAULT true CHECK (single), version integer NOT NULL)`,
    `INSERT INTO ${meta} (version) VALUES (${SCHEMA_VERSION}) ON CONFLICT DO NOTHING`,
  ];
}

/**
 * Makes the tables where they are not there yet. Once they are, a user without the right to create will do.
 *
 * @throws {StoreError} `store_misconfigured` for a standby, or tables of a later version
 */
export async function preparePostgres(server: PostgresServer, layout: PostgresLayout): Promise<void> {
  const where = `PostgreSQL at ${shownUrl(server.url)}`;
  const [found] = await server.rows(
    'look at the server',
    { text: 'SELECT pg_is_in_recovery() AS standby, to_regclass($1) IS NOT NULL AS made' },
    [layout.meta],
  );
  if (found?.standby === true)
    throw misconfigured(`${where} is a standby, which cannot be written to: name the primary.`);
  if (found?.made !== true) await makeTables(server, layout);
  const [meta] = await server.rows('look at the tables', { text: `SELECT version FROM ${layout.meta}` });
  if (Number(meta?.version) > SCHEMA_VERSION)
    throw misconfigured(`The tables in ${where} were made by a later version of the gateway: use that one.`);
}

function makeTables(server: PostgresServer, layout: PostgresLayout): Promise<void> {
  return server.transaction('make the tables', async (rows) => {
    await rows('SELECT pg_advisory_xact_lock($1)', [MAKING_LOCK]);
    for (const statement of statements(layout)) await rows(statement);
  });
}

function misconfigured(message: string): StoreError {
  return new StoreError('store_misconfigured', message);
}
