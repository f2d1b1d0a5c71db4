import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { GuardedFetchError } from '../errors.js';

/** `[::1]` → `::1`, `Example.COM.` → `example.com`. */
export function bareHost(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** Looks public and is the host of the virtual machine: Azure's WireServer hands out its secrets. */
const CLOUD_HOST = '168.63.129.16';

/** Public, or the name of the special range (`private`, `loopback`, `linkLocal`, …). */
function rangeOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unparseable';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (parsed.toString() === CLOUD_HOST) return 'linkLocal';
  if (parsed instanceof ipaddr.IPv4) return range === 'unicast' ? 'public' : range;
  // RFC 6052: NAT64 leads to the IPv4 address in the last 32 bits.
  if (range === 'rfc6052') return rangeOf(new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString());
  const global = ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000; // RFC 4291 §2.4: what is in use of global unicast
  return range !== 'unicast' ? range : global ? 'public' : 'reserved';
}

const normalAddress = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;

/** `localhost` and loopback literals: where plain http is fine (RFC 8252 §8.3, RFC 6761 §6.3). */
export function isLoopbackHost(hostname: string): boolean {
  const host = bareHost(hostname);
  return isIP(host) === 0
    ? host === 'localhost' || host.endsWith('.localhost')
    : rangeOf(host) === 'loopback';
}

/** Where a configured name may lead on its own network. Link-local (cloud metadata) is none of them. */
const LOCAL_RANGES = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** What one server's requests may connect to. */
export interface AddressRules {
  /** The configured URL of the server: the only host that may be private by itself. */
  readonly own: URL;
  /** Names and addresses of `security.allow_private_hosts`, normalised. */
  readonly allowed: ReadonlySet<string>;
}

export function allowedHosts(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.map((host) => normalAddress(bareHost(host))));
}

/**
 * Refuses what is neither https nor plain http to loopback. Plain http to the server's own configured origin may pass
 * here: the connector lets it go to a private network only.
 * @throws {GuardedFetchError} `insecure-endpoint`
 */
export function checkUrl(url: URL, rules: AddressRules): void {
  const host = url.hostname;
  if (url.username !== '' || url.password !== '')
    throw new GuardedFetchError(
      'insecure-endpoint',
      host,
      `refused an address of ${host} with a password in it`,
    );
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && (isLoopbackHost(host) || url.origin === rules.own.origin)) return;
  throw new GuardedFetchError(
    'insecure-endpoint',
    host,
    `refused ${url.protocol}//${host}: only https is allowed beyond loopback`,
  );
}

/** The rules with what was learnt about the server's own name, for one agent. */
export class AddressGuard {
  #ownWasPublic = false;
  constructor(readonly rules: AddressRules) {}

  /** @throws {GuardedFetchError} unless every address may be connected to for this name. */
  check(hostname: string, protocol: string, addresses: readonly string[]): void {
    const host = bareHost(hostname);
    const ranges = addresses.map(rangeOf);
    const ownName = host === bareHost(this.rules.own.hostname);
    if (ownName && ranges.includes('public')) this.#ownWasPublic = true;
    if (protocol === 'http:') this.#checkPlain(host, ranges);
    const refused = ranges.findIndex((range, index) => {
      const allowed =
        this.rules.allowed.has(host) || this.rules.allowed.has(normalAddress(addresses[index] ?? ''));
      return range !== 'public' && !allowed;
    });
    if (refused < 0 || (ownName && this.#ownMayBe(host, ranges))) return;
    throw new GuardedFetchError(
      'blocked-address',
      host,
      `refused to connect to ${host}: it leads to a ${ranges[refused]} address. ` +
        'If that is meant, add it to security.allow_private_hosts',
    );
  }

  #checkPlain(host: string, ranges: readonly string[]): void {
    const wanted = isLoopbackHost(host)
      ? (range: string) => range === 'loopback'
      : (range: string) => range !== 'public';
    if (ranges.every(wanted)) return;
    throw new GuardedFetchError(
      'insecure-endpoint',
      host,
      `refused http://${host}: it leads beyond the private network; only https is allowed there`,
    );
  }

  /**
   * The operator named this host. As a literal it may be anything; as a name it may lead to the local network, but
   * not to a mixture, and not after it once was public (DNS rebinding).
   */
  #ownMayBe(host: string, ranges: readonly string[]): boolean {
    if (isIP(host) !== 0) return true;
    return !this.#ownWasPublic && ranges.every((range) => LOCAL_RANGES.has(range));
  }
}
