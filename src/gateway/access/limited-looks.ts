import type { Server, Subject } from '../../auth/types.js';
import type { McpConnections, Probe, TriedTool } from '../../mcp/types.js';
import type { Limits } from './limits.js';

/** What commands do with MCP servers. */
export type Looks = Pick<McpConnections, 'known' | 'probe' | 'tryTool' | 'forget'>;

/**
 * Spares a server more looks than its limit: whoever asks then sees what the last look showed, or that too much was
 * asked. Nothing is remembered of it, so that the next look is a real one.
 */
export function limitedLooks(connections: Looks, limits: Pick<Limits, 'look'>, now: () => number): Looks {
  const refused = (server: Server, subject: Subject): Probe | undefined => {
    if (limits.look(server.name).kind === 'ok') return undefined;
    return connections.known(server, subject) ?? limitedProbe(server, subject, now());
  };
  return {
    known: (server, subject) => connections.known(server, subject),
    probe: async (server, subject) => refused(server, subject) ?? connections.probe(server, subject),
    async tryTool(server, subject, tool): Promise<TriedTool> {
      if (limits.look(server.name).kind === 'ok') return connections.tryTool(server, subject, tool);
      return { probe: limitedProbe(server, subject, now()) };
    },
    forget: (server, subject) => connections.forget(server, subject),
  };
}

function limitedProbe(server: Server, subject: Subject, nowMs: number): Probe {
  const failure = { code: 'rate-limited', detail: 'limits.server_looks' } as const;
  return {
    server: server.name,
    subject,
    atMs: nowMs,
    sinceMs: nowMs,
    latencyMs: 0,
    result: { kind: 'unreachable', failure },
  };
}
