import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../src/auth/types.js';
import { StoreError } from '../../src/storage/types.js';
import { httpServer, placeholder, stdioServer } from '../helpers/configured-server.js';
import { type Setup, setUp } from './setup.js';
import { startSseServer, startV1Server, type V1Server } from './v1-servers.js';

const ANA = 'telegram:1';

let setup: Setup;
let server: V1Server;
/** The token that the server takes; others are refused with 401. */
let good = 'good';

const refuse = (response: ServerResponse, status: number, challenge: string): true => {
  response.writeHead(status, { 'www-authenticate': challenge }).end();
  return true;
};

const checkBearer = (request: IncomingMessage, response: ServerResponse): boolean =>
  request.headers.authorization !== `Bearer ${good}` && refuse(response, 401, 'Bearer error="invalid_token"');

beforeEach(async () => {
  good = 'good';
  setup = setUp();
  server = await startV1Server({ before: checkBearer });
});

afterEach(async () => {
  await setup.close();
  await server.close();
});

const resultOf = async (configured: HttpServer) => (await setup.connections.probe(configured, ANA)).result;

describe('a server that wants a sign-in', () => {
  it('needs one where there never was one', async () => {
    expect(await resultOf(httpServer(server.url))).toEqual({ kind: 'needs-sign-in', reason: 'never' });
    expect(setup.keeper.rejected).toEqual([]);
  });

  it("is ready with the person's token", async () => {
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good' });
    expect(await resultOf(httpServer(server.url))).toMatchObject({ kind: 'ready', authenticated: true });
  });

  it('that takes no token any more has what was found of its authorization looked up anew', async () => {
    const dropped: string[] = [];
    const insufficientScope = async () => ({ scopes: [], exhausted: false });
    const unauthorized = async (name: string) => void dropped.push(name);
    const own = setUp(undefined, { challenges: { unauthorized, insufficientScope } });
    own.keeper.outcome = (rejected) =>
      rejected === undefined
        ? { kind: 'token', accessToken: 'old' }
        : { kind: 'needs-sign-in', reason: 'refused' };
    const configured = httpServer(server.url);
    const { result } = await own.connections.probe(configured, ANA);
    expect(result).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    expect(dropped).toEqual([configured.name]);
    await own.close();
  });

  it.each(['http', 'sse'] as const)(
    'tells the keeper which token was refused, and goes on with the next one (%s)',
    async (kind) => {
      const sse = kind === 'sse' ? await startSseServer({ before: checkBearer }) : undefined;
      setup.keeper.outcome = (rejected) => ({
        kind: 'token',
        accessToken: rejected === undefined && setup.keeper.rejected.length === 0 ? 'old' : 'good',
      });
      expect(await resultOf(httpServer(sse?.url ?? server.url, { kind }))).toMatchObject({ kind: 'ready' });
      expect(setup.keeper.rejected).toEqual(['old']);
      await sse?.close();
    },
  );

  it('needs a new one where the keeper says that the grant is over', async () => {
    setup.keeper.outcome = () => ({ kind: 'needs-sign-in', reason: 'refused', sinceMs: 7 });
    expect(await resultOf(httpServer(server.url))).toEqual({
      kind: 'needs-sign-in',
      reason: 'refused',
      sinceMs: 7,
    });
    expect(server.headers).toEqual([]);
  });

  it('needs a new one where it refuses even the renewed token', async () => {
    good = 'nothing';
    let accessToken = 'x';
    setup.keeper.outcome = (rejected) => {
      if (rejected === 'renewed') return { kind: 'needs-sign-in', reason: 'refused' };
      if (rejected !== undefined) accessToken = 'renewed';
      return { kind: 'token', accessToken };
    };
    expect(await resultOf(httpServer(server.url))).toEqual({ kind: 'needs-sign-in', reason: 'refused' });
    expect(setup.keeper.rejected).toEqual(['x', 'renewed']);
  });

  it('is unreachable, not signed out, while the provider cannot renew the token', async () => {
    setup.keeper.outcome = () => ({ kind: 'try-later', retryAtMs: 1 });
    expect(await resultOf(httpServer(server.url))).toMatchObject({ kind: 'unreachable' });
  });

  it('is unreachable, not signed out, when the store fails', async () => {
    setup.keeper.outcome = () => {
      throw new StoreError('record_unreadable', 'cannot read the credential');
    };
    expect(await resultOf(httpServer(server.url))).toMatchObject({
      kind: 'unreachable',
      failure: { code: 'store-unavailable' },
    });
  });

  it('stays known as it was when the store fails', async () => {
    const known = httpServer(server.url);
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good' });
    await setup.connections.probe(known, ANA);
    setup.keeper.outcome = () => {
      throw new StoreError('store_unavailable', 'the folder is gone');
    };
    expect((await setup.connections.probe(known, ANA)).result).toMatchObject({ kind: 'unreachable' });
    expect(setup.connections.known(known, ANA)?.result.kind).toBe('ready');
  });

  it('names the scopes that are missing', async () => {
    const strict = await startV1Server({
      before: (_request, response) =>
        refuse(response, 403, 'Bearer error="insufficient_scope", scope="read write"'),
    });
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'good' });
    expect(await resultOf(httpServer(strict.url))).toEqual({
      kind: 'needs-scope',
      scopes: ['read', 'write'],
    });
    await strict.close();
  });
});

describe('a server that wants a key', () => {
  const keyed = (rest: Partial<HttpServer> = {}) =>
    httpServer(server.url, {
      headers: { Authorization: `Bearer ${placeholder('TOKEN')}`, 'X-Fixed': 'yes' },
      keys: [{ name: 'TOKEN' }],
      ...rest,
    });

  it('needs one, without being asked', async () => {
    expect(await resultOf(keyed())).toEqual({ kind: 'needs-key', reason: 'missing' });
    expect(server.headers).toEqual([]);
  });

  it('gets it in its header, and no bearer token of the person', async () => {
    setup.keys.stored = { TOKEN: 'good' };
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'foreign' });
    expect(await resultOf(keyed())).toMatchObject({ kind: 'ready', authenticated: true });
    expect(
      server.headers.every(
        (headers) => headers.authorization === 'Bearer good' && headers['x-fixed'] === 'yes',
      ),
    ).toBe(true);
  });

  it("gets everyone's from the environment", async () => {
    expect(await resultOf(keyed({ keys: [{ name: 'TOKEN', value: 'good' }] }))).toMatchObject({
      kind: 'ready',
    });
  });

  it('says so when it refuses it, and the stored key is marked', async () => {
    setup.keys.stored = { TOKEN: 'wrong' };
    expect(await resultOf(keyed())).toEqual({ kind: 'needs-key', reason: 'refused' });
    expect(setup.keys.refused).toEqual(['linear']);
    expect(setup.keys.sent).toEqual([{ TOKEN: 'wrong' }]);
  });
});

describe('a credential that is not stored yet', () => {
  const verify = (
    configured: Parameters<Setup['connections']['verify']>[0],
    access: Parameters<Setup['connections']['verify']>[2],
  ) => setup.connections.verify(configured, ANA, access);
  const withKey = { headers: { Authorization: `Bearer ${placeholder('TOKEN')}` }, keys: [{ name: 'TOKEN' }] };

  it('works, and what it showed is known', async () => {
    const configured = httpServer(server.url);
    expect(await verify(configured, { kind: 'token', accessToken: 'good' })).toEqual({
      kind: 'works',
      tools: 1,
      proven: true,
    });
    expect(setup.connections.known(configured, ANA)?.result).toMatchObject({
      kind: 'ready',
      authenticated: true,
    });
  });

  it('is refused, without a second try and without asking the keeper', async () => {
    expect(await verify(httpServer(server.url), { kind: 'token', accessToken: 'bad' })).toEqual({
      kind: 'refused',
    });
    expect(setup.keeper.rejected).toEqual([]);
    expect(server.headers).toHaveLength(1);
    expect(setup.connections.known(httpServer(server.url), ANA)).toBeUndefined();
  });

  it('is good, and the server lets nobody in with it (403): that is no server which could not be reached', async () => {
    const strict = await startV1Server({
      before: (_request, response) => refuse(response, 403, 'Bearer'),
    });
    expect(await verify(httpServer(strict.url), { kind: 'token', accessToken: 'good' })).toMatchObject({
      kind: 'unreachable',
      failure: { code: 'credential-refused' },
    });
    await strict.close();
  });

  it('goes without a header whose value nobody gave: no placeholder is sent', async () => {
    const headers = { 'X-Org': `acme/${placeholder('ORG')}`, 'X-Shared': placeholder('SHARED') };
    const keys = [{ name: 'ORG' }, { name: 'SHARED', value: 'everyone' }];
    const configured = httpServer(server.url, { auth: 'oauth', headers, keys });
    expect(await verify(configured, { kind: 'token', accessToken: 'good' })).toMatchObject({ kind: 'works' });
    expect(JSON.stringify(server.headers)).not.toContain('${');
    for (const sent of server.headers) expect(sent).toMatchObject({ 'x-shared': 'everyone' });
  });

  it('is a key that works and is needed', async () => {
    const configured = httpServer(server.url, withKey);
    expect(await verify(configured, { kind: 'keys', values: { TOKEN: 'good' } })).toEqual({
      kind: 'works',
      tools: 1,
      proven: true,
    });
  });

  it.each([401, 403])('is a key that is refused with %i', async (status) => {
    const strict = await startV1Server({
      before: (_request, response) => refuse(response, status, 'Bearer'),
    });
    expect(await verify(httpServer(strict.url, withKey), { kind: 'keys', values: { TOKEN: 'x' } })).toEqual({
      kind: 'refused',
    });
    await strict.close();
  });

  it('is a key that proves nothing where the server answers the same without it', async () => {
    const free = await startV1Server();
    const configured = httpServer(free.url, withKey);
    expect(await verify(configured, { kind: 'keys', values: { TOKEN: 'x' } })).toEqual({
      kind: 'works',
      tools: 1,
      proven: false,
    });
    expect(free.headers.some((headers) => headers.authorization === undefined)).toBe(true);
    await free.close();
  });

  it('cannot be checked where the server is not there', async () => {
    await server.close();
    expect(await verify(httpServer(server.url), { kind: 'token', accessToken: 'good' })).toMatchObject({
      kind: 'unreachable',
      failure: { code: 'unreachable', host: '127.0.0.1' },
    });
  });

  it('is a key that a process needs to start', async () => {
    const script = 'process.exit(1)';
    const configured = stdioServer(process.execPath, ['-e', script], {
      env: { TOKEN: placeholder('TOKEN') },
      keys: [{ name: 'TOKEN' }],
    });
    expect(await verify(configured, { kind: 'keys', values: { TOKEN: 'x' } })).toMatchObject({
      kind: 'unreachable',
    });
  });
});

describe('a server whose error page repeats what it was sent', () => {
  it.each([500, 400, 403])('shows nobody the key that is everyone’s (%i)', async (status) => {
    const echoing = await startV1Server({
      before(request, response) {
        response.writeHead(status, { 'content-type': 'text/plain' });
        response.end(`no: ${JSON.stringify(request.headers)}`);
        return true;
      },
    });
    const result = await resultOf(
      httpServer(echoing.url, {
        headers: { 'X-Key': placeholder('SHARED'), Authorization: 'Basic pw:9' },
        keys: [{ name: 'SHARED', value: 'our.key/1' }],
      }),
    );
    const shown = JSON.stringify(result);
    for (const secret of ['our.key/1', 'pw:9']) expect(shown).not.toContain(secret);
    await echoing.close();
  });
});
