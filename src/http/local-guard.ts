/** What the local listener looks at before it answers anything. */
export interface LocalRequest {
  readonly method: string;
  readonly httpVersion: string;
  readonly headers: Headers;
  /** `Host` as sent, each time it was. */
  readonly hosts: readonly string[];
  /** The address and port that the connection came in on. */
  readonly localAddress: string;
  readonly localPort: number;
  /** The token is asked for and checked elsewhere: a name beyond loopback is then as good as any. */
  readonly guardedByToken: boolean;
}

export type Refusal = 'forwarded' | 'foreign-host' | 'foreign-origin' | 'not-loopback';

/**
 * What reverse proxies, tunnels and CDNs add. They too connect from 127.0.0.1, so the address says nothing: a request that
 * went through one came from outside (threat 23).
 */
const FORWARDING =
  /^(forwarded|via|x-forwarded(-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.*|x-rewrite-url|x-envoy-.*|true-client-ip|cf-.*|cdn-loop|fastly-.*|fly-.*|tailscale-.*|ngrok-.*|x-amzn-.*|x-cloud-trace-context|x-appengine-.*|x-azure-.*|x-vercel-.*)$/;

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127(\.\d{1,3}){3}$|^::1$/i.test(address);
}

/** `name:port` taken apart; undefined for anything that is not exactly that (user info, paths, odd ports). */
function hostAndPort(host: string): { name: string; port: number } | undefined {
  const match = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(host);
  const name = match?.[1];
  return name === undefined ? undefined : { name: name.toLowerCase(), port: Number(match?.[2] ?? 80) };
}

/** A page elsewhere can point its own name at 127.0.0.1 (DNS rebinding), but its name stays in `Host`. */
function hostIsOurs({ hosts, localPort, guardedByToken }: LocalRequest): boolean {
  const [only, ...repeated] = hosts;
  const host = only === undefined || repeated.length > 0 ? undefined : hostAndPort(only);
  if (host === undefined) return false;
  if (guardedByToken) return true;
  return host.port === localPort && LOOPBACK_NAME.test(host.name);
}

/**
 * Whether our own page, or no page at all, sent it. A link from elsewhere to a page of ours is a `navigate`; everything
 * else that another site could send (images, forms, `no-cors` fetches, frames) is not ours.
 */
function originIsOurs({ method, headers, hosts }: LocalRequest): boolean {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  const link =
    method === 'GET' &&
    headers.get('sec-fetch-mode') === 'navigate' &&
    headers.get('sec-fetch-dest') === 'document';
  if (site !== null && site !== 'same-origin' && site !== 'none' && !link) return false;
  if (origin === null) return true;
  return origin === 'null'
    ? site === 'same-origin'
    : origin.toLowerCase() === `http://${hosts[0]?.toLowerCase()}`;
}

/**
 * nginx as it comes adds no header and names its upstream in `Host`. Before 1.29.7 it says HTTP/1.0, which no browser or
 * client of this century does by itself; since then it says HTTP/1.1, and nothing tells it from this machine.
 */
const wasRelayed = ({ httpVersion }: LocalRequest): boolean => httpVersion === '1.0' || httpVersion === '0.9';

/** Why this request is not for the local listener; undefined when it is. */
export function refusal(request: LocalRequest): Refusal | undefined {
  if (wasRelayed(request)) return 'forwarded';
  if ([...request.headers.keys()].some((name) => FORWARDING.test(name))) return 'forwarded';
  if (!request.guardedByToken && !isLoopbackAddress(request.localAddress)) return 'not-loopback';
  if (!hostIsOurs(request)) return 'foreign-host';
  return originIsOurs(request) ? undefined : 'foreign-origin';
}
