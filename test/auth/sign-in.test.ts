import { describe, expect, it } from 'vitest';
import type { Verify } from '../../src/auth/types.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { httpServer, linkOf, pressButton, verifyByConnecting } from '../helpers/sign-in-rig.js';

const ANA = { subject: 'terminal:ana', server: 'files' };
const peers = useSignInPeers();

const refuses: Verify = async () => ({ kind: 'refused' });
const isDown: Verify = async () => ({
  kind: 'unreachable',
  failure: { code: 'unreachable', detail: 'connection refused' },
});

/** 403 to a token that is good: they are no member there, or a policy keeps them out. */
const bars: Verify = async () => ({
  kind: 'unreachable',
  failure: { code: 'credential-refused', detail: 'HTTP 403', rfc: 'RFC 6750 §3.1' },
});

/** A verify that can be changed between two sign-ins. */
function changeable() {
  let current: Verify = verifyByConnecting;
  const verify: Verify = (...asked) => current(...asked);
  return {
    verify,
    becomes: (next: Verify) => {
      current = next;
    },
  };
}

describe('a sign-in that goes well', () => {
  it('ends connected with the number of tools, and keeps a credential that says where it is from', async () => {
    const rig = await peers.rig();
    const { link, callback, browser } = await peers.goThrough(rig);
    expect(link.url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/connect\/[\w-]{43}$/);
    expect(link.url).not.toContain(link.id);
    expect(link.host).toBe(new URL(peers.provider.issuer).host);
    const outcome = await rig.signIns.finish(callback, browser);
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'connected', tools: 13 } } });
    expect(await rig.credentials.get(ANA)).toMatchObject({
      kind: 'oauth',
      issuer: peers.provider.issuer,
      tokenEndpoint: `${peers.provider.issuer}/token`,
      revocationEndpoint: `${peers.provider.issuer}/token/revocation`,
      resource: peers.files.url,
      scope: expect.stringContaining('tools'),
      client: { kind: 'dynamic', clientId: expect.any(String) },
      refreshToken: expect.any(String),
      expiresAtMs: expect.any(Number),
    });
    await expect.poll(() => rig.told).toMatchObject([{ kind: 'ended', origin: { chat: 'terminal:ana' } }]);
  });

  it('costs four requests to the provider and its metadata and one probe, and the next sign-in one', async () => {
    const rig = await peers.rig();
    const first = await peers.goThrough(rig);
    expect(peers.files.counts).toEqual({ metadata: 1, refused: 1, passed: 0 });
    await rig.signIns.finish(first.callback, first.browser);
    expect(peers.provider.counts).toMatchObject({ metadata: 1, registration: 1, token: 1 });
    peers.provider.resetCounts();
    peers.files.resetCounts();
    const second = await peers.goThrough(rig, 'terminal:ben');
    await rig.signIns.finish(second.callback, second.browser);
    expect(peers.provider.counts).toMatchObject({ metadata: 0, registration: 0, token: 1 });
    expect(peers.files.counts).toMatchObject({ metadata: 0, refused: 0 });
    // The stream that Ana's probe opened may come late: no more than that one request is hers.
    const { callers } = peers.files;
    expect(callers).toContain('ben');
    expect(callers.filter((caller) => caller !== 'ben').length).toBeLessThanOrEqual(1);
  });

  it('is twenty sign-ins for twenty people at once, with one discovery and one registration', async () => {
    const rig = await peers.rig();
    const people = Array.from({ length: 20 }, (_, index) => `terminal:p${index}`);
    const returned = await Promise.all(people.map((who) => peers.goThrough(rig, who)));
    const outcomes = await Promise.all(
      returned.map(({ callback, browser }) => rig.signIns.finish(callback, browser)),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(people.map(() => 'ended'));
    expect(peers.provider.counts).toMatchObject({ metadata: 1, registration: 1, token: 20 });
    expect(peers.files.counts.metadata).toBe(1);
    const tokens = await Promise.all(
      people.map((subject) => rig.keeper.accessToken({ subject, server: 'files' })),
    );
    const distinct = new Set(
      tokens.map((token) => (token.kind === 'token' ? token.accessToken : token.kind)),
    );
    expect(distinct.size).toBe(20);
  });

  it('finishes after a restart of the gateway, on what the store holds', async () => {
    const before = await peers.rig();
    const { callback, browser } = await peers.goThrough(before);
    const after = await peers.rig({ shared: before });
    const outcome = await after.signIns.finish(callback, browser);
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'connected' } } });
    await expect.poll(() => after.told.length).toBe(1);
    expect(before.told).toEqual([]);
  });
});

describe('a second sign-in for a server that already works', () => {
  it('keeps the old credential until the new one works, and revokes neither', async () => {
    const { verify, becomes } = changeable();
    const rig = await peers.rig({ verify });
    const first = await peers.goThrough(rig);
    await rig.signIns.finish(first.callback, first.browser);
    const old = await rig.credentials.get(ANA);

    becomes(refuses);
    const refused = await peers.goThrough(rig);
    expect(await rig.signIns.finish(refused.callback, refused.browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'credential-refused' } } },
    });
    expect(await rig.credentials.get(ANA)).toEqual(old);

    becomes(bars);
    const barred = await peers.goThrough(rig);
    expect(await rig.signIns.finish(barred.callback, barred.browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'credential-refused' } } },
    });
    expect(await rig.credentials.get(ANA)).toEqual(old);

    becomes(isDown);
    const unchecked = await peers.goThrough(rig);
    expect(await rig.signIns.finish(unchecked.callback, unchecked.browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'unreachable' } } },
    });
    expect(await rig.credentials.get(ANA)).toEqual(old);

    becomes(verifyByConnecting);
    const last = await peers.goThrough(rig);
    await rig.signIns.finish(last.callback, last.browser);
    expect(await rig.credentials.get(ANA)).not.toEqual(old);
    expect(peers.provider.counts.revocation).toBe(0);
  });

  it('keeps a credential that could not be checked when there is no old one that lives', async () => {
    const rig = await peers.rig({ verify: isDown });
    const { callback, browser } = await peers.goThrough(rig);
    const outcome = await rig.signIns.finish(callback, browser);
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'connected' } } });
    expect(outcome).not.toHaveProperty('state.result.tools');
    expect(await rig.keeper.accessToken(ANA)).toMatchObject({ kind: 'token' });
  });
});

describe('a credential so new that the server may not have heard of it', () => {
  it.each([
    [1, 'connected'],
    [5, 'failed'],
  ])('is shown to it twice (%i times refused: %s)', async (times, kind) => {
    const pauses: number[] = [];
    const shown: string[] = [];
    const verify: Verify = async (_server, _subject, access) => {
      shown.push(access.kind === 'token' ? access.accessToken : '');
      return shown.length <= times ? { kind: 'refused' } : { kind: 'works', tools: 13, proven: true };
    };
    const rig = await peers.rig({ verify, pause: async (ms) => void pauses.push(ms) });
    const { callback, browser } = await peers.goThrough(rig);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ state: { result: { kind } } });
    expect([pauses, shown.length, new Set(shown).size]).toEqual([[2000], 2, 1]);
  });

  it('is refused at once where it is not so new', async () => {
    let shown = 0;
    const verify: Verify = async () => {
      shown += 1;
      rig.advance(5_000);
      return { kind: 'refused' };
    };
    const rig = await peers.rig({ verify });
    const { callback, browser } = await peers.goThrough(rig);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'credential-refused' } } },
    });
    expect(shown).toBe(1);
  });
});

it('a new credential that the server answers with 403 connects nobody, and the reason is there for who asks', async () => {
  const rig = await peers.rig({ verify: bars });
  const { callback, browser } = await peers.goThrough(rig);
  const failure = { code: 'credential-refused', rfc: 'RFC 6750 §3.1' };
  expect(await rig.signIns.finish(callback, browser)).toMatchObject({
    state: { result: { kind: 'failed', failure } },
  });
  expect(await rig.credentials.get(ANA)).toBeUndefined();
  expect(await rig.signIns.lastFailure(ANA.subject, ANA.server)).toMatchObject({ failure });
});

describe('sign-ins beside each other', () => {
  it('a new one for the same person and server ends the older, whose callback then says so', async () => {
    const rig = await peers.rig();
    const older = await peers.goThrough(rig);
    const newer = await peers.goThrough(rig);
    expect(await rig.signIns.look(older.link.id)).toMatchObject({ result: { kind: 'replaced' } });
    expect(await rig.signIns.finish(older.callback, older.browser)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'replaced' } },
    });
    expect(await rig.signIns.finish(newer.callback, newer.browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
    expect(await rig.signIns.open('terminal:ana')).toEqual([]);
  });

  it.each([
    ['shared', { kind: 'replaced', by: 'Ben' }],
    // Their own other account.
    ['personal', { kind: 'replaced' }],
  ] as const)(
    'a newer one of another account for a %s credential ends the older: %j',
    async (credentials, result) => {
      const server = { ...httpServer('files', peers.files.url), credentials };
      const rig = await peers.rig({ servers: [server] });
      const request = { ...rig.request('files', 'web:ana'), subject: 'theirs' };
      const older = linkOf(await rig.signIns.begin(request));
      const own = linkOf(await rig.signIns.begin(request));
      expect(await rig.signIns.look(older.id)).toMatchObject({ result: { kind: 'replaced' } });
      expect(await rig.signIns.look(older.id)).not.toHaveProperty('result.by');
      const account = { platform: 'Web chat', name: 'Ben' };
      await rig.signIns.begin({ ...request, startedBy: 'web:ben', account });
      expect(await rig.signIns.look(own.id)).toHaveProperty('result', result);
    },
  );

  it('two begun at the same moment leave one open', async () => {
    const rig = await peers.rig();
    await Promise.all([1, 2, 3].map(() => rig.signIns.begin(rig.request('files'))));
    expect(await rig.signIns.open('terminal:ana')).toHaveLength(1);
  });

  it('one that cannot begin leaves the older one open', async () => {
    const rig = await peers.rig();
    const older = await peers.goThrough(rig);
    await rig.store.records('discovery').delete('files');
    rig.servers.set('files', httpServer('files', 'http://127.0.0.1:1/mcp'));
    expect(await rig.signIns.begin(rig.request('files'))).toMatchObject({ kind: 'failed' });
    expect(await rig.signIns.look(older.link.id)).toMatchObject({ kind: 'pending' });
  });

  it('are cancelled by who started them, and by nobody else', async () => {
    const rig = await peers.rig();
    const { link, callback, browser } = await peers.goThrough(rig);
    expect(await rig.signIns.cancel('terminal:ben')).toEqual([]);
    expect(await rig.signIns.cancel('terminal:ana', 'other')).toEqual([]);
    expect(await rig.signIns.cancel('terminal:ana', 'files')).toMatchObject([
      { id: link.id, result: { kind: 'cancelled' } },
    ]);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'cancelled' } },
    });
    expect(peers.provider.counts.token).toBe(0);
  });

  it('are at most fifty a person', async () => {
    const servers = Array.from({ length: 51 }, (_, index) => httpServer(`s${index}`, peers.files.url));
    const rig = await peers.rig({ servers });
    for (const { name } of servers.slice(0, 50)) linkOf(await rig.signIns.begin(rig.request(name)));
    expect(await rig.signIns.begin(rig.request('s50'))).toMatchObject({
      kind: 'failed',
      failure: { code: 'too-many-pending' },
    });
    linkOf(await rig.signIns.begin(rig.request('s50', 'terminal:ben')));
  });
});

describe('the connect page', () => {
  it('changes nothing by being looked at, however often', async () => {
    const rig = await peers.rig();
    const { id } = linkOf(await rig.signIns.begin(rig.request('files')));
    const before = await rig.store.records('pending').get(id);
    for (let times = 0; times < 50; times += 1) await rig.signIns.look(id);
    expect(await rig.store.records('pending').get(id)).toEqual(before);
    expect(await rig.store.records('browser').keys()).toEqual([]);
    expect(peers.provider.counts.authorization).toBe(0);
    expect(await rig.signIns.look(id)).toMatchObject({
      kind: 'pending',
      server: 'files',
      account: { platform: 'Terminal', name: 'terminal:ana' },
    });
  });

  it('refuses a press with the token of another page, and an id that is none', async () => {
    const rig = await peers.rig();
    const { id } = linkOf(await rig.signIns.begin(rig.request('files')));
    const other = linkOf(await rig.signIns.begin(rig.request('files', 'terminal:ben')));
    expect(await rig.signIns.press(id, rig.signIns.pageToken(other.id))).toEqual({ kind: 'forged' });
    expect(await rig.signIns.press(id, '')).toEqual({ kind: 'forged' });
    expect(await rig.signIns.press('../x', rig.signIns.pageToken('../x'))).toEqual({ kind: 'forged' });
    expect(await rig.signIns.look('x'.repeat(43))).toEqual({ kind: 'unknown' });
  });

  it('gives each browser that presses a cookie of its own', async () => {
    const rig = await peers.rig();
    const link = linkOf(await rig.signIns.begin(rig.request('files')));
    const [one, two] = [await pressButton(rig.signIns, link), await pressButton(rig.signIns, link)];
    expect(one.browser).not.toBe(two.browser);
    expect(one.location).toBe(two.location);
  });
});
