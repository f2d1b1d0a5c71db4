import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OAuthSettings } from '../../src/auth/types.js';
import { failureSentence } from '../../src/gateway/wording.js';
import { createLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import { type Failing, failingStore } from '../helpers/failing-store.js';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { json, type Scripted, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, type Rig } from '../helpers/sign-in-rig.js';

const SUBJECT = 'telegram:1';
const KEY = { subject: SUBJECT, server: 'files' };
const INTERVAL_MS = 5_000;
const DEVICE_CODE = 'a-device-code-that-is-secret';

let peer: ScriptedServer;
let lines: string[];
/** Tokens that were tried at the server. */
let tried: number;
const rigs: Rig[] = [];

const deviceCode = () => ({
  device_code: DEVICE_CODE,
  user_code: 'WDJB-MJHT',
  verification_uri: `${peer.origin}/device`,
  verification_uri_complete: `${peer.origin}/device?user_code=WDJB-MJHT`,
  expires_in: 600,
  interval: INTERVAL_MS / 1000,
});

beforeEach(async () => {
  lines = [];
  tried = 0;
  peer = await startScriptedProvider();
  const at = (path: string) => `${peer.origin}/${path}`;
  peer.on(
    '/.well-known/oauth-authorization-server',
    json(metadataAt(peer.origin, { device_authorization_endpoint: at('device_authorization') })),
  );
  peer.on('/device_authorization', json(deviceCode()));
});
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
  await peer.close();
});

async function startRig(
  shared?: Pick<Rig, 'store' | 'pageSecrets'>,
  more: Partial<OAuthSettings> = {},
): Promise<Rig> {
  const oauth = { authorizeParameters: {}, flow: 'device', ...more } as const;
  const rig = await createRig({
    servers: [httpServer('files', `${peer.origin}/mcp`, { oauth })],
    verify: async () => {
      tried += 1;
      return { kind: 'works', tools: 1, proven: true };
    },
    log: createLog('trace', { write: (line: string) => void lines.push(line) }),
    ...(shared === undefined ? {} : { shared }),
  });
  rigs.push(rig);
  return rig;
}

async function begun(rig: Rig): Promise<string> {
  const request = rig.request('files', SUBJECT, { browser: 'elsewhere', listed: true });
  return linkOf(await rig.signIns.begin(request)).id;
}

const questions = () => peer.requests.filter((request) => request === 'POST /token').length;
const refuses = (error: string): Scripted => json({ error, error_description: '<b>evil</b>' }, 400);
const stateOf = async (rig: Rig, id: string) => {
  const state = await rig.signIns.look(id);
  return state.kind === 'ended' ? state.result : state.kind;
};
const intervalOf = async (rig: Rig, id: string) =>
  (await rig.store.records<{ readonly intervalMs: number }>('polls').get(id))?.intervalMs;

/** As another process finds it, so long after the beginning: it asks if it is time, and goes. */
async function oneTurn(shared: Rig, ms: number): Promise<void> {
  const next = await startRig(shared);
  next.advance(ms);
  await next.signIns.sweep();
  await next.signIns.close();
}

describe('the pace of asking whether a code was typed (RFC 8628 §3.5)', () => {
  it('is five seconds longer after each slow_down, and stays so; it doubles while nobody answers, up to a minute', async () => {
    const rig = await startRig();
    const id = await begun(rig);
    const steps: readonly (readonly [Scripted, number])[] = [
      [refuses('authorization_pending'), 5_000],
      [refuses('slow_down'), 10_000],
      [refuses('slow_down'), 15_000],
      [refuses('authorization_pending'), 15_000],
      [(_request, response) => void response.destroy(), 30_000],
      [json({}, 503), 60_000],
      [json({}, 503), 60_000],
      [refuses('slow_down'), 65_000],
    ];
    await rig.signIns.close();
    let [nowMs, waitMs] = [0, INTERVAL_MS];
    for (const [at, [answer, after]] of steps.entries()) {
      peer.on('/token', answer);
      nowMs += waitMs + 100;
      await oneTurn(rig, nowMs);
      expect([questions(), await intervalOf(rig, id)]).toEqual([at + 1, after]);
      waitMs = after;
    }
  });

  it('is kept by whoever comes next: not a moment early, and then at once', async () => {
    peer.on('/token', refuses('slow_down'));
    const first = await startRig();
    const id = await begun(first);
    first.advance(INTERVAL_MS);
    await expect.poll(() => intervalOf(first, id)).toBe(INTERVAL_MS * 2);
    await first.signIns.close();
    await oneTurn(first, 9_000);
    expect(questions()).toBe(1);
    await oneTurn(first, 15_500);
    expect(questions()).toBe(2);
  });
});

it('a code that ends before the provider wants to be asked again ends then, and is not asked about', async () => {
  const rig = await startRig();
  const code = {
    device_code: DEVICE_CODE,
    user_code: 'WDJB-MJHT',
    verification_uri: `${peer.origin}/device`,
  };
  peer.on('/device_authorization', json({ ...code, expires_in: 600, interval: 400 }));
  peer.on('/token', refuses('authorization_pending'));
  await begun(rig);
  rig.advance(400_000);
  await expect.poll(questions).toBe(1);
  rig.advance(200_000);
  await expect
    .poll(() => rig.told.map((state) => (state.kind === 'ended' ? state.result.kind : state.kind)))
    .toContain('expired');
  expect(questions()).toBe(1);
});

it('of ten processes that are due at the same moment one asks', async () => {
  peer.on('/token', refuses('authorization_pending'));
  const first = await startRig();
  const id = await begun(first);
  await first.signIns.close();
  const others = await Promise.all(Array.from({ length: 10 }, () => startRig(first)));
  for (const rig of others) rig.advance(INTERVAL_MS + 100);
  await Promise.all(others.map((rig) => rig.signIns.sweep()));
  await Promise.all(others.map((rig) => rig.signIns.close()));
  expect(questions()).toBe(1);
  expect(await intervalOf(first, id)).toBe(INTERVAL_MS);
});

describe('a step-up to a scope that the provider does not have', () => {
  const wanted = (rig: Rig) => rig.challenges.wanted(KEY);

  it('is not asked for again once its device endpoint refused it, and what was found is looked up anew', async () => {
    const rig = await startRig();
    const code = deviceCode();
    peer.on('/device_authorization', (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const answer = body.includes('nope') ? refuses('invalid_scope') : json(code);
        answer(request, response);
      });
    });
    await rig.challenges.insufficientScope(KEY, ['nope:write']);
    const request = rig.request('files', SUBJECT, { browser: 'elsewhere', listed: true });
    const failure = { error: 'invalid_scope', rfc: 'RFC 6749 §5.2' };
    expect(await rig.signIns.begin(request)).toMatchObject({ kind: 'failed', failure });
    const looks = () => peer.requests.filter((one) => one.includes('oauth-protected-resource/mcp')).length;
    const before = looks();
    expect(await rig.signIns.begin(request)).toMatchObject({ kind: 'link' });
    expect(looks()).toBe(before + 1);
  });

  it('is not asked for again once it was refused after the code was typed', async () => {
    const rig = await startRig();
    await rig.challenges.insufficientScope(KEY, ['nope:write']);
    const id = await begun(rig);
    expect(await wanted(rig)).toBe('nope:write');
    peer.on('/token', refuses('invalid_scope'));
    rig.advance(INTERVAL_MS);
    await expect.poll(() => stateOf(rig, id)).toMatchObject({ kind: 'failed' });
    expect(await wanted(rig)).toBeUndefined();
  });
});

describe('how a provider ends a sign-in by code', () => {
  const ends: readonly (readonly [string, string, object, string | undefined])[] = [
    ['access_denied', 'RFC 8628 §3.5', { kind: 'declined' }, undefined],
    ['expired_token', 'RFC 8628 §3.5', { kind: 'expired', lifetimeMs: 600_000 }, undefined],
    [
      'invalid_grant',
      'RFC 6749 §5.2',
      { kind: 'failed' },
      'HOST did not accept the sign-in that it gave a moment ago',
    ],
    ['invalid_client', 'RFC 6749 §5.2', { kind: 'failed' }, 'HOST did not recognise this gateway'],
    ['x_of_its_own', 'RFC 6749 §5.2', { kind: 'failed' }, 'HOST refused the sign-in'],
  ];
  it.each(ends)(
    '%s: its code and section are in the log and kept for the status',
    async (error, rfc, ...said) => {
      const [result, sentence] = said;
      const { host } = new URL(peer.origin);
      const rig = await startRig();
      const id = await begun(rig);
      peer.on('/token', refuses(error));
      rig.advance(INTERVAL_MS);
      const failure = { code: 'provider-refused', error, rfc, host };
      await expect.poll(() => stateOf(rig, id)).toMatchObject({ ...result, failure });
      const last = (await rig.signIns.lastFailure(SUBJECT, 'files'))?.failure;
      expect(last).toMatchObject(failure);
      const line = lines.find((one) => one.includes('the provider ended a sign-in by code')) ?? '';
      for (const part of [error, rfc]) expect(line).toContain(part);
      if (sentence !== undefined && last !== undefined)
        expect(failureSentence(last)).toBe(sentence.replace('HOST', host));
      expect(JSON.stringify(rig.told)).not.toMatch(/evil/);
      expect(lines.join('')).not.toContain(DEVICE_CODE);
    },
  );

  it.each([
    ['invalid_scope', 'RFC 6749 §5.2', 'HOST does not offer the access that was asked for'],
    ['invalid_target', 'RFC 8707 §2', 'HOST gives no access to this server'],
    ['unauthorized_client', 'RFC 6749 §5.2', 'HOST does not allow this gateway to sign people in'],
  ])('%s instead of a code: no sign-in begins, and why is known', async (error, rfc, sentence) => {
    const { host } = new URL(peer.origin);
    const rig = await startRig();
    peer.on('/device_authorization', refuses(error));
    const outcome = await rig.signIns.begin(rig.request('files', SUBJECT, { listed: true }));
    const failure = { code: 'provider-refused', error, rfc, host } as const;
    expect(outcome).toMatchObject({ kind: 'failed', failure });
    expect((await rig.signIns.lastFailure(SUBJECT, 'files'))?.failure).toMatchObject(failure);
    for (const said of [error, rfc]) expect(lines.join('')).toContain(said);
    expect(lines.join('')).not.toContain('<b>');
    expect(failureSentence({ ...failure, detail: '' })).toBe(sentence.replace('HOST', host));
  });

  it('a configured client that gets no codes signs in by the browser', async () => {
    peer.on('/device_authorization', json({ error: 'invalid_client' }, 401));
    const oauth = { authorizeParameters: {}, clientId: 'ours' };
    const servers = [httpServer('files', `${peer.origin}/mcp`, { oauth })];
    const rig = await createRig({ servers, reachable: false });
    rigs.push(rig);
    const request = rig.request('files', SUBJECT, { browser: 'elsewhere', listed: true });
    const { id } = linkOf(await rig.signIns.begin(request));
    expect(await rig.signIns.look(id)).toMatchObject({ kind: 'pending', method: 'oauth', paste: true });
    expect(peer.requests).toContain('POST /device_authorization');
  });

  it('tokens that come after the sign-in was cancelled are dropped: not tried, not revoked', async () => {
    const rig = await startRig();
    const id = await begun(rig);
    let waiting: ServerResponse | undefined;
    peer.on('/token', (_request, response) => {
      waiting = response;
    });
    rig.advance(INTERVAL_MS);
    await expect.poll(questions).toBe(1);
    await rig.signIns.cancel(SUBJECT, 'files');
    waiting
      ?.writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ access_token: 'too-late', token_type: 'Bearer' }));
    // Resolves when the answer was dealt with.
    await rig.signIns.close();
    expect(await stateOf(rig, id)).toEqual({ kind: 'cancelled' });
    expect(await rig.credentials.get(KEY)).toBeUndefined();
    expect([questions(), tried]).toEqual([1, 0]);
  });

  const granted = json({ access_token: 'a1', token_type: 'Bearer' });
  it.each([
    ['tokens', 'lock', 'sign-in', granted, { kind: 'connected' }],
    ['tokens', 'set', 'finishing', granted, { kind: 'connected' }],
    ['tokens', 'claim', 'pending', granted, { kind: 'connected' }],
    ['access_denied', 'lock', 'sign-in', refuses('access_denied'), { kind: 'declined' }],
  ] satisfies readonly (readonly [string, string, string, Scripted, object])[])(
    '%s that the store could not take at once (%s of %s) is not asked for again: the provider says it once',
    async (_what, operation, name, answer, result) => {
      const opened = await openStore({ kind: 'memory' });
      let failures = 0;
      const fails: Failing = (asked, of) =>
        asked === operation && of.startsWith(name) && questions() === 1 && failures++ === 0;
      const rig = await startRig({ ...opened, store: failingStore(opened.store, fails) });
      const id = await begun(rig);
      peer.on('/token', (request, response) => {
        peer.on('/token', refuses('invalid_grant'));
        answer(request, response);
      });
      rig.advance(INTERVAL_MS);
      await expect.poll(() => failures).toBeGreaterThan(0);
      rig.advance(INTERVAL_MS);
      await expect.poll(() => stateOf(rig, id), { timeout: 10_000 }).toMatchObject(result);
      expect(questions()).toBe(1);
      expect(lines.join('')).not.toContain(DEVICE_CODE);
    },
  );
});

it('a configured client is from then on the client of whoever gave tokens for it (threat 7)', async () => {
  const rig = await startRig(undefined, { clientId: 'ours', clientSecret: 'hush' });
  peer.on('/token', json({ access_token: 'good', token_type: 'Bearer' }));
  const id = await begun(rig);
  rig.advance(INTERVAL_MS);
  await expect.poll(() => stateOf(rig, id)).toMatchObject({ kind: 'connected' });
  const another = `${peer.origin}/another`;
  const where = { resource: `${peer.origin}/mcp`, authorization_servers: [another] };
  peer.on('/.well-known/oauth-protected-resource/mcp', json(where));
  const codes = { device_authorization_endpoint: `${another}/device` };
  peer.on('/.well-known/oauth-authorization-server/another', json(metadataAt(another, codes)));
  rig.advance(3_600_000);
  const request = rig.request('files', SUBJECT, { browser: 'elsewhere', listed: true });
  expect(await rig.signIns.begin(request)).toMatchObject({ failure: { code: 'issuer-mismatch' } });
  expect(peer.requests).not.toContain('POST /another/device');
});
