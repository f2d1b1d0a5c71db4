import type { ApiClientOptions } from 'grammy';
import { Agent, request } from 'undici';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/**
 * As much of `fetch` as grammY asks for: a POST of JSON whose answer is JSON. undici's `request` does that for half the
 * CPU of the client that grammY brings along.
 *
 * @param connections to Telegram at most: a bot may send some thirty messages a second
 */
export function createSender(connections = 32): { readonly fetch: Fetch; close(): Promise<void> } {
  const dispatcher = new Agent({ connections });
  const send = async (url: string, { method, headers, body, signal }: RequestInit) => {
    const sent = {
      dispatcher,
      method: method === 'GET' ? 'GET' : 'POST',
      ...(headers === undefined ? {} : { headers: plainHeaders(headers) }),
      ...(typeof body === 'string' ? { body } : {}),
      ...(signal == null ? {} : { signal }),
    } as const;
    const response = await request(url, sent);
    return { json: () => response.body.json() };
  };
  const fetch: unknown = send;
  let closed: Promise<void> | undefined;
  return { fetch: fetch as Fetch, close: () => (closed ??= dispatcher.destroy()) };
}

/** `connection` is undici's to say. */
function plainHeaders(headers: object): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(all.filter(([name]) => name.toLowerCase() !== 'connection'));
}
