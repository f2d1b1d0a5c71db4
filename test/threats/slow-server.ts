import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** MCP servers that take a connection and say nothing for so long; gone after each test. */
export function useSlowServers(): (forMs: number) => Promise<string> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  return async (forMs) => {
    const server = createServer((_request, response) => {
      setTimeout(() => response.writeHead(500).end(), forMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  };
}
