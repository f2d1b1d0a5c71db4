import type { Finding } from './mistakes.js';
import { type ConfigMap, type ConfigValue, listOf, mapOf } from './reading.js';
import { isAddressRange, readRate, readSpanMs } from './values.js';

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

const SHORTEST_RETENTION_MS = 3_600_000;

function retentionRule(retention: ConfigValue | undefined): readonly Finding[] {
  if (typeof retention !== 'string' || retention === '' || retention === 'off') return [];
  if ((readSpanMs(retention) ?? 0) >= SHORTEST_RETENTION_MS) return [];
  return [
    {
      path: ['audit', 'retention'],
      allowed: 'a time from 1h to 3650d, such as `90d`, or `off`',
      remedy: 'Write a number and d or h.',
    },
  ];
}

/** Whoever is believed without exception says what they like: each request would come from an address of its own. */
const isEverybody = (range: string): boolean => /\/0+$/.test(range);

/** How often, how long, and whose word about where a request came from is believed. */
export function limitRules(root: Readonly<ConfigMap>): readonly Finding[] {
  const proxies = listOf(root.trusted_proxies).flatMap((range, index): Finding[] => {
    if (typeof range !== 'string' || range === '' || (isAddressRange(range) && !isEverybody(range)))
      return [];
    return [
      {
        path: ['trusted_proxies', index],
        allowed: 'an address such as 127.0.0.1, or a range such as 10.0.0.0/8',
        remedy: 'Write the address from which your proxy connects, or the range of its network.',
      },
    ];
  });
  return [...rateRules(mapOf(root.limits)), ...proxies, ...retentionRule(mapOf(root.audit).retention)];
}
