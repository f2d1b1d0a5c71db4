import type { ApiClientOptions } from 'grammy';
import type { Asked, HttpClient } from './http-client.js';
import { createLightClient } from './light-client.js';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/** What a gateway asks before anybody has written to it. */
const OF_A_START = /\/(?:getMe|getUpdates|[gs]etMyCommands|(?:delete|set)Webhook|getWebhookInfo)$/;

/**
 * What carries grammY's requests: Node's own client, and from the first message on undici's, which takes half the CPU for
 * each request but 55 ms to load. A start needs neither those nor that.
 *
 * @param connections to Telegram at most: a bot may send some thirty messages a second
 */
export function createSender(connections = 32): { readonly fetch: Fetch; close(): Promise<void> } {
  const light = createLightClient();
  let client: HttpClient = light;
  let loading: Promise<void> | undefined;
  let closed = false;

  async function load(): Promise<void> {
    const { createFastClient } = await import('./fast-client.js');
    if (!closed) client = createFastClient(connections);
  }
  const send = (url: string, asked: Asked) => {
    // Where it cannot be loaded, Node's own goes on.
    if (!OF_A_START.test(url)) loading ??= load().catch(() => undefined);
    return client.fetch(url, asked);
  };
  const fetch: unknown = send;
  return {
    fetch: fetch as Fetch,
    async close() {
      closed = true;
      await loading;
      await Promise.all([light.close(), client.close()]);
    },
  };
}
