import { describe, expect, it } from 'vitest';
import { limitedLooks } from '../../src/gateway/access/limited-looks.js';
import { Clock } from '../helpers/clock.js';
import { httpServer } from '../helpers/configured-server.js';
import { ScriptedConnections } from '../helpers/memory-auth.js';

const linear = httpServer('https://linear.example/mcp', { name: 'linear' });

/** Connections of which so many looks are left. */
function looks(left: number) {
  const clock = new Clock();
  const connections = new ScriptedConnections(clock.now);
  connections.answers.set('linear', { kind: 'unreachable', failure: { code: 'timeout', detail: '' } });
  const asked: string[] = [];
  const look = (server: string) => {
    asked.push(server);
    return asked.length <= left
      ? ({ kind: 'ok' } as const)
      : ({ kind: 'over', retryAfterMs: 1_000, first: true } as const);
  };
  return { connections, asked, limited: limitedLooks(connections, { look }, clock.now) };
}

describe('looks at a server beyond its limit', () => {
  it('show what the last one showed, and ask it nothing', async () => {
    const { connections, limited, asked } = looks(1);
    const first = await limited.probe(linear, 'telegram:1');
    expect(await limited.probe(linear, 'telegram:1')).toEqual(first);
    expect(connections.probed).toEqual(['linear']);
    expect(asked).toEqual(['linear', 'linear']);
  });

  it('say that too much was asked, where nobody has looked for that person', async () => {
    const { connections, limited } = looks(0);
    const { result } = await limited.probe(linear, 'telegram:1');
    expect(result).toMatchObject({ kind: 'unreachable', failure: { code: 'rate-limited' } });
    const tried = await limited.tryTool(linear, 'telegram:1', 'list');
    expect(tried.probe.result).toEqual(result);
    expect(connections.probed).toEqual([]);
  });
});
