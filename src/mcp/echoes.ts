import type { FetchLike } from '@modelcontextprotocol/client';

/** What every request says, and nobody has to hide. */
const OPEN_HEADERS = new Set([
  'accept',
  'content-type',
  'mcp-protocol-version',
  'mcp-session-id',
  'user-agent',
]);
const SHORTEST = 4;

/** The values of the other headers, and of each the part behind its scheme (`Bearer …`). Longest first. */
function secretsIn(init: RequestInit | undefined): readonly string[] {
  const values = [...new Headers(init?.headers)]
    .filter(([name]) => !OPEN_HEADERS.has(name))
    .flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')]);
  return values.filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/**
 * Takes out of a refusal's text what was sent in the request's headers. A debug page repeats them, the SDK puts that
 * text into its error, and people are told the error: but a shared key is for none of them to see.
 */
export function withoutEchoes(fetch: FetchLike): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status < 400 || response.body === null) return response;
    const secrets = secretsIn(init);
    if (secrets.length === 0) return response;
    const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), await response.text());
    const headers = new Headers(response.headers);
    headers.delete('content-length');
    return new Response(text, { status: response.status, statusText: response.statusText, headers });
  };
}
