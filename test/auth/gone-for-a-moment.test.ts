import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OAuthSettings } from '../../src/auth/types.js';
import { type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';
import { metadataAt } from '../helpers/scripted-provider.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const HOUR_MS = 3_600_000;
const SECONDS_MS = 10_000;
const ANA = 'terminal:ana';
const OURS = { clientId: 'ours', clientSecret: 'hush' };

let peer: HttpPeer;
let rig: Rig;
/** 404 everywhere, as from a proxy while the container behind it is made anew. */
let away: boolean;
/** The paths of the authorization servers that are there. Not the root, where one would be assumed. */
let issuers: readonly string[];
/** Where they send people. */
let authorizes: string;
/** Whether anything says what is where (RFC 9728, RFC 8414). */
let metadata: boolean;
/** The status of `/register`, and its body, where it makes no client. */
let registration: { readonly status: number; readonly body: unknown } | undefined;

const registered = () => peer.seen.filter(({ path }) => path === '/register').length;

beforeEach(async () => {
  away = false;
  issuers = ['/as'];
  authorizes = '/authorize-1';
  metadata = true;
  registration = undefined;
  peer = await startHttpPeer(({ path }, response) => {
    const { origin } = peer;
    if (away) return json(response, 404, {});
    if (path.startsWith('/.well-known/') && !metadata) return json(response, 404, {});
    if (path === '/.well-known/oauth-protected-resource/mcp') {
      const servers = [`${origin}/as`, `${origin}/as-2`];
      return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: servers });
    }
    const issuer = issuers.find((one) => path === `/.well-known/oauth-authorization-server${one}`);
    if (issuer !== undefined) {
      const endpoints = {
        authorization_endpoint: `${origin}${issuer}${authorizes}`,
        token_endpoint: `${origin}/token`,
        registration_endpoint: `${origin}/register`,
      };
      return json(response, 200, metadataAt(`${origin}${issuer}`, endpoints));
    }
    if (path === '/register' && registration !== undefined)
      return json(response, registration.status, registration.body);
    if (path === '/register') return json(response, 201, { client_id: 'c1', redirect_uris: [] });
    if (path === '/token') return json(response, 200, { access_token: 'good', token_type: 'Bearer' });
    json(response, 404, {});
  });
  rig = await createRig({
    servers: [httpServer('files', `${peer.origin}/mcp`)],
    verify: async () => ({ kind: 'works', tools: 1, proven: true }),
  });
});
afterEach(async () => {
  await rig.close();
  await peer.close();
});

function configure(oauth: Partial<OAuthSettings>): void {
  const settings = { oauth: { authorizeParameters: {}, ...oauth } };
  rig.servers.set('files', httpServer('files', `${peer.origin}/mcp`, settings));
}

const begin = (who = ANA) => rig.signIns.begin(rig.request('files', who));

/** Presses the button, as a browser does that then comes back or not. */
async function press(who?: string) {
  const { location, browser } = await pressButton(rig.signIns, linkOf(await begin(who)));
  const { origin, pathname, searchParams } = new URL(location);
  return { at: `${origin}${pathname}`, state: searchParams.get('state') ?? '', browser };
}

async function signIn(who?: string) {
  const { state, browser } = await press(who);
  const outcome = await rig.signIns.finish({ state, code: 'a-code' }, browser);
  return outcome.kind === 'ended' ? outcome.state.result : outcome;
}

describe('a server that is gone for a moment (404)', () => {
  it('the first time that anybody signs in, is asked again a moment later', async () => {
    away = true;
    expect(await begin()).toMatchObject({ failure: { code: 'bad-metadata' } });
    away = false;
    rig.advance(SECONDS_MS);
    expect((await press()).at).toBe(`${peer.origin}/as/authorize-1`);
  });

  it('just when it is looked at anew, is signed in to where it said before', async () => {
    await press();
    rig.advance(HOUR_MS);
    away = true;
    linkOf(await begin('terminal:bob'));
    expect((await press('terminal:bob')).at).toBe(`${peer.origin}/as/authorize-1`);
  });

  it('says not for whom the configured client is: nobody is sent there with it, and later all goes on', async () => {
    configure(OURS);
    away = true;
    expect(await begin()).toMatchObject({
      failure: { code: 'bad-metadata', detail: expect.stringContaining('oauth.issuer') },
    });
    away = false;
    rig.advance(SECONDS_MS);
    expect(await signIn()).toMatchObject({ kind: 'connected' });
    rig.advance(HOUR_MS);
    linkOf(await begin());
  });
});

describe('a provider', () => {
  it('that has moved its page while a browser did not come back from the old one is looked up anew', async () => {
    expect((await press()).at).toBe(`${peer.origin}/as/authorize-1`);
    authorizes = '/authorize-2';
    expect((await press()).at).toBe(`${peer.origin}/as/authorize-2`);
  });

  it.each([
    [404, {}],
    [400, {}],
    [405, 'no'],
  ])(
    'that does not say why it registers nobody (%i %j) is asked again a moment later',
    async (status, body) => {
      registration = { status, body };
      expect(await begin()).toMatchObject({ kind: 'failed' });
      registration = undefined;
      rig.advance(SECONDS_MS);
      linkOf(await begin());
      expect(registered()).toBe(2);
    },
  );

  it('whose registration is not where it says (404) has said it wrong, and may say it better a moment later', async () => {
    registration = { status: 404, body: {} };
    const asked = () => peer.seen.filter(({ path }) => path.endsWith('server/as')).length;
    for (const time of [1, 2]) {
      expect(await begin()).toMatchObject({ failure: { code: 'bad-metadata', rfc: 'RFC 7591 §3' } });
      expect(asked()).toBe(time);
    }
  });
});

describe('whose a configured client is, where the config does not say it (threat 7)', () => {
  beforeEach(() => configure(OURS));
  const secrets = () => peer.seen.filter(({ headers }) => headers.authorization !== undefined).length;

  it('shows when a code is redeemed, not where somebody was sent because another was down', async () => {
    issuers = ['/as-2'];
    expect((await press()).at).toBe(`${peer.origin}/as-2/authorize-1`);
    issuers = ['/as', '/as-2'];
    rig.advance(HOUR_MS);
    expect(await signIn()).toMatchObject({ kind: 'connected' });
    issuers = ['/as-2'];
    rig.advance(HOUR_MS);
    expect(await begin()).toMatchObject({ failure: { code: 'issuer-mismatch' } });
    issuers = ['/as', '/as-2'];
    rig.advance(SECONDS_MS);
    expect(await signIn()).toMatchObject({ kind: 'connected' });
  });

  it('and of two who are on their way to different ones, the second gets no secret', async () => {
    issuers = ['/as', '/as-2'];
    const ana = await press();
    await press('terminal:bob');
    issuers = ['/as-2'];
    const bob = await press('terminal:bob');
    expect(bob.at).toBe(`${peer.origin}/as-2/authorize-1`);
    await rig.signIns.finish({ state: ana.state, code: 'a-code' }, ana.browser);
    expect(secrets()).toBe(1);
    const outcome = await rig.signIns.finish({ state: bob.state, code: 'a-code' }, bob.browser);
    const failure = { code: 'issuer-mismatch', rfc: 'RFC 6749 §2.2' };
    expect(outcome).toMatchObject({ state: { result: { kind: 'failed', failure } } });
    expect(secrets()).toBe(1);
  });
});

describe('a server without any metadata (MCP 2025-03-26)', () => {
  beforeEach(() => {
    metadata = false;
  });

  it('is not asked for it with every sign-in', async () => {
    linkOf(await begin());
    const { length } = peer.seen;
    for (const who of ['terminal:bob', 'terminal:cy']) linkOf(await begin(who));
    expect(peer.seen).toHaveLength(length);
  });

  it('takes a configured client, secret and all, where the config says that it is its own', async () => {
    configure({ ...OURS, issuer: peer.origin });
    expect(await signIn()).toMatchObject({ kind: 'connected' });
    const [asked] = peer.seen.filter(({ path }) => path === '/token');
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('ours:hush').toString('base64')}`);
  });
});
