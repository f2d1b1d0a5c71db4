import { GuardedFetchError } from '../errors.js';

/** One request on its way, so that each hop can be checked before it is sent. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestInit['body'];
}

const MAX_REDIRECTS = 3;

/** What may follow a redirect to another origin: no Authorization, no Cookie, and no API key in a header of its own. */
const PORTABLE_HEADERS = new Set([
  'accept',
  'accept-language',
  'content-type',
  'mcp-protocol-version',
  'user-agent',
]);

/** Of the 3xx, those that lead on (RFC 9110 §15.4). */
export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

function locationOf(from: URL, response: Response): URL {
  const location = response.headers.get('location') ?? '';
  if (location === '' || !URL.canParse(location, from.href))
    throw new GuardedFetchError('http-error', from.hostname, `${from.hostname} redirects to nowhere`);
  return new URL(location, from);
}

/** Fetch's own rule (HTTP-redirect fetch, steps 12): 303 always, 301 and 302 for POST, become a GET without a body. */
const becomesGet = (status: number, method: string): boolean =>
  (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');

function headersFor(hop: Hop, sameOrigin: boolean, withBody: boolean): Headers {
  const headers = new Headers();
  for (const [name, value] of hop.headers) {
    if (!withBody && name.startsWith('content-')) continue;
    if (sameOrigin || PORTABLE_HEADERS.has(name)) headers.set(name, value);
  }
  return headers;
}

/**
 * Where a redirect leads, and with what. A body never goes to another origin: it can hold a code, a refresh token or
 * a client secret.
 * @throws {GuardedFetchError}
 */
function nextHop(hop: Hop, response: Response): Hop {
  const url = locationOf(hop.url, response);
  const host = hop.url.hostname;
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:')
    throw new GuardedFetchError('insecure-endpoint', host, `${host} redirects from https to ${url.protocol}`);
  const asGet = becomesGet(response.status, hop.method);
  const sameOrigin = url.origin === hop.url.origin;
  const withBody = !asGet && hop.body !== undefined && hop.body !== null;
  if (withBody && !sameOrigin)
    throw new GuardedFetchError('http-error', host, `${host} redirects a ${hop.method} to ${url.hostname}`);
  const method = asGet ? 'GET' : hop.method;
  return {
    url,
    method,
    headers: headersFor(hop, sameOrigin, withBody),
    body: withBody ? hop.body : undefined,
  };
}

/** Sends, and follows at most three redirects. `send` checks each hop before anything leaves. */
export async function sendFollowing(
  first: Hop,
  mode: RequestInit['redirect'],
  send: (hop: Hop) => Promise<Response>,
): Promise<Response> {
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(hop);
    if (mode === 'manual' || !isRedirect(response.status)) return response;
    await response.body?.cancel();
    const host = hop.url.hostname;
    if (mode === 'error') throw new GuardedFetchError('http-error', host, `${host} redirects elsewhere`);
    if (redirects >= MAX_REDIRECTS)
      throw new GuardedFetchError('http-error', host, `${host} redirects too often`);
    hop = nextHop(hop, response);
  }
}
