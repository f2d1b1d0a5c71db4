import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { useGateways } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { startTlsFront, type TlsFront } from '../helpers/tls-front.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';

const DOCUMENT = '/oauth/client-metadata.json';

const start = useGateways();
let front: TlsFront;
let upstream: V1Server;
let provider: AuthorizationServer;
let files: ProtectedServer;

beforeAll(async () => {
  front = await startTlsFront();
  upstream = await startV1Server();
  provider = await startAuthorizationServer({ registration: false, fetchDocuments: front.fetch });
  files = await startProtectedServer(provider, { upstream });
});
afterAll(async () => {
  await files.close();
  await provider.close();
  await upstream.close();
  await front.close();
});
beforeEach(() => {
  provider.resetCounts();
});

async function gateway() {
  const running = await start({
    publicUrl: front.origin,
    words: {
      access: { users: ['web:ana'] },
      platforms: { web: { people: ['ana'] } },
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
    },
  });
  front.target = running.url;
  return running;
}

describe('the gateway’s own client metadata document, over https', () => {
  it('is fetched by a provider that never saw the gateway: sign-in and refresh, with nothing registered', async () => {
    const running = await gateway();
    const ana = await running.visitor('ana');
    const message = await ana.say('/mcp auth files');
    const link = await ana.until(() => message.links[0], 'there is a link');
    expect(link).toMatch(new RegExp(`^${front.origin}/connect/`));
    const { location, cookies } = await pressConnect(link, front.fetch);
    expect(cookies).toMatch(/^__Host-/);
    expect(new URL(location).searchParams.get('client_id')).toBe(`${front.origin}${DOCUMENT}`);
    const callback = await consent(location);
    expect(callback.origin).toBe(front.origin);
    const page = await comeBack(callback, cookies, front.fetch);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('files is connected') });
    await ana.untilSays('files connected · 1 tool', message);
    running.clock.advance(3_600_000);
    await ana.untilSays(/1 tool/, await ana.say('/mcp test files'));
    expect(provider.counts).toMatchObject({ registration: 0, token: 2 });
    expect(files.callers).toContain('ana');
    expect(front.requests).toContain(`GET ${DOCUMENT}`);
  });
});
