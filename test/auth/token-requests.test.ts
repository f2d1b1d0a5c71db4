import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OAuthSettings, Verify } from '../../src/auth/types.js';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { json, type Scripted, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const METADATA = 'GET /.well-known/oauth-authorization-server';
const KEY = { subject: 'terminal:ana', server: 'files' };
const MINUTE_MS = 60_000;
const works: Verify = async () => ({ kind: 'works', tools: 1, proven: true });

let peer: ScriptedServer;
let rig: Rig;
/** What the token endpoint was sent. */
let asked: URLSearchParams[];
/** What it answers, if not tokens. */
let refusal: { readonly error: string; readonly grant?: string } | undefined;

const count = (request: string): number => peer.requests.filter((one) => one === request).length;

/** A new client each time, with a secret that lasts an hour. */
const register: Scripted = (_request, response) => {
  const id = `c${count('POST /register')}`;
  const client_secret_expires_at = Math.floor(Date.now() / 1000) + 3600;
  json({ client_id: id, client_secret: `${id}-secret`, client_secret_expires_at, redirect_uris: [] }, 201)(
    _request,
    response,
  );
};

const token: Scripted = async (request, response) => {
  const body = new URLSearchParams(await text(request));
  asked.push(body);
  const grant = body.get('grant_type') ?? '';
  if (refusal !== undefined && (refusal.grant ?? grant) === grant)
    return json({ error: refusal.error }, 400)(request, response);
  const n = asked.length;
  json({ access_token: `a${n}`, refresh_token: `r${n}`, token_type: 'Bearer', expires_in: 7200 })(
    request,
    response,
  );
};

const files = (oauth: Partial<OAuthSettings> = {}) =>
  httpServer('files', `${peer.origin}/mcp`, { oauth: { authorizeParameters: {}, ...oauth } });

beforeEach(async () => {
  peer = await startScriptedProvider();
  asked = [];
  refusal = undefined;
  peer.on('/register', register);
  peer.on('/token', token);
  rig = await createRig({ servers: [files()], verify: works });
});
afterEach(async () => {
  await rig.close();
  await peer.close();
});

/** As which client it asked and for what, and how it ended. */
async function signIn() {
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  const { location, browser } = await pressButton(rig.signIns, link);
  const { searchParams } = new URL(location);
  const state = searchParams.get('state') ?? '';
  const returned = await rig.signIns.finish({ state, code: 'a-code' }, browser);
  if (returned.kind !== 'ended') throw new Error(`did not end: ${returned.kind}`);
  const { result } = returned.state;
  return { client: searchParams.get('client_id'), resource: searchParams.getAll('resource'), result };
}

describe('the resource (RFC 8707)', () => {
  const RESOURCE = '/.well-known/oauth-protected-resource/mcp';

  it('is named as its metadata does on every request: authorization, code, and each refresh', async () => {
    const resource = peer.origin;
    peer.on(RESOURCE, json({ resource, authorization_servers: [peer.origin] }));
    expect((await signIn()).resource).toEqual([resource]);
    for (const _again of [1, 2]) {
      rig.advance(3 * 3600_000);
      await rig.keeper.accessToken(KEY);
    }
    expect(asked.map((body) => body.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
      'refresh_token',
    ]);
    expect(asked.map((body) => body.getAll('resource'))).toEqual([[resource], [resource], [resource]]);
  });

  it('is named so too where a code is asked for (RFC 8628)', async () => {
    const resource = peer.origin;
    peer.on(RESOURCE, json({ resource, authorization_servers: [peer.origin] }));
    peer.on(
      '/.well-known/oauth-authorization-server',
      json(metadataAt(peer.origin, { device_authorization_endpoint: `${peer.origin}/device` })),
    );
    const code = {
      device_code: 'd',
      user_code: 'ABCD',
      verification_uri: `${peer.origin}/page`,
      expires_in: 60,
    };
    let body = new URLSearchParams();
    peer.on('/device', async (request, response) => {
      body = new URLSearchParams(await text(request));
      json(code)(request, response);
    });
    rig.servers.set('files', files({ flow: 'device' }));
    linkOf(await rig.signIns.begin(rig.request('files', 'terminal:ana', { listed: true })));
    expect(body.getAll('resource')).toEqual([resource]);
  });

  it('is whose the tokens are: another server of that name gets none, and they are not refreshed for it', async () => {
    await signIn();
    const works = { kind: 'token', accessToken: 'a1' };
    expect(await rig.keeper.accessToken(KEY)).toMatchObject(works);
    rig.servers.set('files', { ...files(), url: `${peer.origin}/elsewhere` });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject(works);
    rig.servers.set('files', { ...files(), url: 'http://127.0.0.2:1/mcp' });
    for (const rejected of [undefined, 'a1'])
      expect(await rig.keeper.accessToken(KEY, rejected)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
    rig.advance(3 * 3600_000);
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'needs-sign-in' });
    expect(asked).toHaveLength(1);
    rig.servers.set('files', files());
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
  });

  it('is not named to a provider whose server has no resource metadata: that standard came with it', async () => {
    peer.on(RESOURCE, json({}, 404));
    expect((await signIn()).resource).toEqual([]);
    expect(asked.map((body) => body.has('resource'))).toEqual([false]);
    // Its tokens are its own all the same.
    rig.servers.set('files', { ...files(), url: 'http://127.0.0.2:1/mcp' });
    expect(await rig.keeper.accessToken(KEY)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
  });
});

describe('a client that its provider refuses (invalid_client)', () => {
  it('is replaced once; where the next one is refused too, that one stays for ten minutes', async () => {
    refusal = { error: 'invalid_client' };
    for (const client of ['c1', 'c2', 'c2', 'c2'])
      expect(await signIn()).toMatchObject({ client, result: { kind: 'failed' } });
    rig.advance(10 * MINUTE_MS);
    expect((await signIn()).client).toBe('c2');
    refusal = undefined;
    expect(await signIn()).toMatchObject({ client: 'c3', result: { kind: 'connected' } });
  });

  it.each(['unauthorized_client', 'invalid_client'])('%s: likewise', async (error) => {
    refusal = { error };
    await signIn();
    expect((await signIn()).client).toBe('c2');
  });

  it('and that stands in the config is nobody’s to replace: who runs the gateway has to look', async () => {
    rig.servers.set('files', files({ clientId: 'ours', clientSecret: 'wrong' }));
    refusal = { error: 'invalid_client' };
    const { host } = new URL(peer.origin);
    for (const _again of [1, 2])
      expect(await signIn()).toMatchObject({
        client: 'ours',
        result: { failure: { code: 'client-refused', error: 'invalid_client', rfc: 'RFC 6749 §5.2', host } },
      });
    expect(count('POST /register')).toBe(0);
  });
});

describe('a refusal of a code', () => {
  it.each(['invalid_grant', 'invalid_target', 'invalid_scope'])(
    '(%s) has the provider’s metadata looked up anew, and leaves its client alone',
    async (error) => {
      refusal = { error };
      await signIn();
      expect((await signIn()).client).toBe('c1');
      expect(count(METADATA)).toBe(2);
    },
  );
});

describe('a server that refuses what its provider has just given', () => {
  it('is asked anew where to sign in', async () => {
    await rig.close();
    rig = await createRig({ servers: [files()], verify: async () => ({ kind: 'refused' }) });
    for (const _again of [1, 2])
      expect(await signIn()).toMatchObject({ result: { failure: { code: 'credential-refused' } } });
    expect(count(METADATA)).toBe(2);
  });
});

describe('a credential whose client has ended', () => {
  it('because its secret expired: refused once, then signed in anew as another client, with what the provider says now', async () => {
    expect((await signIn()).client).toBe('c1');
    rig.advance(3 * 3600_000);
    refusal = { error: 'invalid_client', grant: 'refresh_token' };
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'needs-sign-in' });
    expect(asked.map((body) => body.get('grant_type'))).toEqual(['authorization_code', 'refresh_token']);
    expect(await signIn()).toMatchObject({ client: 'c2', result: { kind: 'connected' } });
    expect(count(METADATA)).toBe(2);
  });

  it('because it was forgotten, before its secret expired: the same', async () => {
    await signIn();
    const first = await rig.keeper.accessToken(KEY);
    refusal = { error: 'invalid_client', grant: 'refresh_token' };
    await rig.keeper.accessToken(KEY, first.kind === 'token' ? first.accessToken : '');
    expect(await signIn()).toMatchObject({ client: 'c2', result: { kind: 'connected' } });
    expect(count(METADATA)).toBe(2);
  });
});
