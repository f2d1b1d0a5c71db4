import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from '../helpers/authorization-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';

export interface Scene {
  readonly provider: AuthorizationServer;
  /** The protected MCP server, `files` in the config; one tool. */
  readonly files: ProtectedServer;
  /** A gateway with `files` and the web chat, to which `words` of the config are added. */
  gateway(
    words?: Readonly<Record<string, unknown>>,
    rest?: Omit<GatewayOptions, 'words'>,
  ): Promise<RunningGateway>;
}

/** Two people at the web chat of a gateway, an MCP server and its authorization server, all on sockets of their own. */
export function useScene(options: AuthorizationServerOptions = {}): Scene {
  const start = useGateways();
  let upstream: V1Server;
  let provider: AuthorizationServer;
  let files: ProtectedServer;

  beforeAll(async () => {
    upstream = await startV1Server();
    provider = await startAuthorizationServer(options);
    files = await startProtectedServer(provider, { upstream });
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
    await upstream.close();
  });
  beforeEach(() => {
    provider.resetCounts();
    files.resetCounts();
  });

  return {
    get provider() {
      return provider;
    },
    get files() {
      return files;
    },
    gateway: (words = {}, rest = {}) =>
      start({
        words: {
          access: { users: ['web:mallory', 'web:vic'] },
          platforms: { web: { people: ['mallory', 'vic'] } },
          mcp_servers: { files: { url: files.url, auth: 'oauth' } },
          ...words,
        },
        ...rest,
      }),
  };
}
