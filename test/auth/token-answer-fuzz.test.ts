import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { createTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { CredentialKey, OAuthCredential, Verify } from '../../src/auth/types.js';
import { failureSentence } from '../../src/gateway/wording.js';
import { failureText } from '../../src/http/pages/failure-sentences.js';
import { silentLog } from '../../src/observability/log.js';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { MARK, type OddAnswer, oddAnswer, saying } from '../helpers/odd-answers.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import type { ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton } from '../helpers/sign-in-rig.js';
import { openMemoryStore } from './kept-store.js';

let peer: ScriptedServer;
beforeAll(async () => {
  peer = await startScriptedProvider();
});
afterAll(() => peer.close());

const GOOD = {
  access_token: 'a2',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'r2',
  scope: 'tools',
  id_token: 'e30.e30.',
  error: undefined,
  error_description: undefined,
};

/** Found by this file: each once, in every run. */
const FOUND = [
  { access_token: 'a\u0000b' },
  { access_token: 'ключ' },
  { access_token: '' },
  { expires_in: 1e308 },
  { expires_in: -1e300 },
].map((change) => ({
  status: 200,
  type: 'application/json',
  location: undefined,
  body: JSON.stringify({ ...GOOD, ...change }),
}));
const examples = FOUND.map((answer): [OddAnswer] => [answer]);

const anyAnswer = () => oddAnswer(GOOD, { origin: peer.origin, victim: peer.origin });

/** As the real one does, a header is made of the token, which not every text can be. */
const verify: Verify = async (_server, _subject, access) => {
  const token = access.kind === 'token' ? access.accessToken : '';
  new Headers({ authorization: `Bearer ${token}` });
  return { kind: 'works', tools: 1, proven: true };
};

it('a code answered in any shape: the sign-in ends, with a sentence of ours and nothing half stored', async () => {
  const results = new Map<string, number>();
  const rig = await createRig({ servers: [httpServer('files', `${peer.origin}/mcp`)], verify });
  let people = 0;
  await fc.assert(
    fc.asyncProperty(anyAnswer(), async (answer) => {
      people += 1;
      peer.on('/token', saying(answer));
      const subject = `terminal:p${people}`;
      const link = linkOf(await rig.signIns.begin(rig.request('files', subject)));
      const { location, browser } = await pressButton(rig.signIns, link);
      const state = new URL(location).searchParams.get('state') ?? '';
      const outcome = await rig.signIns.finish({ state, code: 'a-code' }, browser);
      if (outcome.kind !== 'ended') throw new Error(`did not end: ${outcome.kind}`);
      expect((await rig.signIns.look(link.id)).kind).toBe('ended');
      const { result } = outcome.state;
      const kind = result.kind === 'failed' ? result.failure.code : result.kind;
      results.set(kind, (results.get(kind) ?? 0) + 1);
      const stored = await rig.credentials.get({ subject, server: 'files' });
      expect(stored === undefined).toBe(result.kind !== 'connected');
      if (stored?.kind === 'oauth') expect(['undefined', 'number']).toContain(typeof stored.expiresAtMs);
      if (result.kind !== 'failed') return;
      expect(result.failure.code).not.toBe('internal');
      const said = `${failureSentence(result.failure)}\n${failureText(result.failure, 'files').sentence}`;
      expect(said).not.toContain(MARK);
    }),
    fuzzing('token answers: a code', 300, { examples }),
  );
  await rig.close();
  if (process.env.FUZZ_FIGURES) console.log(results);
  reaching(() => {
    expect(results.get('connected')).toBeGreaterThan(10);
    expect(results.get('http-error')).toBeGreaterThan(10);
  });
});

const KEY: CredentialKey = { subject: 'terminal:ana', server: 'files' };
const START = 1_800_000_000_000;

function expired(): OAuthCredential {
  return {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    scope: 'tools',
    issuedAtMs: START - 7_200_000,
    expiresAtMs: START - 3_600_000,
    client: { clientId: 'c1', kind: 'dynamic' },
    issuer: peer.origin,
    tokenEndpoint: `${peer.origin}/token`,
  };
}

/** The new token that it hands out, if it does: anything else must leave the stored one as it is, or mark it as refused. */
function tokenIn(status: number, body: string | Uint8Array): string | undefined {
  try {
    const said: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
    if (
      status < 200 ||
      status > 299 ||
      typeof said !== 'object' ||
      said === null ||
      !('access_token' in said)
    )
      return;
    return typeof said.access_token === 'string' ? said.access_token : undefined;
  } catch {
    return undefined;
  }
}

it('a refresh answered in any shape: a value, and the stored credential is whole', async () => {
  const outcomes = new Map<string, number>();
  const guard = createGuardedFetch({ allowPrivateHosts: [] });
  await fc.assert(
    fc.asyncProperty(anyAnswer(), async (answer) => {
      peer.on('/token', saying(answer));
      const store = await openMemoryStore();
      const credentials = createCredentials(store);
      const server = httpServer('files', `${peer.origin}/mcp`);
      const fetchFor = () => guard.forServer(server);
      const keeper = createTokenKeeper({ store, credentials, fetchFor, log: silentLog, now: () => START });
      await keeper.keep(KEY, expired());
      const { kind } = await keeper.accessToken(KEY);
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      const stored = await credentials.get(KEY);
      if (stored?.kind !== 'oauth') throw new Error('the credential is gone');
      const { refused, ...rest } = stored;
      if (kind === 'token') {
        expect(rest.accessToken).toBe(tokenIn(answer.status, answer.body));
        expect(rest.refreshToken).toMatch(/./su);
        expect(['undefined', 'number']).toContain(typeof rest.expiresAtMs);
      } else expect(rest).toEqual(expired());
      expect(refused !== undefined).toBe(kind === 'needs-sign-in');
      await store.close();
    }),
    fuzzing('token answers: a refresh', 300, { examples }),
  );
  await guard.close();
  if (process.env.FUZZ_FIGURES) console.log(outcomes);
  reaching(() => {
    expect(outcomes.get('token')).toBeGreaterThan(10);
    expect(outcomes.get('try-later')).toBeGreaterThan(10);
  });
});
