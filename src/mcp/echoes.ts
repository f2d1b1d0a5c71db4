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
/** Of a secret that a cut left at the end, so much says too much. */
const SHORTEST_REST = 8;

/** The text without what a cut left of the secret at its end. */
function withoutRest(text: string, secret: string): string {
  const said = text.replace(/…$/, '');
  for (let length = Math.min(secret.length - 1, said.length); length >= SHORTEST_REST; length -= 1)
    if (said.endsWith(secret.slice(0, length))) return `${said.slice(0, -length)}…`;
  return text;
}

/** The server's words without the secrets that it was sent, whole or cut off at the end. */
export function scrubbed(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => withoutRest(rest.replaceAll(secret, '…'), secret), text);
}

/** Of fixed headers and variables, what may be a secret that stands in the config: not `json`, `debug` or `production`. */
const MAY_BE_SECRET = /^(?=.*\d).{8,}$/s;

/** The secrets among values that the config gives as they are, each without its scheme (`Bearer …`). */
export function fixedSecrets(values: readonly string[]): readonly string[] {
  return values.map((value) => value.replace(/^\S+\s+/, '')).filter((value) => MAY_BE_SECRET.test(value));
}

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
