import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ChatAdapter } from '../../../src/gateway/types.js';

/** What stands before an adapter that receives by HTTP. */
export interface HttpFront {
  readonly url: string;
  close(): Promise<void>;
}

export async function openFront(adapter: () => ChatAdapter | undefined): Promise<HttpFront> {
  const handle = async (request: Request): Promise<Response> =>
    (await adapter()?.http?.handle(request)) ?? new Response(null, { status: 404 });
  const server = createServer(getRequestListener(handle, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/slack`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
