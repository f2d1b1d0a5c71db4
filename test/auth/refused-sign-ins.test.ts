import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthFailure } from '../../src/auth/types.js';
import { failureNext, failureSentence } from '../../src/gateway/wording.js';
import { failureText } from '../../src/http/pages/failure-sentences.js';
import { createLog } from '../../src/observability/log.js';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { html, json, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const SUBJECT = 'terminal:ana';
const METADATA = '/.well-known/oauth-authorization-server';
const RESOURCE = '/.well-known/oauth-protected-resource/mcp';

let peer: ScriptedServer;
let rig: Rig;
let lines: string[];

beforeEach(async () => {
  peer = await startScriptedProvider();
  lines = [];
  rig = await createRig({
    servers: [httpServer('files', `${peer.origin}/mcp`)],
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
  });
});
afterEach(async () => {
  await rig.close();
  await peer.close();
});

const host = () => new URL(peer.origin).host;

/** Everything that is known of a failure afterwards: what was stored for `/mcp status`, and what the log says. */
async function noted(): Promise<AuthFailure> {
  const last = await rig.signIns.lastFailure(SUBJECT, 'files');
  expect(last?.failure).toBeDefined();
  const failure = last?.failure ?? { code: 'internal', detail: '' };
  const logged = lines.join('\n');
  for (const said of [failure.code, failure.error, failure.rfc]) expect(logged).toContain(said ?? '');
  return failure;
}

/** One plain sentence with what to do, and nothing of the provider's own in it. */
function expectPlainWords(failure: AuthFailure, chat: string): void {
  const sentence = failureSentence(failure);
  expect(sentence).toBe(chat.replace('HOST', host()));
  const page = failureText(failure, 'files');
  for (const text of [sentence, page.sentence]) {
    expect(text).not.toMatch(/invalid_|unauthorized_|RFC|<|evil/);
    expect(text.length).toBeLessThan(140);
  }
  expect(['try-again', 'operator']).toContain(failureNext(failure));
}

async function callback(answer: Readonly<Record<string, string>>) {
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  const { location, browser } = await pressButton(rig.signIns, link);
  const state = new URL(location).searchParams.get('state') ?? '';
  return await rig.signIns.finish({ state, ...answer }, browser);
}

describe('what a provider answers to the browser (RFC 6749 §4.1.2.1)', () => {
  it.each([
    ['invalid_scope', 'RFC 6749 §4.1.2.1', 'HOST does not offer the access that was asked for', 'operator'],
    ['invalid_target', 'RFC 8707 §2', 'HOST gives no access to this server', 'operator'],
    ['temporarily_unavailable', 'RFC 6749 §4.1.2.1', 'HOST takes no sign-ins at the moment', 'try-again'],
    ['server_error', 'RFC 6749 §4.1.2.1', 'HOST had a problem of its own', 'try-again'],
    [
      'unauthorized_client',
      'RFC 6749 §4.1.2.1',
      'HOST does not allow this gateway to sign people in',
      'operator',
    ],
    ['interaction_required', 'OpenID Connect Core §3.1.2.6', 'HOST refused the sign-in', 'try-again'],
    ['x_of_its_own', 'RFC 6749 §4.1.2.1', 'HOST refused the sign-in', 'try-again'],
    ['constructor', 'RFC 6749 §4.1.2.1', 'HOST refused the sign-in', 'try-again'],
  ])('%s', async (error, rfc, chat, next) => {
    const outcome = await callback({ error, errorDescription: '<b>evil</b>' });
    expect(outcome).toMatchObject({ state: { result: { kind: 'failed', failure: { error, rfc } } } });
    const failure = await noted();
    expect(failure).toMatchObject({ code: 'provider-refused', error, rfc, host: host() });
    expectPlainWords(failure, chat);
    expect(failureNext(failure)).toBe(next);
  });

  it('access_denied is no failure: the person declined, and the code is still there for who asks', async () => {
    expect(await callback({ error: 'access_denied' })).toMatchObject({
      state: { result: { kind: 'declined' } },
    });
    expect(await noted()).toMatchObject({ error: 'access_denied', rfc: 'RFC 6749 §4.1.2.1' });
  });

  it('an error of 100 kB, or with markup in it, is named nowhere', async () => {
    await callback({ error: `<script>${'x'.repeat(100_000)}` });
    const failure = await noted();
    expect(failure).not.toHaveProperty('error');
    expect(JSON.stringify(failure).length).toBeLessThan(400);
  });
});

describe('what a provider answers to the code (RFC 6749 §5.2)', () => {
  it.each([
    ['invalid_grant', 'RFC 6749 §5.2', 'HOST did not accept the sign-in that it gave a moment ago'],
    ['invalid_client', 'RFC 6749 §5.2', 'HOST did not recognise this gateway'],
    ['invalid_target', 'RFC 8707 §2', 'HOST gives no access to this server'],
    ['invalid_scope', 'RFC 6749 §5.2', 'HOST does not offer the access that was asked for'],
    ['unauthorized_client', 'RFC 6749 §5.2', 'HOST does not allow this gateway to sign people in'],
  ])('%s', async (error, rfc, chat) => {
    peer.on('/token', json({ error, error_description: '<b>evil</b>' }, 400));
    await callback({ code: 'a-code' });
    const failure = await noted();
    expect(failure).toMatchObject({ code: 'provider-refused', error, rfc, host: host() });
    expectPlainWords(failure, chat);
  });

  it.each(['geheimer-schlüssel', 'line\nbreak-secret', ''])(
    'an access token that no request can carry (%j) ends the sign-in, is not kept, and is quoted nowhere',
    async (token) => {
      peer.on('/token', json({ access_token: token, token_type: 'Bearer', refresh_token: 'r1' }));
      await callback({ code: 'a-code' });
      const failure = await noted();
      expect(failure).toMatchObject({ code: 'http-error', rfc: 'RFC 6749 §5.1', host: host() });
      expectPlainWords(failure, 'HOST answered with an error');
      expect(await rig.credentials.get({ subject: SUBJECT, server: 'files' })).toBeUndefined();
      expect(lines.join('')).not.toMatch(/schl|secret/);
    },
  );

  it('invalid_client heals itself once: the next sign-in is another client’s, and no third one is made', async () => {
    const registered = () => peer.requests.filter((request) => request === 'POST /register').length;
    peer.on('/token', json({ error: 'invalid_client' }, 401));
    await callback({ code: 'one' });
    expect(registered()).toBe(1);
    peer.on('/register', json({ client_id: 'c2', redirect_uris: [] }, 201));
    const link = linkOf(await rig.signIns.begin(rig.request('files')));
    const { location } = await pressButton(rig.signIns, link);
    expect(new URL(location).searchParams.get('client_id')).toBe('c2');
    expect(registered()).toBe(2);
    await rig.signIns.begin(rig.request('files'));
    expect(registered()).toBe(2);
  });
});

describe('what a server or a provider says of itself', () => {
  const told: readonly (readonly [string, () => void, Partial<AuthFailure>, string])[] = [
    [
      'resource metadata of another resource',
      () =>
        peer.on(RESOURCE, json({ resource: 'https://evil.example', authorization_servers: [peer.origin] })),
      { code: 'bad-metadata', rfc: 'RFC 9728 §3.3' },
      'HOST does not say how to sign in',
    ],
    [
      'metadata that is HTML',
      () => peer.on(METADATA, html()),
      { code: 'bad-metadata', rfc: 'RFC 8414 §3.2' },
      '127.0.0.1 does not say how to sign in',
    ],
    [
      'metadata that is missing',
      () => peer.on(METADATA, html(404)),
      { code: 'bad-metadata', rfc: 'RFC 8414 §3' },
      'HOST does not say how to sign in',
    ],
    [
      'metadata that contradicts its own address',
      () => peer.on(METADATA, json(metadataAt(peer.origin, { issuer: 'https://evil.example' }))),
      { code: 'issuer-mismatch', rfc: 'RFC 8414 §3.3' },
      'HOST is not the provider that was expected',
    ],
    [
      'metadata of 5 MB',
      () =>
        peer.on(METADATA, (_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(Buffer.alloc(5 * 1024 * 1024, ' '));
        }),
      { code: 'too-large' },
      '127.0.0.1 answered with far too much data',
    ],
    [
      'a provider without PKCE',
      () => peer.on(METADATA, json(metadataAt(peer.origin, { code_challenge_methods_supported: ['plain'] }))),
      { code: 'pkce-unsupported', rfc: 'RFC 8414 §2' },
      'HOST lacks a protection that every sign-in here needs',
    ],
    [
      'a token endpoint in the clear',
      () => peer.on(METADATA, json(metadataAt(peer.origin, { token_endpoint: 'http://evil.invalid/token' }))),
      { code: 'insecure-endpoint', rfc: 'RFC 6749 §3.2' },
      'evil.invalid asks for a connection that is not secure',
    ],
    [
      'a refused registration',
      () => peer.on('/register', json({ error: 'invalid_redirect_uri' }, 400)),
      { code: 'registration-refused', error: 'invalid_redirect_uri', rfc: 'RFC 7591 §3.2.2' },
      'HOST does not let this gateway register by itself',
    ],
    [
      'a registration that is busy',
      () => peer.on('/register', json({ error: 'temporarily_unavailable' }, 503)),
      { code: 'http-error', error: 'temporarily_unavailable', rfc: 'RFC 7591 §3.2.2' },
      'HOST answered with an error',
    ],
    [
      'resource metadata that is HTML',
      () => peer.on(RESOURCE, html()),
      { code: 'bad-metadata', rfc: 'RFC 9728 §3.2' },
      'HOST does not say how to sign in',
    ],
    [
      'a closed registration',
      () => peer.on(METADATA, json(metadataAt(peer.origin, { registration_endpoint: undefined }))),
      { code: 'registration-refused', rfc: 'RFC 7591 §3.2.2' },
      'HOST does not let this gateway register by itself',
    ],
  ];

  it.each(told)('%s', async (_what, say, expected, chat) => {
    say();
    expect(await rig.signIns.begin(rig.request('files'))).toMatchObject({
      kind: 'failed',
      failure: expected,
    });
    const failure = await noted();
    expect(failure).toMatchObject(expected);
    expect(failureSentence(failure)).toBe(chat.replace('HOST', host()));
  });

  it('an answer of another issuer leaves the sign-in open, and is noted for who looks for the reason', async () => {
    expect(await callback({ code: 'a-code', iss: 'https://evil.example' })).toEqual({ kind: 'bad-request' });
    expect(await noted()).toMatchObject({ code: 'issuer-mismatch', rfc: 'RFC 9207 §2.4' });
    expect(await rig.signIns.open(SUBJECT)).toHaveLength(1);
  });

  it('a clock that is a day off spoils nothing: lifetimes count from our own clock', async () => {
    rig.advance(86_400_000);
    peer.on('/token', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', date: new Date(0).toUTCString() });
      response.end(JSON.stringify({ access_token: 'good', token_type: 'Bearer', expires_in: 3600 }));
    });
    await callback({ code: 'a-code' });
    const key = { subject: SUBJECT, server: 'files' };
    expect(await rig.keeper.accessToken(key)).toMatchObject({ kind: 'token', accessToken: 'good' });
  });

  it('what worked is no failure any more', async () => {
    await callback({ error: 'server_error' });
    await noted();
    peer.on('/token', json({ access_token: 'good', token_type: 'Bearer' }));
    await callback({ code: 'a-code' });
    expect(await rig.signIns.lastFailure(SUBJECT, 'files')).toBeUndefined();
  });
});
