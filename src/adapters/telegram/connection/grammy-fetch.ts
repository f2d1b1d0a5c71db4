import type { ApiClientOptions } from 'grammy';
import type { HttpClient } from '../../common/http/client.js';
import { createSender } from '../../common/http/sender.js';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/** As much of a request as grammY makes: its own types name those of node-fetch. */
interface Asked {
  readonly method?: string;
  readonly headers?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

const OF_A_START = /\/(?:getMe|getUpdates|[gs]etMyCommands|(?:delete|set)Webhook|getWebhookInfo)$/;

/** A bot may send some thirty messages a second. */
export function createTelegramSender(): HttpClient {
  return createSender({ ofAStart: (url) => OF_A_START.test(url) });
}

/** As much of `fetch` as grammY asks for: a POST of JSON whose answer is JSON. */
export function grammyFetch(client: HttpClient): Fetch {
  const fetch = async (url: string, { method, headers = {}, body, signal }: Asked) => {
    const { text } = await client.send({
      url,
      method: method === 'GET' ? 'GET' : 'POST',
      headers: plainHeaders(headers),
      ...(typeof body === 'string' ? { body } : {}),
      ...(signal == null ? {} : { signal }),
    });
    return { json: async (): Promise<unknown> => JSON.parse(text) };
  };
  const given: unknown = fetch;
  return given as Fetch;
}

/** `connection` is the client's own to say. */
function plainHeaders(headers: object): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(all.filter(([name]) => name.toLowerCase() !== 'connection'));
}
