import { describe, expect, it } from 'vitest';
import type { OAuthCredential, VerifyOutcome } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import { consent } from '../helpers/consent.js';
import { failingStore } from '../helpers/failing-store.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { callbackOf, type Link, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const KEY = { subject: 'terminal:ana', server: 'files' };
const peers = useSignInPeers();

const CREDENTIAL: OAuthCredential = {
  kind: 'oauth',
  accessToken: 'a',
  issuedAtMs: 1,
  client: { kind: 'dynamic', clientId: 'c' },
  issuer: 'https://p.example',
  tokenEndpoint: 'https://p.example/token',
};

const begin = async (rig: Rig): Promise<Link> => linkOf(await rig.signIns.begin(rig.request('files')));

/** The button leads to the provider, which is asked for these scopes. */
async function press(rig: Rig, link: Link) {
  const pressed = await pressButton(rig.signIns, link);
  const scopes = (new URL(pressed.location).searchParams.get('scope') ?? '').split(' ');
  return { ...pressed, scopes };
}

/** A whole sign-in: which scope it asked for, and how it ended. */
async function signIn(rig: Rig): Promise<{ scopes: readonly string[]; result: unknown }> {
  const { location, browser, scopes } = await press(rig, await begin(rig));
  const returned = await rig.signIns.finish(callbackOf(await consent(location)), browser);
  const result = returned.kind === 'ended' ? returned.state.result : returned;
  return { scopes, result };
}

/** A server that answers each new credential as told. */
function answering(...outcomes: readonly VerifyOutcome[]) {
  const left = [...outcomes];
  return async (): Promise<VerifyOutcome> => left.shift() ?? { kind: 'works', tools: 1, proven: true };
}

const wants = (...scopes: readonly string[]): VerifyOutcome => ({ kind: 'needs-scope', scopes });

describe('a server that asks for more access (403 insufficient_scope)', () => {
  it('after a sign-in: the credential is kept, and the next sign-in asks for all of it together (SEP-2350)', async () => {
    const rig = await peers.rig({ verify: answering(wants('openid')) });
    const first = await signIn(rig);
    expect(first.scopes).toContain('tools');
    expect(first.scopes).not.toContain('openid');
    expect(first.result).toEqual({ kind: 'connected', wants: { scopes: ['openid'], exhausted: false } });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'token' });
    const second = await signIn(rig);
    expect(second.scopes).toEqual(expect.arrayContaining(['tools', 'openid']));
    expect(second.result).toMatchObject({ kind: 'connected', tools: 1 });
  });

  it('works with a provider that limits a client to what it registered with: it is registered anew', async () => {
    const rig = await peers.rig({ verify: answering(wants('openid')) });
    await signIn(rig);
    const { registration } = peers.provider.counts;
    expect((await signIn(rig)).result).toMatchObject({ kind: 'connected', tools: 1 });
    expect(peers.provider.counts.registration).toBe(registration + 1);
    await signIn(rig);
    expect(peers.provider.counts.registration).toBe(registration + 1);
  });

  it('is asked for again with each later sign-in, until the person signs out', async () => {
    const rig = await peers.rig();
    await signIn(rig);
    await rig.challenges.insufficientScope(KEY, ['openid']);
    expect((await signIn(rig)).scopes).toContain('openid');
    expect((await signIn(rig)).scopes).toContain('openid');
    await rig.keeper.signOut(KEY);
    expect((await signIn(rig)).scopes).not.toContain('openid');
  });

  it('is asked for beside all that was asked for before, also what the provider did not give', async () => {
    const rig = await peers.rig();
    await rig.keeper.keep(KEY, { ...CREDENTIAL, scope: 'read', requestedScope: 'read write' });
    await rig.challenges.insufficientScope(KEY, ['admin']);
    expect((await rig.challenges.wanted(KEY))?.split(' ').toSorted()).toEqual(['admin', 'read', 'write']);
  });

  it('and goes on asking for what was given is told so twice, and then not offered a sign-in any more', async () => {
    const rig = await peers.rig({ verify: answering(wants('tools'), wants('tools'), wants('tools')) });
    const exhausted = async () => (await signIn(rig)).result;
    expect(await exhausted()).toMatchObject({ wants: { scopes: ['tools'], exhausted: false } });
    expect(await exhausted()).toMatchObject({ wants: { exhausted: true } });
  });

  it('is counted by sign-ins, not by how often somebody looks, nor by refreshes', async () => {
    const rig = await peers.rig({ verify: answering(wants('tools')) });
    await signIn(rig);
    const token = await rig.keeper.accessToken(KEY);
    for (let looks = 0; looks < 10; looks += 1)
      expect(await rig.challenges.insufficientScope(KEY, ['tools'])).toMatchObject({ exhausted: false });
    await rig.keeper.accessToken(KEY, token.kind === 'token' ? token.accessToken : '');
    expect(await rig.challenges.insufficientScope(KEY, ['tools'])).toMatchObject({ exhausted: false });
  });

  it('and asks for something else each time is given up after six sign-ins; a day later it may ask again', async () => {
    const rig = await peers.rig();
    const ask = (at: number) =>
      rig.challenges.insufficientScope(KEY, [`s${at}`], { ...CREDENTIAL, issuedAtMs: at, grantedAtMs: at });
    for (let at = 1; at < 6; at += 1) expect(await ask(at)).toMatchObject({ exhausted: false });
    expect(await ask(6)).toMatchObject({ exhausted: true });
    rig.advance(25 * 3_600_000);
    for (let at = 7; at < 12; at += 1) expect(await ask(at)).toMatchObject({ exhausted: false });
    expect(await ask(12)).toMatchObject({ exhausted: true });
    // The clock was ahead, and is put right.
    rig.advance(-25 * 3_600_000);
    expect(await ask(13)).toMatchObject({ exhausted: false });
  });

  it('for a scope that the provider does not have: the next sign-in goes without it', async () => {
    const rig = await peers.rig();
    await rig.challenges.insufficientScope(KEY, ['no-such-scope']);
    const begun = linkOf(await rig.signIns.begin(rig.request('files')));
    const { location, browser } = await pressButton(rig.signIns, begun);
    const url = new URL(location);
    expect(url.searchParams.get('scope')).toContain('no-such-scope');
    const refused = {
      state: url.searchParams.get('state') ?? '',
      error: 'invalid_scope',
      iss: peers.provider.issuer,
    };
    expect(await rig.signIns.finish(refused, browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { error: 'invalid_scope', rfc: 'RFC 6749 §4.1.2.1' } } },
    });
    expect((await signIn(rig)).scopes).not.toContain('no-such-scope');
  });

  it('for a scope at which the provider stops with a page of its own: the sign-in after it goes without', async () => {
    const rig = await peers.rig();
    await rig.challenges.insufficientScope(KEY, ['no-such-scope']);
    await begin(rig);
    // Nobody went to the provider with the one before: nothing is known of what it says.
    expect((await press(rig, await begin(rig))).scopes).toContain('no-such-scope');
    expect((await press(rig, await begin(rig))).scopes).not.toContain('no-such-scope');
  });

  it('nor is it asked for again where that sign-in ran out, and the person tries again another day', async () => {
    const rig = await peers.rig();
    await rig.challenges.insufficientScope(KEY, ['no-such-scope']);
    expect((await press(rig, await begin(rig))).scopes).toContain('no-such-scope');
    rig.advance(600_000);
    await rig.signIns.sweep();
    expect((await press(rig, await begin(rig))).scopes).not.toContain('no-such-scope');
  });

  it('is not forgotten over a browser that stays away, where it worked before or was not what the browser asked for', async () => {
    const rig = await peers.rig();
    await rig.challenges.insufficientScope(KEY, ['openid']);
    await signIn(rig);
    await press(rig, await begin(rig));
    await rig.challenges.insufficientScope(KEY, ['of-later']);
    const { scopes } = await press(rig, await begin(rig));
    expect(scopes).toEqual(expect.arrayContaining(['openid', 'of-later']));
  });

  it('for ever more is asked for what it wanted last, within a length that a browser takes', async () => {
    const rig = await peers.rig();
    const names = (call: number) =>
      Array.from({ length: 20 }, (_, index) => `document:${call}:${index}:read`);
    for (let call = 0; call < 60; call += 1) await rig.challenges.insufficientScope(KEY, names(call));
    const wanted = (await rig.challenges.wanted(KEY)) ?? '';
    expect(wanted.length).toBeLessThanOrEqual(2_000);
    expect(wanted.split(' ')).toHaveLength(50);
    expect(wanted.split(' ')).toEqual(expect.arrayContaining(names(59)));
    const requestedScope = Array.from({ length: 60 }, (_, index) => `old:${index}`).join(' ');
    await rig.keeper.keep(KEY, { ...CREDENTIAL, requestedScope });
    expect((await rig.challenges.wanted(KEY))?.split(' ')).toHaveLength(50);
  });

  it('says the same of many calls: it is written down once, under one lock', async () => {
    const { store, pageSecrets } = await openStore({ kind: 'memory' });
    let writes = 0;
    const counting = failingStore(store, (operation, name) => {
      if (operation === 'lock' || (operation === 'set' && name === 'step-ups')) writes += 1;
      return false;
    });
    const rig = await peers.rig({ shared: { store: counting, pageSecrets } });
    const wanted = ['write', 'read', 'x'.repeat(3_000)];
    for (let call = 0; call < 20; call += 1)
      expect(await rig.challenges.insufficientScope(KEY, wanted)).toMatchObject({ exhausted: false });
    expect(writes).toBe(2);
    expect((await rig.challenges.wanted(KEY))?.split(' ').toSorted()).toEqual(['read', 'write']);
  });
});
