import { afterEach, describe, expect, it } from 'vitest';
import type { OAuthSettings, Verify } from '../../src/auth/types.js';
import { createLog } from '../../src/observability/log.js';
import { consent } from '../helpers/consent.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import { json, type ScriptedServer } from '../helpers/scripted-server.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import {
  callbackOf,
  createRig,
  httpServer,
  linkOf,
  pressButton,
  type Rig,
  verifyByConnecting,
} from '../helpers/sign-in-rig.js';

const ANA = 'terminal:ana';
const CREDENTIAL = { subject: ANA, server: 'files' };
const TOKEN_LIFE_MS = 30_000;
const peers = useSignInPeers({ accessTokenTtlSeconds: TOKEN_LIFE_MS / 1000 });

/** Another browser came back: its tokens wait for the code. */
async function digitsShown(rig: Rig): Promise<string> {
  const link = linkOf(await rig.signIns.begin(rig.request('files', ANA)));
  const { location } = await pressButton(rig.signIns, link);
  const outcome = await rig.signIns.finish(
    callbackOf(await consent(location, { login: 'ana' })),
    'another browser',
  );
  if (outcome.kind !== 'code') throw new Error(`no code: ${JSON.stringify(outcome)}`);
  return outcome.digits;
}

function watched() {
  const tried: string[] = [];
  const verify: Verify = (server, subject, access) => {
    if (access.kind === 'token') tried.push(access.accessToken);
    return verifyByConnecting(server, subject, access);
  };
  return { tried, verify };
}

describe('a code that is given when the access token has expired', () => {
  it('connects: the tokens are refreshed before the server is asked', async () => {
    const { tried, verify } = watched();
    const rig = await peers.rig({ verify });
    const digits = await digitsShown(rig);
    rig.advance(TOKEN_LIFE_MS + 10_000);
    expect(await rig.signIns.confirm(ANA, digits)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'connected', tools: 13 } },
    });
    expect(peers.provider.counts.token).toBe(2);
    expect(await rig.keeper.accessToken(CREDENTIAL)).toMatchObject({
      kind: 'token',
      accessToken: tried[0],
    });
    expect(tried).toHaveLength(1);
  });

  it('keeps the sign-in, unchecked, where the provider cannot be reached for the refresh', async () => {
    const { tried, verify } = watched();
    const rig = await peers.rig({ verify });
    const digits = await digitsShown(rig);
    rig.advance(TOKEN_LIFE_MS + 10_000);
    await peers.provider.close();
    const outcome = await rig.signIns.confirm(ANA, digits);
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'connected' } } });
    expect(outcome).not.toHaveProperty('state.result.tools');
    expect(tried).toEqual([]);
  });
});

describe('a grant that the provider ended while its code was waited for', () => {
  const TOKENS = { access_token: 'a1', token_type: 'Bearer', expires_in: 30, refresh_token: 'r1' };
  let peer: ScriptedServer;
  afterEach(() => peer.close());

  /** What comes of a sign-in whose refresh is answered so. */
  async function confirmed(error: string, oauth: Partial<OAuthSettings> = {}) {
    peer = await startScriptedProvider();
    peer.on('/token', json(TOKENS));
    const lines: string[] = [];
    const { tried, verify } = watched();
    const rig = await createRig({
      servers: [httpServer('files', `${peer.origin}/mcp`, { oauth: { authorizeParameters: {}, ...oauth } })],
      verify,
      log: createLog('info', { write: (line: string) => void lines.push(line) }),
    });
    const { location } = await pressButton(
      rig.signIns,
      linkOf(await rig.signIns.begin(rig.request('files', ANA))),
    );
    const state = new URL(location).searchParams.get('state') ?? '';
    const outcome = await rig.signIns.finish({ state, code: 'c0de' }, 'another browser');
    if (outcome.kind !== 'code') throw new Error(`no code: ${JSON.stringify(outcome)}`);
    rig.advance(TOKEN_LIFE_MS + 10_000);
    peer.on('/token', json({ error }, 400));
    const ended = await rig.signIns.confirm(ANA, outcome.digits);
    expect(tried).toEqual([]);
    const clients = await rig.store.records('registrations').keys();
    await rig.close();
    return { ended, host: new URL(peer.origin).host, said: lines.join(''), clients };
  }

  it('is told as the provider’s refusal, with its host, code and section, and not as the server’s', async () => {
    const { ended, host, said, clients } = await confirmed('invalid_grant');
    const failure = { code: 'provider-refused', error: 'invalid_grant', rfc: 'RFC 6749 §5.2', host };
    expect(ended).toMatchObject({ kind: 'ended', state: { result: { kind: 'failed', failure } } });
    for (const word of [host, 'invalid_grant', 'RFC 6749 §5.2']) expect(said).toContain(word);
    expect(clients).toHaveLength(1);
  });

  it('with its client: the next sign-in is another one’s', async () => {
    const { ended, clients } = await confirmed('invalid_client');
    expect(ended).toMatchObject({ state: { result: { failure: { error: 'invalid_client' } } } });
    expect(clients).toEqual([]);
  });

  it('with the config’s client: that is an operator’s to mend', async () => {
    const { ended } = await confirmed('invalid_client', { clientId: 'ours', clientSecret: 's' });
    expect(ended).toMatchObject({ state: { result: { failure: { code: 'client-refused' } } } });
  });
});

it('a code that is given in time costs no refresh', async () => {
  const rig = await peers.rig();
  const digits = await digitsShown(rig);
  expect(await rig.signIns.confirm(ANA, digits)).toMatchObject({
    state: { result: { kind: 'connected' } },
  });
  expect(peers.provider.counts.token).toBe(1);
});
