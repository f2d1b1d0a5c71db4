import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { isAbsolute, join, resolve } from 'node:path';
import type { Rate } from '../access/windows.js';
import type { Listen } from '../settings.js';

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reading single values: the rules ask whether it works, the settings take the result. Undefined: it can't be read. */

/** `127.0.0.1:8787`, `[::1]:8787`, `localhost:0`. */
export function readListen(text: string): Listen | undefined {
  const [, bracketed, bare, digits] = /^(?:\[([^\]\s]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? bare;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined;
  return { host, port };
}

type Family = 'ipv4' | 'ipv6';

/** Undefined: a name. Node's look for an IPv6 address costs 3 ms the first time, and those have a colon. */
function familyOf(host: string): Family | undefined {
  if (host.includes(':')) return isIPv6(host) ? 'ipv6' : undefined;
  return isIPv4(host) ? 'ipv4' : undefined;
}

/** An IPv4 address also matches where it is mapped into IPv6 (RFC 4291 §2.5.5.2). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$|%.*$/g, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const family = familyOf(name);
  return family !== undefined && LOOPBACK.check(name, family);
}

/** RFC 1918 §3, RFC 4193 §3, and the link itself (RFC 3927, RFC 4291 §2.5.6). */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('169.254.0.0', 16);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Names that the public DNS does not have: one label (a compose service), and RFC 6762 §3, RFC 8375 §3, ICANN's `internal`. */
const PRIVATE_NAME = /^[^.]+$|\.(local|home\.arpa|internal)$/;

/** What stays within a network that is not everybody's, or on this machine. */
export function isPrivateHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopbackHost(name)) return true;
  const family = familyOf(name);
  return family === undefined ? PRIVATE_NAME.test(name) : PRIVATE.check(name, family);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SHORTEST_LIFETIME_MS = 1000;
const LONGEST_LIFETIME_MS = 86_400_000;

/** `10m`, `90s`, `1h`, `1.5h`, `600` or 600 (seconds) → ms, within 1 s and 24 h. */
export function readLifetimeMs(value: string | number): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h)?$/.exec(String(value).trim()) ?? [];
  const ms = Math.round(Number(digits) * (UNIT_MS[unit] ?? Number.NaN));
  return ms >= SHORTEST_LIFETIME_MS && ms <= LONGEST_LIFETIME_MS ? ms : undefined;
}

const SPAN_UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_SPAN_MS = 3_650 * 86_400_000;

/** `90d`, `12h`, `30m` → ms, up to ten years. */
export function readSpanMs(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})\s*(m|h|d)$/.exec(text.trim()) ?? [];
  const ms = Number(count) * (SPAN_UNIT_MS[unit] ?? Number.NaN);
  return ms > 0 && ms <= LONGEST_SPAN_MS ? ms : undefined;
}

const LONGEST_WINDOW_MS = 86_400_000;

/** `60/1m`, `60/m`, `5/30s`, `off`. */
export function readRate(text: string): Rate | 'off' | undefined {
  if (text === 'off') return text;
  const [, most, count = '1', unit = ''] = /^(\d{1,7})\s*\/\s*(\d{1,5})?\s*(s|m|h)$/.exec(text.trim()) ?? [];
  const rate = { most: Number(most), windowMs: Number(count) * (UNIT_MS[unit] ?? Number.NaN) };
  return rate.most >= 1 && rate.windowMs >= 1 && rate.windowMs <= LONGEST_WINDOW_MS ? rate : undefined;
}

/** An address, or a range: `10.0.0.0/8`, `::1`. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

/** A folder as the config means it: `~/` is the home folder, and what is relative starts at the config file. */
export function folderPath(text: string, configFolder: string, environment: Environment): string {
  const home = environment.HOME;
  if (text.startsWith('~/') && home !== undefined && isAbsolute(home)) return join(home, text.slice(2));
  return resolve(configFolder, text);
}

export type UrlTrouble = 'not-a-url' | 'scheme' | 'http' | 'credentials' | 'query' | 'fragment';

/** What keeps `text` from being a URL of ours, the most telling first. `http` only where it leaves this machine. */
export function urlTroubles(text: string): readonly UrlTrouble[] {
  if (/\s/.test(text) || !URL.canParse(text)) return ['not-a-url'];
  const url = new URL(text);
  if (!/^https?:\/\/[^/]/i.test(text)) return [/^https?:/i.test(text) ? 'not-a-url' : 'scheme'];
  const troubles: UrlTrouble[] = [];
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) troubles.push('http');
  if (url.username !== '' || url.password !== '') troubles.push('credentials');
  if (text.includes('#')) troubles.push('fragment');
  if (text.replace(/#.*$/s, '').includes('?')) troubles.push('query');
  return troubles;
}

/** RFC 9110 §5.5: one line of visible characters, blanks and tabs; nothing beyond Latin-1, which `fetch` refuses. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
