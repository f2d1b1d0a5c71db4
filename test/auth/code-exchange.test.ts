import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OAuthCredential } from '../../src/auth/types.js';
import { failureSentence } from '../../src/gateway/wording.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import { html, json, type Scripted, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const KEY = { subject: 'terminal:ana', server: 'files' };
const TOKENS = { access_token: 'a1', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r1' };

let peer: ScriptedServer;
let rig: Rig;

beforeEach(async () => {
  peer = await startScriptedProvider();
  rig = await createRig({
    servers: [httpServer('files', `${peer.origin}/mcp`)],
    verify: async () => ({ kind: 'works', tools: 1, proven: true }),
  });
});
afterEach(async () => {
  await rig.close();
  await peer.close();
});

async function exchanged(answer: Scripted) {
  peer.on('/token', answer);
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  const { location, browser } = await pressButton(rig.signIns, link);
  const state = new URL(location).searchParams.get('state') ?? '';
  const outcome = await rig.signIns.finish({ state, code: 'a-code' }, browser);
  return outcome.kind === 'ended' ? outcome.state.result : outcome;
}

async function kept(): Promise<OAuthCredential> {
  const held = await rig.credentials.get(KEY);
  if (held?.kind !== 'oauth') throw new Error('nothing was kept');
  return held;
}

describe('an answer to a code with a token in it is taken, as one to a refresh is', () => {
  it.each([
    ['a lifetime of null', { expires_in: null }],
    ['a lifetime of nothing', { expires_in: '' }],
    ['a scope of null', { scope: null }],
    ['a list of scopes', { scope: ['tools'] }],
    ['an id_token of null', { id_token: null }],
    ['no token_type', { token_type: undefined }],
  ])('%s', async (_what, change) => {
    expect(await exchanged(json({ ...TOKENS, ...change }))).toMatchObject({ kind: 'connected' });
    const held = await kept();
    expect(held).toMatchObject({ accessToken: 'a1', refreshToken: 'r1' });
    // Unknown is not over: the token serves, and no refresh is due.
    expect(held.expiresAtMs === undefined).toBe('expires_in' in change);
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'token', accessToken: 'a1' });
    expect(peer.requests.filter((request) => request === 'POST /token')).toHaveLength(1);
  });

  it.each([null, ''])('a refresh token of %j is none', async (refresh) => {
    expect(await exchanged(json({ ...TOKENS, refresh_token: refresh }))).toMatchObject({ kind: 'connected' });
    expect(await kept()).not.toHaveProperty('refreshToken');
  });
});

describe('an answer to a code with no token in it is the provider’s error, and named after its section', () => {
  it.each([
    ['HTML', html(), 'RFC 6749 §5.1'],
    ['null', json(null), 'RFC 6749 §5.1'],
    ['a list', json([TOKENS]), 'RFC 6749 §5.1'],
    ['no access token', json({ token_type: 'Bearer' }), 'RFC 6749 §5.1'],
    ['nothing', (_request, response) => void response.writeHead(204).end(), 'RFC 6749 §5.1'],
    ['a refusal in HTML', html(400), 'RFC 6749 §5.2'],
    ['a refusal without a code', json({ message: 'no' }, 400), 'RFC 6749 §5.2'],
  ] satisfies readonly (readonly [string, Scripted, string])[])('%s', async (_what, answer, rfc) => {
    const { host } = new URL(peer.origin);
    const result = await exchanged(answer);
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'http-error', host, rfc } });
    if (result.kind === 'failed')
      expect(failureSentence(result.failure)).toBe(`${host} answered with an error`);
  });

  it('a refusal that comes as 200 is a refusal', async () => {
    const failure = { code: 'provider-refused', error: 'bad_verification_code', rfc: 'RFC 6749 §5.2' };
    const answer = json({ error: 'bad_verification_code', error_description: null });
    expect(await exchanged(answer)).toMatchObject({ kind: 'failed', failure });
  });
});
