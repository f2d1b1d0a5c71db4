import type { HttpClient, Posting } from './http-client.js';
import { createLightClient } from './light-client.js';

/** What a gateway asks before anybody has written to it. */
const OF_A_START = /\/(?:auth\.test|apps\.connections\.open)$/;

/**
 * What carries the requests: Node's own client, and from the first message on undici's, which takes less CPU for each
 * request but 55 ms to load. A start needs neither those nor that.
 *
 * @param connections to each of Slack's hosts at most
 */
export function createSender(connections = 32): HttpClient {
  const light = createLightClient();
  let client: HttpClient = light;
  let loading: Promise<void> | undefined;
  let closed = false;

  async function load(): Promise<void> {
    const { createFastClient } = await import('./fast-client.js');
    if (!closed) client = createFastClient(connections);
  }

  return {
    post(posting: Posting) {
      // Where it cannot be loaded, Node's own goes on.
      if (!OF_A_START.test(posting.url)) loading ??= load().catch(() => undefined);
      return client.post(posting);
    },
    async close() {
      closed = true;
      await loading;
      await Promise.all([light.close(), client.close()]);
    },
  };
}
