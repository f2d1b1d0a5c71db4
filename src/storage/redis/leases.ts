import type { Leases } from '../lease-locks.js';
import { RELEASE_LEASE, RENEW_LEASE } from './scripts.js';
import type { RedisServer } from './server.js';

/** Leases as keys that Redis lets go of by its own clock. */
export function redisLeases(server: RedisServer, prefix: string): Leases {
  const keyOf = (name: string) => `${prefix}lock:${name}`;
  return {
    take: async (name, holder, leaseMs) => {
      const command = ['SET', keyOf(name), holder, 'NX', 'PX', String(leaseMs)];
      return (await server.send(`lock ${name}`, command)) === 'OK';
    },
    renew: async (name, holder, leaseMs) => {
      const args = [holder, String(leaseMs)];
      return (await server.run(`keep ${name} locked`, RENEW_LEASE, [keyOf(name)], args)) === 1;
    },
    release: async (name, holder) => {
      await server.run(`unlock ${name}`, RELEASE_LEASE, [keyOf(name)], [holder]);
    },
  };
}
