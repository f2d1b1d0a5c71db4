import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { useGateways } from '../helpers/running-gateway.js';
import { consentAtSecond, type SecondProvider, startSecondProvider } from '../helpers/second-provider.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';

const HOUR = 3_600_000;

const start = useGateways();
let upstream: V1Server;
let provider: SecondProvider;
let files: ProtectedServer;

beforeAll(async () => {
  upstream = await startV1Server();
  provider = await startSecondProvider(['ana', 'ben']);
  files = await startProtectedServer(provider, { upstream });
});
afterAll(async () => {
  await files.close();
  await provider.close();
  await upstream.close();
});
beforeEach(() => {
  files.resetCounts();
  provider.requests.length = 0;
  provider.revocations.length = 0;
});

const gateway = () =>
  start({
    words: {
      access: { users: ['web:ana', 'web:ben'] },
      platforms: { web: { people: ['ana', 'ben'] } },
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
    },
  });

const countOf = (request: string): number => provider.requests.filter((one) => one === request).length;

async function signIn(visitor: WebVisitor, accept = true) {
  const message = await visitor.say('/mcp auth files');
  const link = await visitor.until(() => message.links[0], 'there is a link');
  const { location, cookies } = await pressConnect(link);
  const callback = await consentAtSecond(location, { login: visitor.person, accept });
  return { message, location: new URL(location), callback, page: await comeBack(callback, cookies) };
}

describe('Better Auth as the authorization server, through the chat', () => {
  it('signs in: found below its path, registered as a native client, PKCE, resource and iss as it has them', async () => {
    const ana = await (await gateway()).visitor('ana');
    const { message, location, callback, page } = await signIn(ana);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('files is connected') });
    await ana.untilSays('files connected · 1 tool', message);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      code_challenge_method: 'S256',
      resource: files.url,
      scope: expect.stringContaining('tools'),
    });
    expect(callback.searchParams.get('iss')).toBe(provider.issuer);
    expect(provider.requests).toContain('GET /.well-known/oauth-authorization-server/api/auth');
    expect(countOf('POST /api/auth/oauth2/register')).toBe(1);
    expect(countOf('POST /api/auth/oauth2/token')).toBe(1);
    expect(files.callers.length).toBeGreaterThan(0);
  });

  it('keeps two people apart, with one registration', async () => {
    const running = await gateway();
    const [ana, ben] = [await running.visitor('ana'), await running.visitor('ben')];
    for (const visitor of [ana, ben]) {
      const { message } = await signIn(visitor);
      await visitor.untilSays('files connected', message);
    }
    expect(new Set(files.callers).size).toBe(2);
    expect(countOf('POST /api/auth/oauth2/register')).toBe(1);
  });

  it('refreshes with rotation, again and again', async () => {
    const running = await gateway();
    const ana = await running.visitor('ana');
    const { message } = await signIn(ana);
    await ana.untilSays('files connected', message);
    for (const refreshes of [1, 2, 3]) {
      running.clock.advance(HOUR);
      files.resetCounts();
      const tested = await ana.say('/mcp test files');
      await ana.untilSays(/1 tool/, tested);
      expect(countOf('POST /api/auth/oauth2/token')).toBe(1 + refreshes);
      expect(files.counts.passed).toBeGreaterThan(0);
      expect(files.counts.refused).toBe(0);
    }
  });

  it('revokes at the sign-out', async () => {
    const running = await gateway();
    const ana = await running.visitor('ana');
    const { message } = await signIn(ana);
    await ana.untilSays('files connected', message);
    const records = createCredentials(await running.store());
    const held = await records.get({ subject: 'web:ana', server: 'files' });
    if (held?.kind !== 'oauth' || held.refreshToken === undefined) throw new Error('no refresh token');
    const answer = await ana.say('/mcp logout files yes');
    expect(answer.text).toContain('its provider has withdrawn the access');
    // The refresh token's, which ends the grant (RFC 7009 §2.1).
    expect(provider.revocations[0]).toBe(200);
    const again = await fetch(held.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: held.refreshToken,
        client_id: held.client.clientId,
        resource: files.url,
      }),
    });
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('takes a refusal of the person for what it is', async () => {
    const ana = await (await gateway()).visitor('ana');
    const { message, callback, page } = await signIn(ana, false);
    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(page.status).toBe(200);
    await ana.untilSays('you declined the request', message);
    expect(countOf('POST /api/auth/oauth2/token')).toBe(0);
  });
});
