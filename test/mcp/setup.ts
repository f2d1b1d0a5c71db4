import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { ApiKeys, Server, TokenKeeper, TokenOutcome } from '../../src/auth/types.js';
import { createMcp, type McpOptions } from '../../src/mcp/mcp.js';
import type { McpSessions } from '../../src/mcp/session-types.js';
import type { McpConnections } from '../../src/mcp/types.js';
import { silentLog } from '../../src/observability/log.js';

export interface Setup {
  readonly connections: McpConnections;
  readonly sessions: McpSessions;
  /** What the keeper answers, by the token that was rejected. */
  readonly keeper: {
    outcome: (rejected?: string) => TokenOutcome;
    readonly rejected: (string | undefined)[];
  };
  /** Keys that this subject gave. */
  readonly keys: {
    stored: Record<string, string>;
    readonly refused: string[];
    /** What went along when they were. */
    readonly sent: Readonly<Record<string, string>>[];
  };
  close(): Promise<void>;
}

const missing = (server: Server, values: Record<string, string>) =>
  server.keys.some(({ name, value }) => value === undefined && values[name] === undefined);

/** Connections over real guarded fetch, with a keeper and keys that say what the test tells them. */
export function setUp(now?: () => number, rest: Partial<McpOptions> = {}): Setup {
  const guard = createGuardedFetch({ allowPrivateHosts: [] });
  const keeper: { outcome: (rejected?: string) => TokenOutcome; rejected: (string | undefined)[] } = {
    outcome: () => ({ kind: 'needs-sign-in', reason: 'never' }),
    rejected: [],
  };
  const keys: Setup['keys'] = { stored: {}, refused: [], sent: [] };
  const tokenKeeper: TokenKeeper = {
    accessToken: async (_credential, rejected) => {
      if (rejected !== undefined) keeper.rejected.push(rejected);
      return keeper.outcome(rejected);
    },
    keep: async () => {},
    signOut: async () => ({ kind: 'nothing' }),
  };
  const apiKeys: ApiKeys = {
    values: async (server) => {
      if (missing(server, keys.stored)) return undefined;
      const shared = server.keys.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
      return { ...Object.fromEntries(shared), ...keys.stored };
    },
    submit: async () => ({ kind: 'refused' }),
    signOut: async () => ({ kind: 'nothing' }),
    refused: async ({ server }, _code, values) => {
      keys.refused.push(server);
      keys.sent.push(values);
    },
  };
  const mcp = createMcp({
    keeper: tokenKeeper,
    apiKeys,
    challenges: {
      unauthorized: async () => {},
      insufficientScope: async (_key, scopes) => ({ scopes, exhausted: false }),
    },
    fetchFor: (server) => guard.transportFor(server),
    log: silentLog,
    clientInfo: { name: 'mcp-chat-gateway', version: '0.0.0' },
    ...(now === undefined ? {} : { now }),
    ...rest,
  });
  return {
    connections: mcp.connections,
    sessions: mcp.sessions,
    keeper,
    keys,
    close: async () => {
      await mcp.close();
      await guard.close();
    },
  };
}
