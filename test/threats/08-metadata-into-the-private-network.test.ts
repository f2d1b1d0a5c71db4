import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { ScriptedServer } from '../helpers/scripted-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { useSocketFence } from '../helpers/socket-fence.js';
import { configured, type HostileAnswers, startHostileServer } from './hostile-server.js';
import { useScene } from './scene.js';

const scene = useScene();
const dialled = useSocketFence();

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

/** A service of the machine that was never meant for the gateway. */
let victim: HttpPeer;
beforeEach(async () => {
  victim = await startHttpPeer((_request, response) => json(response, 200, {}), '127.0.0.2');
  closing.push(victim);
});

async function hostile(answers: HostileAnswers): Promise<ScriptedServer> {
  const server = await startHostileServer(answers);
  closing.push(server);
  return server;
}

async function asked(server: ScriptedServer, words: Readonly<Record<string, unknown>> = {}) {
  const gateway = await scene.gateway({ ...configured(server), ...words });
  const vic = await gateway.visitor('vic');
  return { gateway, vic, message: await vic.say('/mcp auth files') };
}

const REFUSED = /files: \S+ leads to an address that this gateway may not contact\./;
const INSECURE = /files: \S+ asks for a connection that is not secure\./;

async function nothingStored(gateway: RunningGateway, names: readonly string[]): Promise<void> {
  const store = await gateway.store();
  for (const name of names) expect([name, await store.records(name).keys()]).toEqual([name, []]);
}

const OF_A_SIGN_IN = ['pending', 'finishing', 'waiting', 'ended', 'open', 'started', 'credentials'];

/** What a server's metadata may name as its authorization server, and what the chat says to it. */
const PLACES: readonly (readonly [string, RegExp])[] = [
  ['http://169.254.169.254', INSECURE],
  ['https://169.254.169.254', REFUSED],
  ['http://10.0.0.1', INSECURE],
  ['https://10.0.0.1:8443', REFUSED],
  ['https://192.168.1.1', REFUSED],
  ['https://[fd00:ec2::254]', REFUSED],
  ['https://[64:ff9b::a9fe:a9fe]', REFUSED],
];

describe('threat 8: a server’s metadata points into the private network; through the chat', () => {
  it.each(PLACES)(
    'the authorization server %s: a sentence, no link, nothing dialled, nothing stored',
    async (place, sentence) => {
      const server = await hostile({ resource: () => ({ authorization_servers: [place] }) });
      const { gateway, message } = await asked(server);
      expect(message.text).toMatch(sentence);
      expect(message.links).toEqual([]);
      expect(dialled).toEqual([]);
      await nothingStored(gateway, [...OF_A_SIGN_IN, 'discovery', 'registrations']);
      // Nor is the server itself taken for the authorization server instead.
      expect(
        server.requests.filter((request) => /register|oauth-authorization|openid/.test(request)),
      ).toEqual([]);
    },
  );

  /** The same service under other spellings: each really leads there from this machine. */
  const spellings: readonly (readonly [string, (port: number) => string])[] = [
    ['another loopback address', (port) => `http://127.0.0.2:${port}`],
    ['localhost by name', (port) => `http://localhost:${port}`],
    ['a name below localhost', (port) => `http://metadata.localhost:${port}`],
    ['an IPv6-mapped address', (port) => `http://[::ffff:7f00:2]:${port}`],
    ['a decimal address', (port) => `http://2130706434:${port}`],
    ['an octal address', (port) => `http://0177.0.0.2:${port}`],
    ['this machine’s any-address', (port) => `https://0.0.0.0:${port}`],
  ];

  it.each(spellings)(
    '%s is no other server’s to name: the service there sees no connection',
    async (_spelling, at) => {
      const everywhere = await startHttpPeer((_request, response) => json(response, 200, {}), '0.0.0.0');
      closing.push(everywhere);
      const place = at(everywhere.port);
      const server = await hostile({ resource: () => ({ authorization_servers: [place] }) });
      const { gateway, message } = await asked(server);
      expect(message.text).toMatch(/may not contact|not secure|could not be reached/);
      expect(everywhere.connections()).toBe(0);
      await nothingStored(gateway, [...OF_A_SIGN_IN, 'discovery', 'registrations']);
    },
  );

  it('the challenge names the resource’s metadata there: the same', async () => {
    const server = await hostile({ challenge: () => `${victim.origin}/latest/meta-data` });
    const { gateway, message } = await asked(server);
    expect(message.text).toMatch(REFUSED);
    expect(victim.connections()).toBe(0);
    await nothingStored(gateway, OF_A_SIGN_IN);
  });

  it('the registration endpoint is there: the same', async () => {
    const server = await hostile({
      metadata: () => ({ registration_endpoint: `${victim.origin}/register` }),
    });
    const { gateway, message } = await asked(server);
    expect(message.text).toMatch(REFUSED);
    expect(victim.connections()).toBe(0);
    await nothingStored(gateway, [...OF_A_SIGN_IN, 'registrations']);
  });

  it.each(['/resource', '/.well-known/oauth-authorization-server', '/register'])(
    'a redirect of %s leads there: it is not followed',
    async (path) => {
      const server = await hostile({});
      server.on(path, (_request, response) => {
        response.writeHead(307, { location: `${victim.origin}/latest` }).end();
      });
      const { gateway, message } = await asked(server);
      expect(message.links).toEqual([]);
      expect(message.text).toMatch(/files: .+\./);
      expect(victim.connections()).toBe(0);
      await nothingStored(gateway, OF_A_SIGN_IN);
    },
  );

  it('the token endpoint is there, or redirects there: the code stays, the chat says so, no credential', async () => {
    const at = (scheme: string) => victim.origin.replace('http:', scheme);
    const plain = await hostile({ metadata: () => ({ token_endpoint: `${victim.origin}/token` }) });
    const direct = await hostile({ metadata: () => ({ token_endpoint: `${at('https:')}/token` }) });
    const bent = await hostile({});
    bent.on('/token', (_request, response) => {
      response.writeHead(307, { location: `${victim.origin}/token` }).end();
    });
    for (const server of [plain, direct, bent]) {
      const { gateway, vic, message } = await asked(server);
      const { location, cookies } = await pressConnect(message.link);
      const state = new URL(location).searchParams.get('state') ?? '';
      const back = new URL(`/oauth/callback?${new URLSearchParams({ state, code: 'a-code' })}`, gateway.url);
      expect((await comeBack(back, cookies)).text).toContain('files could not be connected');
      const said =
        /files: .+ (leads to an address|not secure|refused the sign-in|answered with an error).*\./;
      await vic.until(() => said.test(message.text) || undefined, 'what came of it');
      expect(message.links).toEqual([]);
      expect(victim.connections()).toBe(0);
      await nothingStored(gateway, ['pending', 'finishing', 'waiting', 'credentials']);
    }
  });

  it.each(['http', 'sse'])(
    'the MCP endpoint itself (%s) redirects there, for who looks at its tools: a sentence, no connection',
    async (transport) => {
      const server = await hostile({});
      server.on('/open', (_request, response) => {
        response.writeHead(307, { location: `${victim.origin}/mcp` }).end();
      });
      const gateway = await scene.gateway({
        mcp_servers: { files: { url: `${server.origin}/open`, transport } },
      });
      const vic = await gateway.visitor('vic');
      for (const command of ['/mcp test files', '/mcp tools files', '/mcp auth files'])
        await vic.say(command);
      await gateway.app.gateway.settle();
      expect(vic.messages.every(({ text }) => text.trim() !== '')).toBe(true);
      expect(vic.messages.flatMap(({ links }) => links)).toEqual([]);
      expect(victim.connections()).toBe(0);
    },
  );

  it('security.allow_private_hosts lets through what the operator named, and nothing else', async () => {
    const server = await hostile({ resource: () => ({ authorization_servers: [victim.origin] }) });
    const security = (host: string) => ({ security: { allow_private_hosts: [host] } });
    expect((await asked(server, security('127.0.0.3'))).message.text).toMatch(REFUSED);
    expect(victim.connections()).toBe(0);
    expect((await asked(server, security('127.0.0.2'))).message.text).not.toMatch(REFUSED);
    expect(victim.connections()).toBeGreaterThan(0);
  });
});
