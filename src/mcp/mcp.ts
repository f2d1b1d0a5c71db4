import { createMcpConnections, type McpConnectionsOptions } from './connections.js';
import type { McpSessions } from './session-types.js';
import { createMcpSessions, type McpSessionsOptions } from './sessions.js';
import type { McpConnections } from './types.js';

export type McpOptions = Omit<McpConnectionsOptions, 'forgotten'> &
  Pick<McpSessionsOptions, 'toolsChanged' | 'most' | 'mostProcesses' | 'idleMs'>;

export interface Mcp {
  readonly connections: McpConnections;
  readonly sessions: McpSessions;
  close(): Promise<void>;
}

/** Looks and kept sessions: what is forgotten of the one is forgotten of the other, and what calls show, the status knows. */
export function createMcp(options: McpOptions): Mcp {
  const connections = createMcpConnections({
    ...options,
    forgotten: (server, subject) => sessions.forget(server, subject),
  });
  const sessions = createMcpSessions({
    ...options,
    learn: (...learnt) => connections.learn(...learnt),
  });
  return {
    connections,
    sessions,
    close: async () => {
      await Promise.all([connections.close(), sessions.close()]);
    },
  };
}
