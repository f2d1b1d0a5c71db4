import { decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { ServiceAccounts } from '../../src/auth/keeper/service-accounts.js';
import { createTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { HttpServer, OAuthSettings } from '../../src/auth/types.js';
import { createLog, silentLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { type HttpPeer, json, type Seen, startHttpPeer } from '../helpers/http-peer.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const KEY = { subject: 'shared', server: 'files' };

let peer: HttpPeer;
let guarded: GuardedFetch;
let store: Store;
let nowMs: number;
let servers: HttpServer[];
/** What the token endpoint refuses with, if it does. */
let refusal: { readonly status: number; readonly error: string; readonly retryAfter?: string } | undefined;
/** Nothing is there, as from a proxy while the container behind it is made anew. */
let away: boolean;
/** Not the root, where a provider would be assumed. */
let issuerPath: string;
let tokenPath: string;
const issuer = () => `${peer.origin}${issuerPath}`;
/** Lines of the log. */
let failures: string[];

const tokenRequests = (): readonly Seen[] => peer.seen.filter(({ path }) => path.startsWith('/token'));
const formOf = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body));

beforeEach(async () => {
  refusal = undefined;
  failures = [];
  away = false;
  issuerPath = '/as';
  tokenPath = '/token';
  peer = await startHttpPeer(({ path }, response) => {
    const { origin } = peer;
    if (away) return json(response, 404, {});
    if (path === '/.well-known/oauth-protected-resource/mcp')
      return json(response, 200, {
        resource: `${origin}/mcp`,
        authorization_servers: [issuer()],
        scopes_supported: ['tools'],
      });
    // Without PKCE, and with offline access: neither is for a client without a browser.
    if (path === `/.well-known/oauth-authorization-server${issuerPath}`)
      return json(response, 200, {
        issuer: issuer(),
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}${tokenPath}`,
        response_types_supported: ['code'],
        scopes_supported: ['tools', 'offline_access'],
      });
    if (path !== tokenPath) return json(response, 404, {});
    if (refusal?.retryAfter !== undefined) response.setHeader('retry-after', refusal.retryAfter);
    if (refusal !== undefined) return json(response, refusal.status, { error: refusal.error });
    const token = `t${tokenRequests().length}`;
    json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 600 });
  });
  guarded = createGuardedFetch({ allowPrivateHosts: [] });
  nowMs = Date.now();
  ({ store } = await openStore({ kind: 'memory' }, { now: () => nowMs }));
  configure({ clientId: 'robot', clientSecret: 'a:b c' });
});
afterEach(async () => {
  await guarded.close();
  await store.close();
  await peer.close();
});

function configure(oauth: Partial<OAuthSettings>): void {
  const own = {
    auth: 'client_credentials',
    credentials: 'shared',
    oauth: { authorizeParameters: {}, ...oauth },
  } as const;
  servers = [httpServer('files', `${peer.origin}/mcp`, own)];
}

/** As one process of several has it. */
function accounts(random?: () => number): ServiceAccounts {
  const credentials = createCredentials(store);
  const now = () => nowMs;
  const fetchFor = (server: HttpServer) => guarded.forServer(server);
  const keeper = createTokenKeeper({ store, credentials, fetchFor: () => undefined, log: silentLog, now });
  return new ServiceAccounts(keeper, {
    store,
    credentials,
    serverByName: (name) => servers.find((server) => server.name === name),
    fetchFor,
    clientKeys: createClientKeys(store, now),
    publicUrl: 'http://127.0.0.1:8787',
    log: createLog('warn', { write: (line: string) => void failures.push(line) }),
    now,
    ...(random === undefined ? {} : { random }),
  });
}

describe('a service account (RFC 6749 §4.4)', () => {
  it('gets a token for the resource with its secret, and nothing that needs a person', async () => {
    expect(await accounts().accessToken(KEY)).toMatchObject({ kind: 'token', accessToken: 't1' });
    const [request] = tokenRequests();
    expect(request && formOf(request)).toEqual({
      grant_type: 'client_credentials',
      scope: 'tools',
      resource: `${peer.origin}/mcp`,
    });
    const basic = Buffer.from('robot:a%3Ab+c').toString('base64');
    expect(request?.headers.authorization).toBe(`Basic ${basic}`);
  });

  it('shows its token to nobody but the server that it was asked for', async () => {
    await accounts().accessToken(KEY);
    const [server] = servers;
    if (server === undefined) throw new Error('There is no server.');
    const { port } = new URL(peer.origin);
    const elsewhere = { url: `http://localhost:${port}/mcp`, oauth: { ...server.oauth, issuer: issuer() } };
    servers = [{ ...server, ...elsewhere }];
    expect(await accounts().accessToken(KEY)).not.toMatchObject({ accessToken: 't1' });
    servers = [{ ...server, url: `${peer.origin}/mcp/` }];
    expect(await accounts().accessToken(KEY)).toMatchObject({ kind: 'token' });
  });

  it('proves itself by a key, to its issuer and for a short time', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    configure({
      clientId: 'robot',
      privateKey: JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'k' }),
    });
    await accounts().accessToken(KEY);
    const [request] = tokenRequests();
    const { client_assertion: assertion = '', ...form } = request === undefined ? {} : formOf(request);
    expect(form).toMatchObject({
      client_id: 'robot',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const { payload } = await jwtVerify(assertion, publicKey, { audience: issuer(), issuer: 'robot' });
    expect(payload).toMatchObject({ sub: 'robot', jti: expect.any(String) });
    expect((payload.exp ?? 0) * 1000 - nowMs).toBeLessThanOrEqual(120_000);
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'ES256', kid: 'k' });
    expect(request?.headers.authorization).toBeUndefined();
  });

  it('proves itself also where the provider’s clock is half a minute behind ours, or more than a minute ahead', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    configure({ clientId: 'robot', privateKey: JSON.stringify(await exportJWK(privateKey)) });
    await accounts().accessToken(KEY);
    const [request] = tokenRequests();
    const { client_assertion: assertion = '' } = request === undefined ? {} : formOf(request);
    for (const seconds of [-29, 0, 90]) {
      const currentDate = new Date(nowMs + seconds * 1000);
      // With an age in it, an assertion of the future is refused as well.
      const judged = jwtVerify(assertion, publicKey, { currentDate, maxTokenAge: 300 });
      await expect(judged).resolves.toMatchObject({ payload: { sub: 'robot' } });
    }
  });

  it('asks once, however many need it in however many processes, and keeps it over a restart', async () => {
    const all = [accounts(), accounts(), accounts()];
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, at) => all[at % all.length]?.accessToken(KEY)),
    );
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(await accounts().accessToken(KEY)).toEqual(outcomes[0]);
    expect(tokenRequests()).toHaveLength(1);
  });

  it('has another one before the old one expires, and when the server refuses it', async () => {
    await accounts().accessToken(KEY);
    nowMs += 590_000;
    expect(await accounts().accessToken(KEY)).toMatchObject({ accessToken: 't2' });
    expect(await accounts().accessToken(KEY, 't2')).toMatchObject({ accessToken: 't3' });
    expect(await accounts().accessToken(KEY, 't2')).toMatchObject({ accessToken: 't3' });
  });

  it('gives out the living token while the next one is on its way, or cannot be had', async () => {
    const account = accounts();
    await account.accessToken(KEY);
    nowMs += 500_000;
    refusal = { status: 503, error: 'down' };
    for (let n = 0; n < 5; n += 1) {
      expect(await account.accessToken(KEY)).toMatchObject({ accessToken: 't1' });
      await expect.poll(() => tokenRequests().length).toBe(2);
      // The answer is there, too.
      await expect.poll(() => failures.length).toBe(1);
    }
    nowMs += 95_000;
    expect(await account.accessToken(KEY)).toMatchObject({ accessToken: 't1' });
    expect(tokenRequests()).toHaveLength(3);
    refusal = undefined;
    nowMs += 5_000;
    expect(await account.accessToken(KEY)).toMatchObject({ accessToken: 't4' });
  });

  it('has another one as early as chance has it, and not a look at the store with each call until then', async () => {
    const account = accounts(() => 1);
    await account.accessToken(KEY);
    nowMs += 600_000 - 140_000;
    expect(await account.accessToken(KEY)).toMatchObject({ accessToken: 't1' });
    await expect.poll(() => account.accessToken(KEY)).toMatchObject({ accessToken: 't2' });
    expect(tokenRequests()).toHaveLength(2);
  });

  it('is not asked for over and over where the server refuses whatever comes', async () => {
    const account = accounts();
    for (const rejected of [undefined, 't1', 't2', 't2', 't2']) await account.accessToken(KEY, rejected);
    expect(await account.accessToken(KEY, 't2')).toMatchObject({
      kind: 'failed',
      failure: { code: 'credential-refused' },
    });
    expect(tokenRequests()).toHaveLength(2);
    nowMs += 60_000;
    expect(await account.accessToken(KEY, 't2')).toMatchObject({ accessToken: 't3' });
  });

  it('of another client is not used on: the config has changed', async () => {
    await accounts().accessToken(KEY);
    configure({ clientId: 'another', clientSecret: 'x' });
    expect(await accounts().accessToken(KEY)).toMatchObject({ accessToken: 't2' });
  });

  it.each([
    [401, 'invalid_client', 'provider-refused', 'RFC 6749 §5.2'],
    [400, 'invalid_scope', 'provider-refused', 'RFC 6749 §5.2'],
    [400, 'invalid_target', 'provider-refused', 'RFC 8707 §2'],
    [503, 'down', 'http-error', undefined],
  ])(
    'that gets none (%i %s) is a failure that nobody can sign in to mend',
    async (status, error, code, rfc) => {
      refusal = { status, error };
      const outcome = await accounts().accessToken(KEY);
      const { host } = new URL(peer.origin);
      expect(outcome).toMatchObject({ kind: 'failed', failure: { code, host } });
      expect(outcome.kind === 'failed' && outcome.failure.rfc).toBe(rfc);
      for (const said of [code, rfc ?? '']) expect(failures.join('')).toContain(said);
      refusal = undefined;
      expect(await accounts().accessToken(KEY)).toMatchObject({ kind: 'token' });
    },
  );

  it('without a living token asks a provider that is down ever more rarely, and says meanwhile what it said', async () => {
    const account = accounts();
    refusal = { status: 503, error: 'down' };
    const asked: number[] = [];
    for (let second = 0; second < 64; second += 1) {
      const outcomes = await Promise.all([1, 2, 3].map(() => account.accessToken(KEY)));
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'http-error' } });
      asked.push(tokenRequests().length);
      nowMs += 1_000;
    }
    expect([0, 1, 2, 3, 6, 7, 14, 15, 30, 31, 60, 61].map((second) => asked[second])).toEqual([
      1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7,
    ]);
    refusal = undefined;
    nowMs += 30_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
  });

  const MINUTES: readonly (readonly [string, number, () => string, number])[] = [
    ['429, in seconds', 429, () => '60', 60],
    ['503, in seconds', 503, () => '60', 60],
    // The provider's clock is not ours: its own `Date` says what it counts from.
    ['503, as a date', 503, () => new Date(Date.now() + 90_000).toUTCString(), 89],
    ['429, for days', 429, () => '864000', 300],
    ['429, as nonsense', 429, () => 'soon', 1],
    ['429, in the past', 429, () => new Date(0).toUTCString(), 1],
  ];
  it.each(MINUTES)('waits as long as its provider asks (%s), and five minutes at most', async (...given) => {
    const [, status, retryAfter, seconds] = given;
    nowMs += 3_600_000;
    const account = accounts();
    refusal = { status, error: 'slow', retryAfter: retryAfter() };
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    nowMs += seconds * 1000 - 1_000;
    if (seconds > 1) expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    expect(tokenRequests()).toHaveLength(1);
    nowMs += 2_000;
    refusal = undefined;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
  });

  it('that got none is asked for at once with what the config says now, and where another process got one', async () => {
    const account = accounts();
    refusal = { status: 401, error: 'invalid_client' };
    for (let n = 0; n < 3; n += 1) expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    expect(tokenRequests()).toHaveLength(1);
    configure({ clientId: 'robot', clientSecret: 'mended' });
    refusal = undefined;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
    refusal = { status: 503, error: 'down' };
    nowMs += 600_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    refusal = undefined;
    const { length } = tokenRequests();
    await accounts().accessToken(KEY);
    expect(await account.accessToken(KEY)).toMatchObject({ accessToken: `t${length + 1}` });
  });

  it('whose server is gone for a moment shows its secret to nobody, and gets its token once it is back', async () => {
    const shown = () => peer.seen.filter(({ headers }) => headers.authorization !== undefined).length;
    const account = accounts();
    away = true;
    for (let second = 0; second < 3; second += 1) {
      const failure = { code: 'bad-metadata', detail: expect.stringContaining('oauth.issuer') };
      expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed', failure });
      nowMs += 1_000;
    }
    expect(shown()).toBe(0);
    away = false;
    nowMs += 10_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
    // And where all was known before: when it is looked up anew in just that moment.
    nowMs += 3_600_000;
    away = true;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    away = false;
    nowMs += 60_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
  });

  it('whose provider has moved its token endpoint is at the new one, not an hour later', async () => {
    const account = accounts();
    await account.accessToken(KEY);
    tokenPath = '/token-2';
    nowMs += 600_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'failed' });
    nowMs += 10_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
  });

  it('is the client of whoever gave it a token, not of one that refused it', async () => {
    refusal = { status: 401, error: 'invalid_client' };
    const account = accounts();
    await account.accessToken(KEY);
    refusal = undefined;
    issuerPath = '/as-2';
    nowMs += 3_600_000;
    expect(await account.accessToken(KEY)).toMatchObject({ kind: 'token' });
    issuerPath = '/as';
    nowMs += 3_600_000;
    const { length } = tokenRequests();
    expect(await account.accessToken(KEY)).toMatchObject({ failure: { code: 'issuer-mismatch' } });
    expect(tokenRequests()).toHaveLength(length);
  });

  it('leaves people’s credentials to the keeper', async () => {
    servers = [httpServer('files', `${peer.origin}/mcp`)];
    expect(await accounts().accessToken(KEY)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
    expect(peer.seen).toEqual([]);
  });
});
