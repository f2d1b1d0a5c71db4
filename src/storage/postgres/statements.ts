import type { PostgresLayout } from './layout.js';

interface Statement {
  readonly name: string;
  readonly text: string;
}

export type PostgresStatements = Readonly<
  Record<
    | 'read'
    | 'write'
    | 'remove'
    | 'removeSame'
    | 'add'
    | 'replaceSame'
    | 'listAll'
    | 'listBelow'
    | 'names'
    | 'deleteEnded'
    | 'deleteLeases',
    Statement
  >
>;

/**
 * Those that change a record begin with $1 its name, $2 its path, $3 the channel, $4 the notice, and give a row where
 * they changed it. The notice goes out with the change or not at all.
 */
export function postgresStatements({ records, leases }: PostgresLayout): PostgresStatements {
  const telling = (change: string) =>
    `WITH changed AS (${change} RETURNING 1) SELECT pg_notify($3, $4) FROM changed`;
  const insert = `INSERT INTO ${records} (name, path, sealed, own_key, ends_at)
      VALUES ($1, $2, $5, decode($6, 'hex'), $7)`;
  const live = '(ends_at IS NULL OR ends_at > $2::bigint)';
  const texts: Readonly<Record<keyof PostgresStatements, string>> = {
    read: `SELECT sealed, ends_at FROM ${records} WHERE name = $1 AND path = $2`,
    write: telling(
      `${insert} ON CONFLICT (name, path) DO UPDATE SET sealed = excluded.sealed, ends_at = excluded.ends_at`,
    ),
    add: telling(`${insert} ON CONFLICT DO NOTHING`),
    remove: telling(`DELETE FROM ${records} WHERE name = $1 AND path = $2`),
    removeSame: telling(`DELETE FROM ${records} WHERE name = $1 AND path = $2 AND sealed = $5`),
    replaceSame: telling(
      `UPDATE ${records} SET sealed = $5, own_key = decode($6, 'hex'), ends_at = $7
      WHERE name = $1 AND path = $2 AND sealed = $8`,
    ),
    listAll: `SELECT path, own_key FROM ${records} WHERE name = $1 AND ${live}`,
    // `0` is the character after `/`.
    listBelow: `SELECT path, own_key FROM ${records} WHERE name = $1 AND path = $3::text AND ${live}
      UNION ALL SELECT path, own_key FROM ${records}
      WHERE name = $1 AND path >= $3::text || '/' AND path < $3::text || '0' AND ${live}`,
    names: `SELECT DISTINCT name FROM ${records}`,
    deleteEnded: `DELETE FROM ${records} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${records} WHERE ends_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    deleteLeases: `DELETE FROM ${leases} WHERE over_at < clock_timestamp() - interval '1 hour'`,
  };
  const named = Object.entries(texts).map(([name, text]) => [name, { name, text }] as const);
  return Object.fromEntries(named) as PostgresStatements;
}
