import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkingTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import type { HttpServer } from '../../src/auth/types.js';
import { SessionError } from '../../src/mcp/session-types.js';
import { HOUR, KEY, START, useKeeperRig } from '../auth/keeper-rig.js';
import { httpServer } from '../helpers/configured-server.js';
import { type Setup, setUp } from './setup.js';
import { startSseServer, startV1Server, type V1Options, type V1Server } from './v1-servers.js';

const PICKY = 'picky';
const ANA = KEY.subject;
const rig = useKeeperRig();

let setup: Setup;
let server: V1Server;
let keeper: WorkingTokenKeeper;
let configured: HttpServer;
let asked: string[];
/** Servers whose authorization is looked up anew. */
let noted: string[];
let tried: number;

/** Sessions over a real keeper, which tries doubted tokens by a real look. */
beforeEach(async () => {
  asked = [];
  noted = [];
  tried = 0;
  keeper = rig.keeperOver(rig.store, rig.credentials, {
    tryToken: async ({ subject }, accessToken) => {
      tried += 1;
      return await setup.connections.verify(configured, subject, {
        kind: 'token',
        accessToken,
        toProve: true,
      });
    },
    pause: async () => {},
  });
  setup = setUp(undefined, {
    keeper,
    challenges: {
      unauthorized: async (name) => void noted.push(name),
      insufficientScope: async (_key, scopes) => ({ scopes, exhausted: false }),
    },
  });
  await keeper.keep(KEY, rig.credential({ expiresAtMs: START + HOUR }));
});

afterEach(async () => {
  await setup.close();
  await keeper.close();
  await server.close();
});

const refusing = { status: 401, challenge: 'Bearer error="invalid_token"', of: PICKY } as const;

async function serve(kind: HttpServer['kind'], rest: V1Options): Promise<void> {
  const start = kind === 'sse' ? startSseServer : startV1Server;
  server = await start({ pages: [[PICKY, 'echo']], refuseCalls: refusing, ...rest });
  configured = { ...httpServer(server.url), kind, name: KEY.server };
}

async function call(tool: string): Promise<unknown> {
  const recover = async () => asked.push(tool) > 0;
  const session = setup.sessions.session({ server: configured, subject: ANA }, { recover });
  return await session.callTool(tool).then(
    ({ content }) => content,
    (error: unknown) => (error instanceof SessionError ? error.failure : error),
  );
}

const wantsToken: V1Options = {
  before: (request, response) => {
    if (/^Bearer a\d$/.test(request.headers.authorization ?? '')) return false;
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    return true;
  },
};

describe.each(['http', 'sse'] as const)('one tool that answers 401 to every token (%s)', (kind) => {
  it('is refused to this person, where the server takes the token else: nothing ends, and nobody is asked', async () => {
    await serve(kind, wantsToken);
    for (let calls = 0; calls < 3; calls += 1) {
      expect(await call(PICKY)).toMatchObject({
        kind: 'unavailable',
        failure: { code: 'credential-refused' },
      });
      expect(await call('echo')).toEqual([{ type: 'text', text: 'echo did it.' }]);
    }
    expect(setup.connections.known(configured, ANA)?.result.kind).toBe('ready');
    expect([asked, noted, tried, rig.endpoint.refreshes.length]).toEqual([[], [], 1, 1]);
    expect(await rig.credentials.get(KEY)).not.toHaveProperty('refused');
    const { probe, trial } = await setup.connections.tryTool(configured, ANA, PICKY);
    expect([probe.result.kind, trial]).toEqual(['ready', { kind: 'refused' }]);
  });

  it('asks for a sign-in, where the server lets anybody connect: that it does so proves nothing', async () => {
    await serve(kind, {});
    for (let calls = 1; calls <= 2; calls += 1) {
      expect(await call(PICKY)).toEqual({ kind: 'needs_reauth', reason: 'refused' });
      expect(asked).toHaveLength(calls);
      expect(await call('echo')).toEqual([{ type: 'text', text: 'echo did it.' }]);
    }
    expect([tried, rig.endpoint.refreshes.length]).toEqual([1, 1]);
    expect(noted).not.toEqual([]);
    expect(await rig.credentials.get(KEY)).not.toHaveProperty('refused');
  });
});
