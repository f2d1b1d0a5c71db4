import type { Finding } from './mistakes.js';
import { type ConfigMap, listOf, mapOf } from './reading.js';
import { isAddressRange, readRate } from './values.js';

function rateRules(limits: Readonly<ConfigMap>): readonly Finding[] {
  return Object.entries(limits).flatMap(([name, rate]): Finding[] => {
    if (typeof rate !== 'string' || rate === '' || readRate(rate) !== undefined) return [];
    return [
      {
        path: ['limits', name],
        allowed: 'a number from 1 up and a time up to 24h, such as 60/1m, or `off`',
        remedy: 'Write how many, a slash, and how long: 30/1m, 5/10s, 100/1h.',
      },
    ];
  });
}

/** How often, and whose word about where a request came from is believed. */
export function limitRules(root: Readonly<ConfigMap>): readonly Finding[] {
  const proxies = listOf(root.trusted_proxies).flatMap((range, index): Finding[] => {
    if (typeof range !== 'string' || range === '' || isAddressRange(range)) return [];
    return [
      {
        path: ['trusted_proxies', index],
        allowed: 'an address such as 127.0.0.1, or a range such as 10.0.0.0/8',
        remedy: 'Write the address from which your proxy connects, or the range of its network.',
      },
    ];
  });
  return [...rateRules(mapOf(root.limits)), ...proxies];
}
