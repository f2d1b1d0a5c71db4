import type { HttpServer, StdioServer } from '../../src/auth/types.js';

const base = {
  name: 'linear',
  enabled: true,
  credentials: 'personal',
  timeoutMs: 20_000,
  connectTimeoutMs: 20_000,
  tools: {},
  keys: [],
} as const;

/** An entry of `mcp_servers` as config.ts makes it, with its defaults. */
export function httpServer(url: string, rest: Partial<HttpServer> = {}): HttpServer {
  return { ...base, kind: 'http', url, oauth: { authorizeParameters: {} }, headers: {}, ...rest };
}

export function stdioServer(
  command: string,
  args: readonly string[],
  rest: Partial<StdioServer> = {},
): StdioServer {
  return { ...base, name: 'files', kind: 'stdio', command, args, env: {}, ...rest };
}

/** `${NAME}` as it stands in the config. */
export const placeholder = (name: string): string => `\${${name}}`;
