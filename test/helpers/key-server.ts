import { startV1Server, type V1Server } from '../mcp/v1-servers.js';

export interface KeyServer {
  readonly url: string;
  /** The one that it takes, as a bearer. */
  readonly key: string;
  /** Every `Authorization` that it was shown, in order. */
  readonly shown: readonly string[];
  close(): Promise<void>;
}

/** An MCP server that takes one API key. */
export async function startKeyServer(key = 'key-0123456789abcdef'): Promise<KeyServer> {
  const shown: string[] = [];
  const server: V1Server = await startV1Server({
    before(request, response) {
      const { authorization } = request.headers;
      if (authorization !== undefined) shown.push(authorization);
      if (authorization === `Bearer ${key}`) return false;
      response.writeHead(401).end();
      return true;
    },
  });
  return { url: server.url, key, shown, close: server.close };
}
