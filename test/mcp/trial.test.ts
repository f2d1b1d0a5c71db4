import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpServer } from '../helpers/configured-server.js';
import { type Setup, setUp } from './setup.js';
import { startSseServer, startV1Server, type V1Server } from './v1-servers.js';

const ANA = 'telegram:1';
const TOOLS = ['get_me', 'failing_tool', 'needing_more', 'destroying_all', 'hidden'];

let setup: Setup;
let server: V1Server;

beforeEach(async () => {
  setup = setUp();
  setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good' });
  server = await startV1Server({ pages: [TOOLS] });
});
afterEach(async () => {
  await setup.close();
  await server.close();
});

const trialOf = async (tool: string) => {
  const configured = { ...httpServer(server.url), tools: { exclude: ['hidden'] } };
  return (await setup.connections.tryTool(configured, ANA, tool)).trial;
};

describe('calling one tool', () => {
  it('says what it answered, or that it failed', async () => {
    expect(await trialOf('get_me')).toEqual({ kind: 'answered', failed: false, text: 'get_me did it.' });
    expect(await trialOf('failing_tool')).toMatchObject({ kind: 'answered', failed: true });
  });

  it('leaves alone what needs arguments, what destroys, and what the config hides', async () => {
    expect(await trialOf('needing_more')).toEqual({ kind: 'needs-arguments', names: ['what'] });
    expect(await trialOf('destroying_all')).toEqual({ kind: 'destructive' });
    expect(await trialOf('hidden')).toEqual({ kind: 'no-such-tool' });
    expect(await trialOf('no_such')).toEqual({ kind: 'no-such-tool' });
  });
});

describe('a server that lists to anybody, and lets few call', () => {
  it.each(['http', 'sse'] as const)(
    'asks for more access at the call (%s), in whatever place of the header',
    async (kind) => {
      await server.close();
      const challenge = 'Basic realm="x", Bearer error="insufficient_scope", scope="issues:write b"';
      const start = kind === 'sse' ? startSseServer : startV1Server;
      server = await start({ pages: [TOOLS], refuseCalls: { status: 403, challenge } });
      const configured = { ...httpServer(server.url), kind };
      expect((await setup.connections.probe(configured, ANA)).result.kind).toBe('ready');
      const { probe, trial } = await setup.connections.tryTool(configured, ANA, 'get_me');
      expect(trial).toBeUndefined();
      expect(probe.result).toEqual({ kind: 'needs-scope', scopes: ['issues:write', 'b'] });
      expect(setup.connections.known(configured, ANA)?.result.kind).toBe('needs-scope');
    },
  );
});
