import { BlockList, isIPv6 } from 'node:net';
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

/** In bits. No network of proxies is as wide; private ones of IPv6 may be named whole (RFC 4193 §3.1). */
const WIDEST = { ipv4: 8, ipv6: 16, ipv6Private: 7, ipv4InIpv6: 96 + 8 };
const PRIVATE = new BlockList();
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
/** Every IPv4 address is one of IPv6 too (RFC 4291 §2.5.5.2). */
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0.0.0.0', 96, 'ipv6');

/**
 * Whoever is believed about where a request came from says what they like. A half of all addresses is hardly meant, and two
 * halves are everybody: each request would come from an address of its own.
 */
function isTooWide(range: string): boolean {
  const [address = '', length] = range.split('/');
  if (length === undefined) return false;
  const bits = Number(length);
  if (!isIPv6(address)) return bits < WIDEST.ipv4;
  const whole = new BlockList();
  whole.addSubnet(address, bits, 'ipv6');
  if (MAPPED.check(address, 'ipv6') || whole.check('0.0.0.0')) return bits < WIDEST.ipv4InIpv6;
  return bits < (PRIVATE.check(address, 'ipv6') ? WIDEST.ipv6Private : WIDEST.ipv6);
}

/** How often, how long, and whose word about where a request came from is believed. */
export function limitRules(root: Readonly<ConfigMap>): readonly Finding[] {
  const proxies = listOf(root.trusted_proxies).flatMap((range, index): Finding[] => {
    if (typeof range !== 'string' || range === '') return [];
    const isRange = isAddressRange(range);
    if (isRange && !isTooWide(range)) return [];
    return [
      {
        path: ['trusted_proxies', index],
        allowed: isRange
          ? 'a range of /8 or narrower, of IPv6 /16 or narrower'
          : 'an address such as 127.0.0.1, or a range such as 10.0.0.0/8',
        remedy: 'Write the address from which your proxy connects, or the range of its network.',
      },
    ];
  });
  return [...rateRules(mapOf(root.limits)), ...proxies, ...retentionRule(mapOf(root.audit).retention)];
}
