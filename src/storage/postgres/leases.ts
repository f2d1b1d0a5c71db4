import type { Leases } from '../lease-locks.js';
import type { PostgresLayout } from './layout.js';
import type { PostgresServer } from './server.js';

/** Leases as rows, by the server's clock. */
export function postgresLeases(server: PostgresServer, { leases }: PostgresLayout): Leases {
  const until = `clock_timestamp() + $3 * interval '1 millisecond'`;
  const take = {
    name: 'take-lease',
    // Looked at first, because a conflict writes to the row, also where it then changes nothing: waiting is no load.
    text: `INSERT INTO ${leases} AS lease (name, holder, over_at) SELECT $1::text, $2::text, ${until}
      WHERE NOT EXISTS (SELECT FROM ${leases} WHERE name = $1::text AND over_at > clock_timestamp())
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, over_at = excluded.over_at
      WHERE lease.over_at <= clock_timestamp() RETURNING 1`,
  };
  const renew = {
    name: 'renew-lease',
    text: `UPDATE ${leases} SET over_at = ${until} WHERE name = $1 AND holder = $2 RETURNING 1`,
  };
  const release = { name: 'release-lease', text: `DELETE FROM ${leases} WHERE name = $1 AND holder = $2` };
  return {
    take: async (name, holder, leaseMs) =>
      (await server.rows(`lock ${name}`, take, [name, holder, leaseMs])).length === 1,
    renew: async (name, holder, leaseMs) =>
      (await server.rows(`keep ${name} locked`, renew, [name, holder, leaseMs])).length === 1,
    release: async (name, holder) => {
      await server.rows(`unlock ${name}`, release, [name, holder]);
    },
  };
}
