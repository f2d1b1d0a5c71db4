import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ChatAdapter } from '../../../src/gateway/types.js';

/** A web server whose only route is the adapter's own. */
export async function openWebDoor(
  adapter: () => ChatAdapter,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((asked, answer) => {
    void (async () => {
      const response = await adapter().http?.handle(await requestOf(asked));
      answer.writeHead(response?.status ?? 404, Object.fromEntries(response?.headers ?? []));
      answer.end(await response?.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}/webhooks/discord`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function requestOf(asked: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/', headers } = asked;
  const body = await buffer(asked);
  return new Request(new URL(url, 'http://gateway.example'), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
