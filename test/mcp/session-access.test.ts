import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type McpSession, SessionError, type SessionFailure } from '../../src/mcp/session-types.js';
import { StoreError } from '../../src/storage/types.js';
import { httpServer, placeholder } from '../helpers/configured-server.js';
import { type SessionServer, startSessionServer } from './session-servers.js';
import { type Setup, setUp } from './setup.js';

const ANA = 'telegram:1';

let setup: Setup;
let server: SessionServer;
/** What the server takes for this person; anything else is refused. */
let good: string;
let challenge: string;
let refused: number;

beforeEach(async () => {
  good = 'Bearer good-token';
  challenge = 'Bearer error="invalid_token"';
  refused = 0;
  setup = setUp();
  setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good-token' });
  server = await startSessionServer('v1');
  server.before = (request, response) => {
    if (request.headers.authorization === good) return false;
    if (request.method === 'POST') refused += 1;
    response.writeHead(401, { 'www-authenticate': challenge }).end(`I got ${request.headers.authorization}`);
    return true;
  };
});

afterEach(async () => {
  await setup.close();
  await server.close();
});

const configured = (rest: Parameters<typeof httpServer>[1] = {}) => httpServer(server.url, rest);
const session = (rest: Parameters<typeof httpServer>[1] = {}): McpSession =>
  setup.sessions.session({ server: configured(rest), subject: ANA });

async function failureOf(work: Promise<unknown>): Promise<SessionFailure> {
  const error = await work.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SessionError);
  return (error as SessionError).failure;
}

const known = () => setup.connections.known(configured(), ANA)?.result;

describe('a session whose token is refused', () => {
  it('goes on with the next one, each of many calls at once with one retry of its own', async () => {
    await session().callTool('echo');
    good = 'Bearer new-token';
    setup.keeper.outcome = (rejected) => ({
      kind: 'token',
      accessToken: rejected === undefined && setup.keeper.rejected.length === 0 ? 'good-token' : 'new-token',
    });
    const calls = Array.from({ length: 20 }, (_, at) => session().callTool('echo', { text: `${at}` }));
    expect(await Promise.all(calls)).toHaveLength(20);
    expect(new Set(setup.keeper.rejected)).toEqual(new Set(['good-token']));
    expect(refused).toBeLessThanOrEqual(20);
    expect(server.ran).toHaveLength(21);
    expect(server.opened()).toBe(1);
  });

  it('needs a sign-in where there is none that works, and the status knows it until a call works', async () => {
    await session().callTool('echo');
    good = 'Bearer other';
    setup.keeper.outcome = (rejected) =>
      rejected === undefined
        ? { kind: 'token', accessToken: 'good-token' }
        : { kind: 'needs-sign-in', reason: 'refused', sinceMs: 5 };
    expect(await failureOf(session().callTool('echo'))).toEqual({ kind: 'needs_reauth', reason: 'refused' });
    expect(known()).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    good = 'Bearer good-token';
    await session().callTool('echo');
    expect(known()).toBeUndefined();
  });

  it('needs one where the fresh token is refused too, after one try', async () => {
    await session().callTool('echo');
    good = 'nothing';
    let accessToken = 'good-token';
    setup.keeper.outcome = (rejected) => {
      if (rejected === 'fresh-token') return { kind: 'needs-sign-in', reason: 'refused' };
      if (rejected !== undefined) accessToken = 'fresh-token';
      return { kind: 'token', accessToken };
    };
    expect(await failureOf(session().callTool('echo'))).toEqual({ kind: 'needs_reauth', reason: 'refused' });
    expect(new Set(setup.keeper.rejected)).toEqual(new Set(['good-token', 'fresh-token']));
    expect(refused).toBe(2);
  });

  it('needs one where there never was any', async () => {
    setup.keeper.outcome = () => ({ kind: 'needs-sign-in', reason: 'never' });
    expect(await failureOf(session().callTool('echo'))).toEqual({ kind: 'needs_reauth', reason: 'never' });
  });

  it('says when to try again where the provider cannot be asked', async () => {
    setup.keeper.outcome = () => ({ kind: 'try-later', retryAtMs: Date.now() + 60_000 });
    const failure = await failureOf(session().callTool('echo'));
    expect(failure).toMatchObject({ kind: 'unavailable', failure: { code: 'unreachable' } });
    const { retryAfterMs = 0 } = failure as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
  });

  it('does not take a store that is down for a missing sign-in, nor the call for one that was made', async () => {
    await session().callTool('echo');
    setup.keeper.outcome = () => {
      throw new StoreError('store_unavailable', 'the disk is gone');
    };
    const failure = await failureOf(session().callTool('echo'));
    expect(failure).toMatchObject({ kind: 'unavailable', failure: { code: 'store-unavailable' } });
    expect(failure).not.toHaveProperty('uncertain');
    expect(known()).toBeUndefined();
  });

  it('tells which access is missing', async () => {
    await session().callTool('echo');
    server.before = (request, response) => {
      if (request.method !== 'POST') return false;
      const header = 'Bearer error="insufficient_scope", scope="write admin"';
      response.writeHead(403, { 'www-authenticate': header }).end();
      return true;
    };
    const failure = { kind: 'needs_reauth', reason: 'scope', scopes: ['write', 'admin'] };
    expect(await failureOf(session().callTool('echo'))).toEqual(failure);
    expect(known()).toMatchObject({ kind: 'needs-scope' });
  });

  it.each([
    [429, '7', 7_000],
    [503, '7', 7_000],
    [503, '9'.repeat(400), 24 * 3_600_000],
  ])('says when a busy server wants to be asked again (%i, %s)', async (status, after, retryAfterMs) => {
    await session().callTool('echo');
    server.before = (_request, response) => {
      response.writeHead(status, { 'retry-after': after }).end();
      return true;
    };
    expect(await failureOf(session().callTool('echo'))).toMatchObject({ kind: 'unavailable', retryAfterMs });
  });

  it.each([400, 403, 500])('repeats no token that the server repeats (%i)', async (status) => {
    await session().callTool('echo');
    server.before = (request, response) => {
      response.writeHead(status).end(`${request.headers.authorization} is no good; trace good-token`);
      return true;
    };
    expect(JSON.stringify(await failureOf(session().callTool('echo')))).not.toContain('good-token');
  });
});

describe('a session with keys', () => {
  const keyed = {
    headers: { Authorization: `Bearer ${placeholder('KEY')}` },
    keys: [{ name: 'KEY' }],
  };

  it('needs one that was not given', async () => {
    expect(await failureOf(session(keyed).callTool('echo'))).toEqual({
      kind: 'needs_reauth',
      reason: 'key_missing',
    });
    expect([refused, setup.keys.refused]).toEqual([0, []]);
  });

  it('needs another where it is refused, and is opened anew with that one', async () => {
    setup.keys.stored = { KEY: 'bad-key' };
    expect(await failureOf(session(keyed).callTool('echo'))).toEqual({
      kind: 'needs_reauth',
      reason: 'key_refused',
    });
    expect(setup.keys.refused).toEqual(['linear']);
    setup.keys.stored = { KEY: 'good-token' };
    await session(keyed).callTool('echo');
    // Whoever gives another one meanwhile must not have that one called refused.
    expect(setup.keys.sent).toEqual([{ KEY: 'bad-key' }]);
    good = 'Bearer second-key';
    setup.keys.stored = { KEY: 'second-key' };
    await session(keyed).callTool('echo');
    expect(server.opened()).toBe(2);
  });
});

describe('a call that was mended', () => {
  it('is made once more, and only that call', async () => {
    setup.keeper.outcome = () => ({ kind: 'needs-sign-in', reason: 'never' });
    const asked: string[] = [];
    const mending = setup.sessions.session(
      { server: configured(), subject: ANA },
      {
        recover: async ({ reason }) => {
          asked.push(reason);
          setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good-token' });
          return true;
        },
      },
    );
    await mending.callTool('echo');
    expect([asked, server.ran]).toEqual([['never'], ['echo']]);
  });
});
