import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent, typeCode } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type ChatLine, hasText, linkIn, PipedChat, Program, textOf } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { freePort } from '../helpers/servers/free-port.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { digitsOn } from '../threats/pages.js';

let provider: AuthorizationServer;
let everything: ProtectedServer;
let home: GatewayFolder;
let port: number;
const programs: Program[] = [];

beforeAll(async () => {
  provider = await startAuthorizationServer({ device: true });
  everything = await startProtectedServer(provider);
});
afterAll(async () => {
  await everything.close();
  await provider.close();
});
beforeEach(async () => {
  provider.resetCounts();
  everything.resetCounts();
  port = await freePort();
  const entry = (oauth: object) => ({ url: everything.url, auth: 'oauth', oauth });
  home = await gatewayFolder({
    public_url: undefined,
    log: { level: 'trace' },
    mcp_servers: {
      everything: entry({}),
      port: entry({ redirect_port: port }),
      paste: entry({ flow: 'paste', redirect_port: port }),
      device: entry({ flow: 'device' }),
    },
  });
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await home.remove();
});

function run<P extends Program>(program: P): P {
  programs.push(program);
  return program;
}

const OVER_SSH = { SSH_CONNECTION: '192.0.2.7 50000 192.0.2.1 22' };
const chatAs = (name: string, env: Record<string, string> = {}) =>
  run(new PipedChat(home.config, name, [], { env }));
const connected = (chat: PipedChat, server: string): Promise<ChatLine> =>
  chat.untilLine((line) => hasText(line, `${server} connected · 13 tools`), `${server} connected`);

/** Neither what it said nor what it logged has a code or a state in it; the link itself has the state. */
function expectNoSecret(chat: PipedChat, address: URL): void {
  const { searchParams } = address;
  expect(chat.out + chat.err).not.toContain(searchParams.get('code') ?? 'no code');
  expect(chat.err).not.toContain(searchParams.get('state') ?? 'no state');
}

describe('the terminal without a public URL', () => {
  it('is finished by a browser on this machine, without an address or a code', async () => {
    const chat = chatAs('ana');
    const asked = await chat.ask('/mcp auth everything', 'sign in at');
    expect(textOf(asked)).toContain('It opens a page of this gateway.');
    expect(linkIn(asked).startsWith(`${home.publicUrl}/connect/`)).toBe(true);
    const page = await signIn(linkIn(asked));
    expect(page.text).toContain('everything is connected');
    await connected(chat, 'everything');
    expect(provider.counts.device).toBe(0);
  });

  it('listens on the configured port while a sign-in comes back there', async () => {
    const chat = chatAs('ana');
    const asked = await chat.ask('/mcp auth port', 'sign in at');
    const { location, cookies } = await pressConnect(linkIn(asked));
    const callback = await consent(location);
    expect(`${callback.origin}${callback.pathname}`).toBe(`http://127.0.0.1:${port}/callback`);
    const foreign = await fetch(`http://127.0.0.1:${port}/connect/${'a'.repeat(43)}`);
    expect(foreign.status).toBe(404);
    expect((await comeBack(callback, cookies)).text).toContain('port is connected');
    await connected(chat, 'port');
    await expect
      .poll(() =>
        fetch(callback).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
  });

  it('finishes two people’s sign-ins at one port, beside each other, and stays with the one that has it', async () => {
    // Both start at the same moment: one gets the ports, the other leaves what comes back to it.
    const both = [chatAs('ana'), chatAs('ben')];
    const pressed: { callback: URL; cookies: string }[] = [];
    for (const [at, chat] of both.entries()) {
      const { location, cookies } = await pressConnect(
        linkIn(await chat.ask('/mcp auth port', 'sign in at')),
      );
      pressed.push({ callback: await consent(location, { login: ['ana', 'ben'][at] ?? '' }), cookies });
    }
    const [hers, his] = pressed;
    if (hers === undefined || his === undefined) throw new Error('nobody came back');
    // What any page may have a browser send there: nothing known, no state, another method, another name for this machine.
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const made = new URL(`${hers.callback.origin}/callback?code=x&state=${'A'.repeat(43)}`);
    expect((await fetch(made, { headers: foreign })).status).toBe(400);
    expect((await fetch(new URL('/callback', made), { headers: foreign })).status).toBe(400);
    expect((await fetch(hers.callback, { method: 'POST', headers: foreign })).status).toBe(404);
    expect(provider.counts.token).toBe(0);
    // Each in the other's browser: it is not the one in which the button was pressed.
    expect((await comeBack(his.callback, his.cookies)).text).toContain('port is connected');
    expect((await comeBack(hers.callback, his.cookies)).text).toContain('One more step');
    await Promise.all(
      both.map((chat, at) => (at === 1 ? connected(chat, 'port') : chat.untilSays('one step left'))),
    );
    expect(new Set(everything.callers)).toEqual(new Set(['ben']));
  });

  it('is finished by the address where another program has the port', async () => {
    const other = createServer((_request, response) => void response.end('somebody else'));
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      const chat = chatAs('ana');
      const { location } = await pressConnect(linkIn(await chat.ask('/mcp auth port', 'sign in at')));
      const callback = await consent(location);
      expect((await comeBack(callback)).text).toBe('somebody else');
      await chat.ask(callback.href, 'port connected · 13 tools');
      expectNoSecret(chat, callback);
    } finally {
      await new Promise<void>((resolve) => {
        other.close(() => resolve());
        other.closeAllConnections();
      });
    }
  });

  it('takes the address as a line where the browser is elsewhere, and repeats nothing of it', async () => {
    const chat = chatAs('ana', OVER_SSH);
    const asked = await chat.ask('/mcp auth paste', 'sign in at');
    expect(textOf(asked)).toContain(
      'The page at the end will not open. Copy its address and send it to me here.',
    );
    expect(linkIn(asked).startsWith(provider.issuer)).toBe(true);
    const address = await consent(linkIn(asked));
    await chat.ask(address.href, 'paste connected · 13 tools');
    expectNoSecret(chat, address);
    chat.endInput();
    expect(await chat.ended).toBe(0);
  });

  it('is asked for six digits by a browser that came to the port by the provider’s own link', async () => {
    const chat = chatAs('ana');
    const address = await consent(linkIn(await chat.ask('/mcp auth paste', 'sign in at')));
    const page = await comeBack(address);
    await chat.untilLine((line) => hasText(line, 'paste: one step left'), 'the question for the code');
    expect(provider.counts.token).toBe(1);
    await chat.ask(`/mcp confirm ${digitsOn(page.text)}`, 'paste connected · 13 tools');
  });

  it('takes no address of another person’s sign-in', async () => {
    const ana = chatAs('ana', OVER_SSH);
    const address = await consent(linkIn(await ana.ask('/mcp auth paste', 'sign in at')));
    const ben = chatAs('ben', OVER_SSH);
    await ben.ask(address.href, 'belongs to no sign-in that you have open');
    expect(provider.counts.token).toBe(0);
    await ana.ask(address.href, 'paste connected · 13 tools');
    expectNoSecret(ben, address);
    expect(new Set(everything.callers)).toEqual(new Set(['ana']));
  });

  it('shows a code over SSH, where the provider has sign-ins by code', async () => {
    const chat = chatAs('ana', OVER_SSH);
    const asked = await chat.ask('/mcp auth everything', 'type ');
    const code = /type (\S+) at/.exec(textOf(asked))?.[1] ?? '';
    await typeCode(linkIn(asked), code);
    await connected(chat, 'everything');
    chat.endInput();
    expect(await chat.ended).toBe(0);
  });

  it('waits for a typed code in one command, and ends with it', async () => {
    const program = run(new Program(['mcp', 'auth', 'device', '--config', home.config, '--as', 'ana']));
    await program.untilSays(/type \S+ at/);
    const code = /type (\S+) at/.exec(program.out)?.[1] ?? '';
    await typeCode(`${provider.issuer}/device`, code);
    expect(await program.ended).toBe(0);
    expect(program.out).toContain('device connected · 13 tools');
  });

  it('leaves a code that it asked for to the gateway that runs', async () => {
    const gateway = run(new Program(['start', '--config', home.config]));
    await gateway.untilSays('Ctrl-C stops it.');
    const chat = chatAs('ana');
    const asked = await chat.ask('/mcp auth device', 'type ');
    await chat.kill();
    await typeCode(linkIn(asked), /type (\S+) at/.exec(textOf(asked))?.[1] ?? '');
    const next = chatAs('ana');
    const listed = async () => (await next.ask('/mcp', 'MCP servers')).lines.some(isDeviceConnected);
    await expect.poll(listed, { interval: 500 }).toBe(true);
    expect(provider.counts.token).toBeGreaterThan(0);
  });
});

function isDeviceConnected({ cells }: ChatLine['lines'][number]): boolean {
  return cells[0] === 'device' && cells.some((cell) => cell === 'connected');
}
