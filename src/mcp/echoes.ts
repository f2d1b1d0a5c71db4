import type { FetchLike } from '@modelcontextprotocol/client';
import { withoutEchoes as withoutSecrets } from '../auth/requests/echoes.js';

/** What every request says, and nobody has to hide. */
const OPEN_HEADERS = new Set([
  'accept',
  'content-type',
  'mcp-protocol-version',
  'mcp-session-id',
  'user-agent',
]);
/** Of fixed headers and variables, what may be a secret that stands in the config: not `json`, `debug` or `production`. */
const MAY_BE_SECRET = /^(?=.*\d).{8,}$/s;

/** The secrets among values that the config gives as they are, each without its scheme (`Bearer …`). */
export function fixedSecrets(values: readonly string[]): readonly string[] {
  return values.map((value) => value.replace(/^\S+\s+/, '')).filter((value) => MAY_BE_SECRET.test(value));
}

/** The values of the other headers, and of each the part behind its scheme (`Bearer …`). */
function secretsIn(init: RequestInit | undefined): readonly string[] {
  return [...new Headers(init?.headers)]
    .filter(([name]) => !OPEN_HEADERS.has(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')]);
}

/**
 * Takes out of a refusal's text, and of its challenge, what was sent in the request's headers. A debug page repeats
 * them, the SDK puts that text into its error, and people are told the error: but a shared key is for none of them to
 * see.
 */
export function withoutEchoes(fetch: FetchLike): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status < 400) return response;
    const secrets = secretsIn(init);
    if (secrets.length === 0) return response;
    const headers = new Headers(response.headers);
    headers.delete('content-length');
    const challenge = headers.get('www-authenticate');
    if (challenge !== null) headers.set('www-authenticate', withoutSecrets(challenge, secrets, '...'));
    const text = response.body === null ? null : withoutSecrets(await response.text(), secrets);
    return new Response(text, { status: response.status, statusText: response.statusText, headers });
  };
}
