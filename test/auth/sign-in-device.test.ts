import { describe, expect, it } from 'vitest';
import type { SignInState } from '../../src/auth/sign-in/types.js';
import type { OAuthSettings } from '../../src/auth/types.js';
import { typeCode } from '../helpers/consent.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { httpServer, linkOf, type Rig } from '../helpers/sign-in-rig.js';

const peers = useSignInPeers({ device: true });

/** RFC 8628 §3.5, where the provider names no interval. */
const INTERVAL_MS = 5_000;
const ELSEWHERE = { browser: 'elsewhere', listed: true } as const;

const rigWith = (oauth: Partial<OAuthSettings> = {}, more = {}) =>
  peers.rig({
    servers: [httpServer('files', peers.files.url, { oauth: { authorizeParameters: {}, ...oauth } })],
    ...more,
  });

type Pending = Extract<SignInState, { kind: 'pending' }>;

async function begun(
  rig: Rig,
  who = 'telegram:1',
  more = {},
): Promise<Pending & { readonly userCode: string }> {
  const { id } = linkOf(await rig.signIns.begin(rig.request('files', who, { ...ELSEWHERE, ...more })));
  const state = await rig.signIns.look(id);
  if (state.kind !== 'pending' || state.userCode === undefined)
    throw new Error(`no code: ${JSON.stringify(state)}`);
  return { ...state, userCode: state.userCode };
}

async function result(rig: Rig, id: string) {
  await expect.poll(async () => (await rig.signIns.look(id)).kind).toBe('ended');
  const state = await rig.signIns.look(id);
  return state.kind === 'ended' ? state.result : undefined;
}

describe('a sign-in by code, with a provider that nobody here wrote', () => {
  it('ends with a credential that refreshes, once the code is typed there', async () => {
    const rig = await rigWith({}, { reachable: false });
    const { id, userCode, url, host, expiresAtMs } = await begun(rig);
    expect(userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(url).toBe(`${peers.provider.issuer}/device`);
    expect(`http://${host}`).toBe(peers.provider.issuer);
    expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(await typeCode(url, userCode, { login: 'ana' })).toContain('Sign-in Success');
    rig.advance(INTERVAL_MS);
    expect(await result(rig, id)).toMatchObject({ kind: 'connected' });
    expect(new Set(peers.files.callers)).toEqual(new Set(['ana']));
    const kept = await rig.credentials.view({ subject: 'telegram:1', server: 'files' });
    expect(kept).toMatchObject({ kind: 'oauth', refreshable: true, registration: 'dynamic' });
  });

  it('is asked for no sooner than the provider allows, and until it has ended', async () => {
    const rig = await rigWith({ flow: 'device' });
    const { id } = await begun(rig);
    expect(peers.provider.counts.token).toBe(0);
    for (const count of [1, 2]) {
      rig.advance(INTERVAL_MS);
      await expect.poll(() => peers.provider.counts.token).toBe(count);
    }
    expect((await rig.signIns.cancel('telegram:1')).map(({ kind }) => kind)).toEqual(['ended']);
    rig.advance(INTERVAL_MS * 3);
    await rig.signIns.sweep();
    expect(await result(rig, id)).toEqual({ kind: 'cancelled' });
    await rig.close();
    expect(peers.provider.counts.token).toBe(2);
  });

  it('is declined at the provider', async () => {
    const rig = await rigWith({ flow: 'device' });
    const { id, url, userCode } = await begun(rig);
    await typeCode(url, userCode, { answer: 'decline' });
    rig.advance(INTERVAL_MS);
    const failure = { error: 'access_denied', rfc: 'RFC 8628 §3.5' };
    expect(await result(rig, id)).toMatchObject({ kind: 'declined', failure });
  });

  it('runs out, and is over by itself', async () => {
    const rig = await rigWith({ flow: 'device', timeoutMs: 60_000 });
    const { id } = await begun(rig);
    rig.advance(60_000);
    expect(await result(rig, id)).toEqual({ kind: 'expired', lifetimeMs: 60_000 });
  });

  it('goes on after a restart, by whoever looks next', async () => {
    const before = await rigWith({ flow: 'device' });
    const { id, url, userCode } = await begun(before);
    await before.signIns.close();
    await typeCode(url, userCode);
    const after = await rigWith({ flow: 'device' }, { shared: before });
    after.advance(INTERVAL_MS);
    await after.signIns.sweep();
    expect(await result(after, id)).toMatchObject({ kind: 'connected' });
    expect(peers.provider.counts.token).toBe(1);
  });

  it('is asked for by one of three gateways at a time', async () => {
    const first = await rigWith({ flow: 'device' });
    const { id, url, userCode } = await begun(first);
    const others = [
      await rigWith({ flow: 'device' }, { shared: first }),
      await rigWith({ flow: 'device' }, { shared: first }),
    ];
    const all = [first, ...others];
    for (const rig of others) await rig.signIns.sweep();
    for (const count of [1, 2, 3]) {
      for (const rig of all) rig.advance(INTERVAL_MS);
      await expect.poll(() => peers.provider.counts.token).toBe(count);
    }
    await typeCode(url, userCode);
    for (const rig of all) rig.advance(INTERVAL_MS);
    expect(await result(first, id)).toMatchObject({ kind: 'connected' });
    expect(peers.provider.counts.token).toBe(4);
  });

  it('is not stopped by the config that names its server anew: it ends, and says so', async () => {
    const rig = await rigWith({ flow: 'device' });
    const { id } = await begun(rig);
    rig.servers.set('files', httpServer('files', 'http://127.0.0.1:9/elsewhere'));
    rig.advance(INTERVAL_MS);
    expect(await result(rig, id)).toMatchObject({ kind: 'failed' });
    expect(peers.provider.counts.token).toBe(0);
  });
});

describe('the way back that fits', () => {
  const methodOf = async (rig: Rig, more: object): Promise<string> => {
    const { id, url } = linkOf(await rig.signIns.begin(rig.request('files', 'telegram:1', more)));
    const state = await rig.signIns.look(id);
    if (state.kind !== 'pending') return state.kind;
    if (state.userCode !== undefined) return 'device';
    return state.paste === true && url.startsWith(peers.provider.issuer) ? 'paste' : 'browser';
  };

  it.each([
    ['a browser that finds the gateway', true, ELSEWHERE, 'browser'],
    ['a browser on this machine', false, { browser: 'here', listed: true }, 'browser'],
    ['listed people elsewhere', false, ELSEWHERE, 'device'],
    ['anyone (threat 1)', false, { ...ELSEWHERE, listed: false, confirmAlways: true }, 'paste'],
    ['sign-ins that are each to be confirmed', false, { ...ELSEWHERE, confirmAlways: true }, 'paste'],
  ] as const)('for %s', async (_who, reachable, more, way) => {
    expect(await methodOf(await rigWith({}, { reachable }), more)).toBe(way);
  });

  it.each(['browser', 'paste', 'device'] as const)('is %s where the config says so', async (flow) => {
    expect(await methodOf(await rigWith({ flow }, { reachable: flow !== 'browser' }), ELSEWHERE)).toBe(flow);
  });

  it('is never a code for anyone, whatever the config says', async () => {
    const rig = await rigWith({ flow: 'device' });
    const outcome = await rig.signIns.begin(rig.request('files', 'telegram:1', { browser: 'elsewhere' }));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'device-unsupported' } });
    expect(peers.provider.counts.device).toBe(0);
  });
});
