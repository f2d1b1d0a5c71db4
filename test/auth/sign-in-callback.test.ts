import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const ANA = { subject: 'terminal:ana', server: 'files' };
const BAD = { kind: 'bad-request' };
const peers = useSignInPeers();

describe('a callback that is none of ours', () => {
  it('is a bad request without, with an unknown, or with a guessed state, and the real flow stays alive', async () => {
    const rig = await peers.rig();
    const { link, callback, browser } = await peers.goThrough(rig);
    const { state: _state, ...stateless } = callback;
    expect(await rig.signIns.finish(stateless, browser)).toEqual(BAD);
    expect(await rig.signIns.finish({ ...callback, state: '' }, browser)).toEqual(BAD);
    expect(await rig.signIns.finish({ ...callback, state: 'guessed' }, browser)).toEqual(BAD);
    expect(await rig.signIns.finish({ ...callback, state: link.id }, browser)).toEqual(BAD);
    expect(peers.provider.counts.token).toBe(0);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ kind: 'ended' });
  });

  it('is a bad request with neither or both of code and error', async () => {
    const rig = await peers.rig();
    const { link, callback, browser } = await peers.goThrough(rig);
    const { code: _code, ...codeless } = callback;
    expect(await rig.signIns.finish(codeless, browser)).toEqual(BAD);
    expect(await rig.signIns.finish({ ...callback, error: 'access_denied' }, browser)).toEqual(BAD);
    expect(await rig.signIns.look(link.id)).toMatchObject({ kind: 'pending' });
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ kind: 'ended' });
  });

  it('redeems nothing with the code of somebody else: the verifier is not the one that it was made for', async () => {
    const rig = await peers.rig();
    const ana = await peers.goThrough(rig, 'terminal:ana');
    const ben = await peers.goThrough(rig, 'terminal:ben');
    const swapped = { ...ana.callback, state: ben.callback.state ?? '' };
    expect(await rig.signIns.finish(swapped, ben.browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'provider-refused' } } },
    });
    expect(peers.provider.counts.token).toBe(1);
    expect(await rig.credentials.list()).toEqual([]);
  });
});

describe('the issuer of a callback (RFC 9207)', () => {
  it('must be the one that was asked, on answers and on errors, before the code goes anywhere', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    const { iss: _iss, ...without } = callback;
    const { code: _code, ...refusal } = { ...callback, error: 'access_denied' };
    expect(callback.iss).toBe(peers.provider.issuer);
    expect(await rig.signIns.finish({ ...callback, iss: 'https://evil.example' }, browser)).toEqual(BAD);
    expect(await rig.signIns.finish({ ...refusal, iss: 'https://evil.example' }, browser)).toEqual(BAD);
    expect(await rig.signIns.finish(without, browser)).toEqual(BAD);
    expect(peers.provider.counts.token).toBe(0);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
  });

  it('is asked for anew by the next sign-in after one that did not fit', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    await rig.signIns.finish({ ...callback, iss: 'https://evil.example' }, browser);
    await peers.goThrough(rig);
    expect(peers.provider.counts).toMatchObject({ metadata: 2, registration: 1 });
  });
});

describe('a callback that comes more than once', () => {
  it('is used the second time, and says how the first ended', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    await rig.signIns.finish(callback, browser);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      kind: 'used',
      state: { kind: 'ended', result: { kind: 'connected', tools: 13 } },
    });
    expect(peers.provider.counts.token).toBe(1);
  });

  it('is exchanged once when fifty come at the same moment to two replicas on one folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sign-in-'));
    const stores = [await openStore({ kind: 'file', folder }), await openStore({ kind: 'file', folder })];
    try {
      const replicas = await Promise.all(stores.map((shared) => peers.rig({ shared })));
      const [first] = replicas;
      if (first === undefined) throw new Error('no replica');
      const { callback, browser } = await peers.goThrough(first);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => replicas[index % 2]?.signIns.finish(callback, browser)),
      );
      expect(peers.provider.counts.token).toBe(1);
      expect(outcomes.filter((outcome) => outcome?.kind === 'ended')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome?.kind === 'used')).toHaveLength(49);
      await expect.poll(() => replicas.flatMap((rig) => rig.told)).toHaveLength(1);
    } finally {
      await Promise.all(stores.map(({ store }) => store.close()));
      await rm(folder, { recursive: true });
    }
  });

  it('redeems a refused code once', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    expect(await rig.signIns.finish({ ...callback, code: 'made-up' }, browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'provider-refused' } } },
    });
    expect(peers.provider.counts.token).toBe(1);
  });
});

describe('a sign-in that does not end well', () => {
  it('is declined where the person says no, and the old credential stays', async () => {
    const rig = await peers.rig();
    const first = await peers.goThrough(rig);
    await rig.signIns.finish(first.callback, first.browser);
    const old = await rig.credentials.get(ANA);
    const { callback, browser } = await peers.goThrough(rig, 'terminal:ana', 'decline');
    expect(callback.error).toBe('access_denied');
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'declined' } },
    });
    expect(await rig.credentials.get(ANA)).toEqual(old);
  });

  it('stays expired where the next one begins before a sweeper has been there', async () => {
    const rig = await peers.rig();
    const { link } = await peers.goThrough(rig);
    rig.advance(600_001);
    await rig.signIns.begin(rig.request('files'));
    expect(await rig.signIns.look(link.id)).toMatchObject({ kind: 'ended', result: { kind: 'expired' } });
  });

  it('is expired after its lifetime, and its code goes nowhere', async () => {
    const rig = await peers.rig();
    const { link, callback, browser } = await peers.goThrough(rig);
    rig.advance(600_001);
    const expired = { kind: 'ended', result: { kind: 'expired', lifetimeMs: 600_000 } };
    expect(await rig.signIns.look(link.id)).toMatchObject(expired);
    expect(rig.told).toEqual([]);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ kind: 'ended', state: expired });
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ kind: 'ended', state: expired });
    expect(peers.provider.counts.token).toBe(0);
    await expect.poll(() => rig.told).toHaveLength(1);
  });

  it("says that the provider refused, and neither repeats nor logs raw what the provider's error says", async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line: string) => lines.push(line) });
    const rig = await peers.rig({ log });
    const { callback, browser } = await peers.goThrough(rig);
    const { code: _code, ...answer } = callback;
    const hostile = `<script>\u001b[31m\n{"level":60}${'x'.repeat(100_000)}`;
    const outcome = await rig.signIns.finish(
      { ...answer, error: 'server_error', errorDescription: hostile },
      browser,
    );
    expect(outcome).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'provider-refused' } } },
    });
    expect(JSON.stringify(outcome)).not.toContain('script');
    expect(lines.join('')).toContain('server_error');
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.join('').length).toBeLessThan(2_000);
    expect(lines.join('')).not.toContain(callback.state);
  });

  it('fails where the server was configured anew meanwhile: its tokens are for the old address', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    rig.servers.set('files', httpServer('files', 'http://127.0.0.1:1/mcp'));
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'internal' } } },
    });
    expect(peers.provider.counts.token).toBe(0);
  });
});
