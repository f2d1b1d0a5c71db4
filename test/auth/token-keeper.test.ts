import { describe, expect, it } from 'vitest';
import type { CredentialRecords } from '../../src/auth/credentials/credentials.js';
import { createLog } from '../../src/observability/log.js';
import { type Store, StoreError } from '../../src/storage/types.js';
import { json } from '../helpers/http-peer.js';
import { HOUR, KEY, START, token, useKeeperRig } from './keeper-rig.js';
import type { TokenEndpoint } from './token-endpoint.js';

const rig = useKeeperRig();

describe('an access token that is good', () => {
  it('is given out without a request', async () => {
    await rig.keeper.keep(KEY, rig.credential({ expiresAtMs: START + HOUR }));
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a1', START + HOUR));
    expect(rig.endpoint.refreshes).toEqual([]);
  });

  it('without a known end is used until the server refuses it', async () => {
    rig.endpoint.expiresIn = undefined;
    await rig.keeper.keep(KEY, rig.credential());
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a2'));
    rig.nowMs += 1000 * HOUR;
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a2'));
    expect(await rig.keeper.accessToken(KEY, 'a2')).toEqual(token('a3'));
  });
});

describe('a refresh', () => {
  it('happens once for 200 callers at the same time', async () => {
    rig.endpoint.delayMs = 30;
    await rig.keeper.keep(KEY, rig.credential());
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => rig.keeper.accessToken(KEY)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify(token('a2', START + HOUR))]),
    );
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('happens once for two keepers over one store', async () => {
    rig.endpoint.delayMs = 30;
    await rig.keeper.keep(KEY, rig.credential());
    const other = rig.keeperOver(rig.store);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? rig.keeper : other).accessToken(KEY)),
    );
    expect(outcomes.every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(true);
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('of one person does not wait for that of another', async () => {
    const other = { subject: 'slack:T/U', server: 'linear' };
    await rig.keeper.keep(KEY, rig.credential());
    await rig.keeper.keep(other, rig.credential({ accessToken: 'b1', refreshToken: 'foreign' }));
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(await rig.keeper.accessToken(other)).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
  });

  it('asks as the credential was issued: client, resource, form-encoded Basic (RFC 6749 §2.3.1)', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    await rig.keeper.accessToken(KEY);
    expect(Object.fromEntries(rig.endpoint.refreshes[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r1',
      resource: 'https://mcp.example/mcp',
    });
    const sent = rig.endpoint.peer.seen[0]?.headers.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('the+client:s%3Ae+c%2Br%26t');
  });

  it.each([
    ['a public client', { clientId: 'c', kind: 'dynamic' as const }, undefined, { client_id: 'c' }],
    [
      'client_secret_post where it was registered',
      {
        clientId: 'c',
        clientSecret: 's',
        tokenEndpointAuthMethod: 'client_secret_post',
        kind: 'dynamic' as const,
      },
      ['client_secret_basic', 'client_secret_post'],
      { client_id: 'c', client_secret: 's' },
    ],
    [
      'client_secret_post where nothing else is supported',
      { clientId: 'c', clientSecret: 's', kind: 'dynamic' as const },
      ['client_secret_post'],
      { client_id: 'c', client_secret: 's' },
    ],
  ])('identifies %s', async (_what, client, authMethodsSupported, parameters) => {
    await rig.keeper.keep(
      KEY,
      rig.credential({ client, ...(authMethodsSupported && { authMethodsSupported }) }),
    );
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(Object.fromEntries(rig.endpoint.refreshes[0] ?? [])).toMatchObject(parameters);
    expect(rig.endpoint.peer.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('keeps the refresh token and the scope that the answer leaves out', async () => {
    rig.endpoint.next((response) =>
      json(response, 200, { access_token: 'x', token_type: 'bearer', expires_in: 60 }),
    );
    await rig.keeper.keep(KEY, rig.credential());
    await rig.keeper.accessToken(KEY);
    expect(await rig.credentials.get(KEY)).toEqual(
      rig.credential({ accessToken: 'x', issuedAtMs: START, expiresAtMs: START + 60_000 }),
    );
  });

  it('is written with what the answer changes', async () => {
    rig.endpoint.extra = { scope: 'read', id_token: 'not.a.jwt', token_type: 'user', expires_in: '60' };
    await rig.keeper.keep(KEY, rig.credential());
    await rig.keeper.accessToken(KEY);
    expect(await rig.credentials.get(KEY)).toMatchObject({
      accessToken: 'a2',
      refreshToken: 'r2',
      scope: 'read',
      expiresAtMs: START + 60_000,
    });
  });

  it('brings nothing back that was signed out or in anew, though nobody knows yet that its lock was lost', async () => {
    const anew = rig.credential({ accessToken: 'b1', refreshToken: 's1', expiresAtMs: START + HOUR });
    const answers: readonly (readonly [number, object])[] = [
      [200, { access_token: 'late', token_type: 'bearer', refresh_token: 'later' }],
      [400, { error: 'invalid_grant' }],
    ];
    for (const [status, body] of answers) {
      await rig.keeper.keep(KEY, rig.credential());
      rig.endpoint.next((response) => {
        void rig.credentials.delete(KEY).then(() => json(response, status, body));
      });
      expect(await rig.keeper.accessToken(KEY)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
      expect(await rig.credentials.get(KEY)).toBeUndefined();
      await rig.keeper.keep(KEY, rig.credential());
      rig.endpoint.next((response) => {
        void rig.credentials.set(KEY, anew).then(() => json(response, status, body));
      });
      expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'b1' });
      expect(await rig.credentials.get(KEY)).toEqual(anew);
    }
  });

  it('sends nothing when the lock is lost before, and writes the answer when it is lost after', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    const lease = new AbortController();
    const losing: Store = { ...rig.store, lock: (_name, work) => work(lease.signal) };
    const unlucky = rig.keeperOver(losing, rig.credentials);
    rig.endpoint.next((response) => {
      lease.abort();
      json(response, 200, { access_token: 'late', token_type: 'bearer', refresh_token: 'later' });
    });
    expect(await unlucky.accessToken(KEY)).toEqual(token('late'));
    expect(await rig.credentials.get(KEY)).toMatchObject({ accessToken: 'late', refreshToken: 'later' });
    await rig.credentials.set(KEY, rig.credential());
    expect(await unlucky.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
    expect(rig.endpoint.refreshes).toHaveLength(1);
    expect(await rig.credentials.get(KEY)).toEqual(rig.credential());
  });
});

describe('a refresh that fails', () => {
  const failures: [string, Parameters<TokenEndpoint['next']>[0]][] = [
    ['503', (response) => json(response, 503, { error: 'invalid_grant' })],
    ['429', (response) => response.writeHead(429, { 'retry-after': '20' }).end()],
    ['a dropped connection', (response) => response.destroy()],
    [
      'a page in HTML',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello'),
    ],
    [
      'a refusal in HTML',
      (response) => response.writeHead(400, { 'content-type': 'text/html' }).end('<p>No'),
    ],
    ['an answer without a token', (response) => json(response, 200, { token_type: 'bearer' })],
    [
      '50 MB',
      (response) => response.writeHead(200, { 'content-length': String(50 * 1024 * 1024) }).write('{'),
    ],
    [
      'a server error in OAuth words',
      (response) => json(response, 400, { error: 'temporarily_unavailable' }),
    ],
    ['Google’s own trouble', (response) => json(response, 400, { error: 'internal_failure' })],
    ['Salesforce’s own trouble', (response) => json(response, 400, { error: 'unknown_error' })],
    ['too many requests as a 200', (response) => json(response, 200, { ok: false, error: 'ratelimited' })],
    ['a timeout with a code', (response) => json(response, 408, { error: 'request_expired' })],
    ['a framework’s own page', (response) => json(response, 404, { status: 404, error: 'Not Found' })],
    ['a proxy’s own page', (response) => json(response, 403, { error: 'Forbidden' })],
    ['a code as long as a page', (response) => json(response, 400, { error: 'x_'.repeat(999) })],
    [
      'a redirect',
      (response) => response.writeHead(307, { location: 'https://elsewhere.example/token' }).end(),
    ],
  ];

  it.each(failures)('by %s keeps everything, and does not ask the person', async (_what, answer) => {
    rig.endpoint.next(answer);
    await rig.keeper.keep(KEY, rig.credential());
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
    expect(await rig.credentials.get(KEY)).toEqual(rig.credential());
    rig.nowMs += 30_000;
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
  });

  it('serves the token that still lives', async () => {
    await rig.keeper.keep(KEY, rig.credential({ issuedAtMs: START - HOUR, expiresAtMs: START + 60_000 }));
    rig.endpoint.next((response) => json(response, 503, {}));
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a1', START + 60_000));
    expect(await rig.keeper.accessToken(KEY, 'a1')).toMatchObject({ kind: 'try-later' });
  });

  it('is not tried again by every caller', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    for (let i = 0; i < 3; i += 1) rig.endpoint.next((response) => json(response, 503, {}));
    const outcomes = [];
    for (let i = 0; i < 50; i += 1) outcomes.push(await rig.keeper.accessToken(KEY));
    expect(rig.endpoint.refreshes).toHaveLength(1);
    expect(outcomes.at(-1)).toEqual({ kind: 'try-later', retryAtMs: START + 1000 });
    rig.nowMs += 1000;
    expect(await rig.keeper.accessToken(KEY)).toEqual({ kind: 'try-later', retryAtMs: rig.nowMs + 2000 });
    expect(rig.endpoint.refreshes).toHaveLength(2);
  });

  it('waits as long as the provider asks', async () => {
    rig.endpoint.next((response) => response.writeHead(429, { 'retry-after': '20' }).end());
    await rig.keeper.keep(KEY, rig.credential());
    expect(await rig.keeper.accessToken(KEY)).toEqual({ kind: 'try-later', retryAtMs: START + 20_000 });
  });

  it.each([
    ['400', 400, { error: 'invalid_grant' }, 'invalid_grant'],
    ['401 with a challenge', 401, { error: 'invalid_client' }, 'invalid_client'],
    ['200, as GitHub does', 200, { error: 'bad_refresh_token' }, 'bad_refresh_token'],
    ['in Microsoft’s word', 400, { error: 'interaction_required' }, 'interaction_required'],
    ['in OpenID’s word', 400, { error: 'login_required' }, 'login_required'],
    ['in Slack’s word', 200, { ok: false, error: 'invalid_refresh_token' }, 'invalid_refresh_token'],
    ['in the word of several', 400, { error: 'invalid_request' }, 'invalid_request'],
    ['403', 403, { error: 'access_denied' }, 'access_denied'],
  ])(
    'for good (%s) is remembered with its time and reason, and nothing is sent again',
    async (_what, status, body, code) => {
      rig.endpoint.next((response) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          'www-authenticate': 'Basic realm="x"',
        });
        response.end(JSON.stringify(body));
      });
      await rig.keeper.keep(KEY, rig.credential());
      const refused = { kind: 'needs-sign-in', reason: 'refused', sinceMs: START };
      expect(await rig.keeper.accessToken(KEY)).toEqual(refused);
      rig.nowMs += HOUR;
      expect(await rig.keeper.accessToken(KEY)).toEqual(refused);
      expect(rig.endpoint.refreshes).toHaveLength(1);
      expect(await rig.credentials.get(KEY)).toEqual(rig.credential({ refused: { sinceMs: START, code } }));
    },
  );

  it('is in the log with the host and the section, where nobody can read the answer', async () => {
    const lines: string[] = [];
    const log = createLog('warn', { write: (line: string) => void lines.push(line) });
    const keeper = rig.keeperOver(rig.store, rig.credentials, { log });
    await keeper.keep(KEY, rig.credential());
    for (const [status, rfc] of [
      [200, 'RFC 6749 §5.1'],
      [400, 'RFC 6749 §5.2'],
    ] as const) {
      rig.endpoint.next((response) => response.writeHead(status).end('<p>No'));
      expect(await keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
      const { host } = new URL(rig.endpoint.origin);
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ failure: { code: 'http-error', host, rfc } });
      rig.nowMs += 30_000;
    }
  });

  it('is not even begun with a refresh token that is empty: the person is asked', async () => {
    await rig.keeper.keep(KEY, rig.credential({ refreshToken: '' }));
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    expect(rig.endpoint.refreshes).toEqual([]);
  });

  it('never reaches a token endpoint with plain http beyond loopback', async () => {
    await rig.keeper.keep(KEY, rig.credential({ tokenEndpoint: 'http://auth.example/token' }));
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
  });
});

describe('what is not there', () => {
  it('needs a sign-in: no credential, or a key', async () => {
    const never = { kind: 'needs-sign-in', reason: 'never' };
    expect(await rig.keeper.accessToken(KEY)).toEqual(never);
    await rig.credentials.set(KEY, { kind: 'keys', values: { TOKEN: 'k' }, issuedAtMs: START });
    expect(await rig.keeper.accessToken(KEY)).toEqual(never);
  });

  it('is an error where the store cannot tell: never "needs sign-in"', async () => {
    const broken = new StoreError('record_unreadable', 'cannot read the credential');
    const unreadable: CredentialRecords = { ...rig.credentials, current: () => Promise.reject(broken) };
    await expect(rig.keeperOver(rig.store, unreadable).accessToken(KEY)).rejects.toBe(broken);
  });
});

describe('signing out', () => {
  it('revokes the refresh token, then the access token, and deletes', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    expect(await rig.keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
    expect(rig.endpoint.revocations.map((form) => Object.fromEntries(form))).toEqual([
      { token: 'r1', token_type_hint: 'refresh_token' },
      { token: 'a1', token_type_hint: 'access_token' },
    ]);
    expect(await rig.credentials.get(KEY)).toBeUndefined();
    expect(await rig.keeper.signOut(KEY)).toEqual({ kind: 'nothing' });
  });

  it('deletes where the provider has no revocation, refuses it, or is gone', async () => {
    const { revocationEndpoint: _none, ...bare } = rig.credential();
    await rig.keeper.keep(KEY, bare);
    expect(await rig.keeper.signOut(KEY)).toEqual({ kind: 'deleted-only', why: 'unsupported' });
    await rig.keeper.keep(KEY, rig.credential());
    rig.endpoint.next((response) => json(response, 503, {}));
    expect(await rig.keeper.signOut(KEY)).toEqual({ kind: 'deleted-only', why: 'failed' });
    const removed = { ...KEY, server: 'no longer configured' };
    await rig.keeper.keep(removed, rig.credential());
    expect(await rig.keeper.signOut(removed)).toEqual({ kind: 'deleted-only', why: 'failed' });
    expect(await rig.credentials.list()).toEqual([]);
  });

  it('is not undone by a refresh that is under way', async () => {
    rig.endpoint.delayMs = 30;
    await rig.keeper.keep(KEY, rig.credential());
    const arrived = rig.endpoint.arrival();
    const refreshing = rig.keeper.accessToken(KEY);
    await arrived;
    expect(await rig.keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
    await refreshing;
    expect(await rig.credentials.get(KEY)).toBeUndefined();
    expect(rig.endpoint.revocations[0]?.get('token')).toBe('r2');
  });
});
