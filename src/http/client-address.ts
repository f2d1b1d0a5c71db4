import { BlockList, isIP, isIPv6 } from 'node:net';

/** Where a request came from, as far as that can be known. */
export interface ClientAddresses {
  /**
   * What limits count by: an IPv4 address, or the /64 of an IPv6 one, which is what one customer has (RFC 6177 §2).
   * Undefined: it came through somebody whose word is not believed, and everybody else there would share its fate.
   */
  of(peer: string | undefined, forwardedFor: string | undefined): string | undefined;
}

/** RFC 1918 §3, RFC 6598 §7, RFC 4193 §3, the link itself, this machine. */
const NEAR = rangesOf([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
]);

const LOOPBACK = rangesOf(['127.0.0.0/8', '::1']);

/** @param ranges `10.0.0.0/8`, `::1` */
function rangesOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** `::ffff:10.0.0.1` is 10.0.0.1 to a listener that hears both families (RFC 4291 §2.5.5.2). */
function plain(address: string): string {
  const name = address
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(name)?.[1];
  return mapped ?? name.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

function isIn(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The first four groups of an IPv6 address. */
function network(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined): readonly string[] => (part ? part.split(':') : []);
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(tail === undefined ? 0 : zeros).fill('0'), ...groups(tail)];
  return `${all.slice(0, 4).join(':')}::/64`;
}

/**
 * Each proxy adds the address that it was called from at the end of `X-Forwarded-For`; whatever stands before the first
 * entry of one that is trusted may be made up. Without `trusted`, what comes from this machine, or from nearby with such a
 * header, came through some proxy: from where, nobody says who is to be believed.
 */
export function createClientAddresses(trusted: readonly string[]): ClientAddresses {
  const proxies = rangesOf(trusted);
  return {
    of(peer, forwardedFor) {
      const from = plain(peer ?? '');
      if (isIP(from) === 0) return undefined;
      if (isIn(proxies, from)) {
        const hops = (forwardedFor ?? '').split(',').map(plain);
        const client = hops.findLast((hop) => !isIn(proxies, hop));
        return client === undefined || isIP(client) === 0 ? undefined : network(client);
      }
      if (isIn(LOOPBACK, from) || (forwardedFor !== undefined && isIn(NEAR, from))) return undefined;
      return network(from);
    },
  };
}
