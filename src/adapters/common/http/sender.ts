import type { HttpClient, HttpRequest } from './client.js';
import { createLightClient } from './light-client.js';

export interface SenderOptions {
  /** Whether this is asked before anybody has said anything: its path tells. */
  readonly ofAStart: (url: string) => boolean;
  /** To each host at most. @default 32 */
  readonly connections?: number;
}

/**
 * What carries a platform's requests: Node's own client, and from the first message on undici's, which takes less CPU for
 * each request but 55 ms to load. A start needs neither those nor that.
 */
export function createSender({ ofAStart, connections = 32 }: SenderOptions): HttpClient {
  const light = createLightClient();
  let client: HttpClient = light;
  let loading: Promise<void> | undefined;
  let closed = false;

  async function load(): Promise<void> {
    const { createFastClient } = await import('./fast-client.js');
    if (!closed) client = createFastClient(connections);
  }

  return {
    send(request: HttpRequest) {
      // Where it cannot be loaded, Node's own goes on.
      if (!ofAStart(request.url)) loading ??= load().catch(() => undefined);
      return client.send(request);
    },
    async close() {
      closed = true;
      await loading;
      await Promise.all([light.close(), client.close()]);
    },
  };
}
