import { auth, type OAuthClientProvider } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/auth/errors.js';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { json, startHttpPeer } from '../helpers/http-peer.js';
import { useSocketFence } from '../helpers/socket-fence.js';

/** Were the guard broken, nothing would leave this machine all the same. */
useSocketFence();

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A public MCP server's guard. Every name of `.test` leads where the table says; nothing here is ever dialled. */
function publicGuard(table: Record<string, readonly string[]> = {}) {
  const guard = createGuardedFetch({
    allowPrivateHosts: [],
    lookup: async (hostname) =>
      (table[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  });
  open.push(guard);
  return guard.forServer(httpServer('https://mcp.test/mcp'));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'answered',
    (error: unknown) => failureOf(error).code,
  );
}

const LITERALS = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:7f00:1]',
  '[::ffff:169.254.169.254]',
  '[::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fec0::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
];

describe('threat 8: metadata that points into the private network', () => {
  it.each(LITERALS)('https://%s is refused before anything is sent', async (host) => {
    expect(await codeOf(publicGuard()(`https://${host}:8443/`))).toBe('blocked-address');
  });

  it('plain http to such an address is refused as well', async () => {
    expect(await codeOf(publicGuard()('http://169.254.169.254/latest/meta-data/'))).toBe('insecure-endpoint');
    expect(await codeOf(publicGuard()('http://127.0.0.1:8443/'))).toBe('blocked-address');
    expect(await codeOf(publicGuard({ localhost: ['127.0.0.1'] })('http://localhost:8443/'))).toBe(
      'blocked-address',
    );
  });

  it('a name that leads there is refused on the address that it leads to', async () => {
    const fetch = publicGuard({
      'a.test': ['169.254.169.254'],
      'b.test': ['fd00::1'],
      'c.test': ['::ffff:10.0.0.1'],
    });
    for (const name of ['a.test', 'b.test', 'c.test'])
      expect(await codeOf(fetch(`https://${name}/`))).toBe('blocked-address');
  });

  it('one private address among public ones is enough to refuse the name', async () => {
    const fetch = publicGuard({
      'mixed.test': ['93.184.216.34', '127.0.0.1'],
      'mcp.test': ['93.184.216.34', '::1'],
    });
    expect(await codeOf(fetch('https://mixed.test/'))).toBe('blocked-address');
    expect(await codeOf(fetch('https://mcp.test/'))).toBe('blocked-address');
  });

  it('a server whose own name was public may not turn private (DNS rebinding)', async () => {
    const victim = await startHttpPeer((_request, response) => json(response, 200, {}));
    open.push(victim);
    const answers = [['203.0.113.1', '93.184.216.34'], ['127.0.0.1']];
    const table = {
      get 'mcp.test'() {
        return answers.shift() ?? ['127.0.0.1'];
      },
    };
    const fetch = publicGuard(table);
    expect(await codeOf(fetch(`https://mcp.test:${victim.port}/`))).toBe('blocked-address');
    expect(await codeOf(fetch(`https://mcp.test:${victim.port}/`))).toBe('blocked-address');
    expect(victim.connections()).toBe(0);
  });

  it('a redirect that leads there is refused, and the target sees nothing', async () => {
    const victim = await startHttpPeer((_request, response) => json(response, 200, {}), '127.0.0.2');
    const server = await startHttpPeer((_request, response) => {
      response.writeHead(302, { location: `${victim.origin}/latest` }).end();
    });
    open.push(victim, server);
    const guard = createGuardedFetch({ allowPrivateHosts: [] });
    open.push(guard);
    const fetch = guard.forServer(httpServer(`${server.origin}/mcp`));
    expect(await codeOf(fetch(`${server.origin}/.well-known/oauth-protected-resource`))).toBe(
      'blocked-address',
    );
    expect(victim.connections()).toBe(0);
  });

  it("the SDK's discovery reports the block and never takes the MCP server for the authorization server", async () => {
    const victim = await startHttpPeer((_request, response) => json(response, 200, {}), '127.0.0.2');
    const server = await startHttpPeer((request, response) => {
      if (!request.path.startsWith('/.well-known/oauth-protected-resource')) return json(response, 404, {});
      json(response, 200, { resource: `${server.origin}/mcp`, authorization_servers: [victim.origin] });
    });
    open.push(victim, server);
    const guard = createGuardedFetch({ allowPrivateHosts: [] });
    open.push(guard);
    const provider: OAuthClientProvider = {
      redirectUrl: 'http://127.0.0.1:1/oauth/callback',
      clientMetadata: { redirect_uris: ['http://127.0.0.1:1/oauth/callback'] },
      clientInformation: () => undefined,
      saveClientInformation: () => {},
      tokens: () => undefined,
      saveTokens: () => {},
      redirectToAuthorization: () => {},
      saveCodeVerifier: () => {},
      codeVerifier: () => '',
    };
    const fetchFn = guard.forServer(httpServer(`${server.origin}/mcp`));
    expect(await codeOf(auth(provider, { serverUrl: `${server.origin}/mcp`, fetchFn }))).toBe(
      'blocked-address',
    );
    expect(server.seen.every(({ method }) => method === 'GET')).toBe(true);
    expect(victim.connections()).toBe(0);
  });
});
