import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/observability/log.js';
import { consent } from '../helpers/consent.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { httpServer, linkOf, type Rig } from '../helpers/sign-in-rig.js';

const peers = useSignInPeers();

const NOT_THEIRS = { kind: 'not-theirs' };
const ANA = 'telegram:1';
const MALLORY = 'telegram:666';

async function rigWithout(more = {}): Promise<Rig> {
  return peers.rig({ reachable: false, ...more });
}

/** From `begin` by way of the provider to the address of the page that does not open. */
async function lastPage(rig: Rig, who = ANA, answer: 'accept' | 'decline' = 'accept', more = {}) {
  const request = rig.request('files', who, { browser: 'elsewhere', ...more });
  const { id, url } = linkOf(await rig.signIns.begin(request));
  expect(url.startsWith(peers.provider.issuer)).toBe(true);
  return { id, address: (await consent(url, { login: 'ana', answer })).href };
}

const resultOf = async (rig: Rig, id: string) => {
  const state = await rig.signIns.look(id);
  return state.kind === 'ended' ? state.result : state.kind;
};

const changed = (address: string, change: (query: URLSearchParams) => void): string => {
  const url = new URL(address);
  change(url.searchParams);
  return url.href;
};

describe('the address of the page that did not open', () => {
  it('connects, without a code to confirm: it came from who started', async () => {
    const rig = await rigWithout();
    const { id, address } = await lastPage(rig, ANA, 'accept', { confirmAlways: true });
    expect(new URL(address).origin).toBe('http://127.0.0.1:8787');
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({
      kind: 'ended',
      state: { id, result: { kind: 'connected' } },
    });
    expect(new Set(peers.files.callers)).toEqual(new Set(['ana']));
    expect(peers.provider.counts.token).toBe(1);
  });

  it.each([
    ['without its scheme', (address: string) => address.replace('http://', '')],
    ['with space around it', (address: string) => `\n  ${address} `],
    ['as its query alone', (address: string) => new URL(address).search],
    [
      'with parameters of the provider’s own, and a fragment',
      (address: string) => `${address}&session_state=a.b&authuser=0&prompt=consent&scope=a%20b#_=_`,
    ],
  ])('is understood %s', async (_how, spelt) => {
    const rig = await rigWithout();
    const { address } = await lastPage(rig);
    expect(await rig.signIns.paste(ANA, spelt(address))).toMatchObject({ kind: 'ended' });
  });

  it('says that they declined', async () => {
    const rig = await rigWithout();
    const { address } = await lastPage(rig, ANA, 'decline');
    expect(address).toContain('error=access_denied');
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'declined' } },
    });
  });

  it.each([
    ['temporarily_unavailable', 'RFC 6749 §4.1.2.1'],
    ['invalid_scope', 'RFC 6749 §4.1.2.1'],
    ['invalid_target', 'RFC 8707 §2'],
  ])('says what a provider answers instead of a code: %s, with its section', async (error, rfc) => {
    const lines: string[] = [];
    const rig = await rigWithout({
      log: createLog('info', { write: (line: string) => void lines.push(line) }),
    });
    const { address } = await lastPage(rig, ANA, 'decline');
    const refused = changed(address, (query) => {
      query.set('error', error);
      query.set('error_description', '<b>evil</b>');
    });
    const outcome = await rig.signIns.paste(ANA, refused);
    const failure = { code: 'provider-refused', error, rfc, host: new URL(peers.provider.issuer).host };
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'failed', failure } } });
    expect(JSON.stringify(outcome)).not.toContain('evil');
    expect((await rig.signIns.lastFailure(ANA, 'files'))?.failure).toMatchObject(failure);
    for (const said of [error, rfc]) expect(lines.join('')).toContain(said);
    expect(peers.provider.counts.token).toBe(0);
  });

  it('is used once, however often it is sent', async () => {
    const rig = await rigWithout();
    const { address } = await lastPage(rig);
    const all = await Promise.all([1, 2, 3, 4].map(() => rig.signIns.paste(ANA, address)));
    expect(all.filter(({ kind }) => kind === 'ended')).toHaveLength(1);
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({
      kind: 'used',
      state: { kind: 'ended', result: { kind: 'connected' } },
    });
    expect(peers.provider.counts.token).toBe(1);
  });

  it('is too late after its time, and says so', async () => {
    const rig = await rigWithout();
    const { address } = await lastPage(rig);
    rig.advance(600_000);
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'expired' } },
    });
    expect(peers.provider.counts.token).toBe(0);
  });

  it('of a link that a newer one replaced is over', async () => {
    const rig = await rigWithout();
    const { address } = await lastPage(rig);
    await rig.signIns.begin(rig.request('files', ANA, { browser: 'elsewhere' }));
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({
      state: { kind: 'ended', result: { kind: 'replaced' } },
    });
    expect(peers.provider.counts.token).toBe(0);
  });

  it.each([
    'hello',
    '',
    'http://127.0.0.1:8787/oauth/callback',
    'http://127.0.0.1:8787/oauth/callback?code=abc',
    '?code=a&state=b&state=c',
    `http://127.0.0.1:8787/oauth/callback?code=a&state=${'x'.repeat(300)}`,
    'javascript:alert(1)?code=a&state=%00',
  ])('is not “%s”', async (text) => {
    const rig = await rigWithout();
    const { id } = await lastPage(rig);
    expect(await rig.signIns.paste(ANA, text)).toEqual({ kind: 'no-address' });
    expect(await resultOf(rig, id)).toBe('pending');
  });
});

describe('an address that is not to be taken', () => {
  const changes: readonly (readonly [string, (address: string) => string])[] = [
    ['another state', (address) => changed(address, (query) => query.set('state', 'x'.repeat(43)))],
    [
      'another issuer (RFC 9207)',
      (address) => changed(address, (query) => query.set('iss', 'https://evil.example')),
    ],
    ['no issuer', (address) => changed(address, (query) => query.delete('iss'))],
    ['another host', (address) => address.replace('127.0.0.1:8787', 'evil.example')],
    ['another path', (address) => address.replace('/oauth/callback', '/elsewhere')],
    ['both a code and an error', (address) => `${address}&error=access_denied`],
  ];
  it.each(changes)('has %s; the sign-in stays as it was', async (_what, change) => {
    const rig = await rigWithout();
    const { id, address } = await lastPage(rig);
    expect(await rig.signIns.paste(ANA, change(address))).toEqual(NOT_THEIRS);
    expect(peers.provider.counts.token).toBe(0);
    expect(await resultOf(rig, id)).toBe('pending');
    expect(await rig.signIns.paste(ANA, address)).toMatchObject({ kind: 'ended' });
  });

  it('is somebody else’s: nothing is told, nothing is spent, nothing is logged of it', async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line: string) => void lines.push(line) });
    const rig = await rigWithout({ log });
    const { id, address } = await lastPage(rig);
    expect(await rig.signIns.paste(MALLORY, address)).toEqual(NOT_THEIRS);
    expect(await rig.signIns.paste(MALLORY, 'http://127.0.0.1:8787/oauth/callback?code=a&state=b')).toEqual(
      NOT_THEIRS,
    );
    expect(await resultOf(rig, id)).toBe('pending');
    await rig.signIns.paste(ANA, address);
    expect(await rig.signIns.paste(MALLORY, address)).toEqual(NOT_THEIRS);
    const { searchParams } = new URL(address);
    for (const name of ['code', 'state'])
      expect(lines.join('')).not.toContain(searchParams.get(name) ?? 'missing');
    expect(lines.join('')).toContain('another person');
  });

  it('is of a sign-in whose browser comes back by itself', async () => {
    const rig = await peers.rig({
      servers: [
        httpServer('files', peers.files.url, {
          oauth: { authorizeParameters: {}, redirectUri: 'https://gateway.example/oauth/callback' },
        }),
      ],
    });
    const { id } = linkOf(await rig.signIns.begin(rig.request('files', ANA)));
    const { location } = (await rig.signIns.press(id, rig.signIns.pageToken(id))) as { location: string };
    const { href } = await consent(location);
    expect(await rig.signIns.paste(ANA, href)).toEqual(NOT_THEIRS);
    expect(await resultOf(rig, id)).toBe('pending');
  });
});

describe('where the provider sends the browser', () => {
  const redirectOf = async (oauth: object, more: object) => {
    const servers = [httpServer('files', peers.files.url, { oauth: { authorizeParameters: {}, ...oauth } })];
    const opened: string[] = [];
    const redirects = {
      open: async (uri: string) => void opened.push(uri),
      keepOnly: async () => undefined,
    };
    const rig = await peers.rig({ servers, redirects, ...more });
    const { url } = linkOf(await rig.signIns.begin(rig.request('files', ANA, { browser: 'elsewhere' })));
    return { redirect: new URL(url).searchParams.get('redirect_uri'), opened };
  };

  it('is the configured port, which then listens', async () => {
    const { redirect, opened } = await redirectOf({ redirectPort: 8765 }, { reachable: false });
    expect(redirect).toBe('http://127.0.0.1:8765/callback');
    expect(opened).toEqual(['http://127.0.0.1:8765/callback']);
  });

  it('is that port with a public URL too, where the config says paste', async () => {
    const { redirect } = await redirectOf({ redirectPort: 8765, flow: 'paste' }, {});
    expect(redirect).toBe('http://127.0.0.1:8765/callback');
  });

  it('is the gateway’s own address on its machine, where no port is configured', async () => {
    expect((await redirectOf({}, { reachable: false })).redirect).toBe(
      'http://127.0.0.1:8787/oauth/callback',
    );
  });
});
