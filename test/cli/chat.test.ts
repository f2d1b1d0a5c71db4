import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { signIn } from '../helpers/sign-in-browser.js';

let provider: AuthorizationServer;
let everything: ProtectedServer;
let home: GatewayFolder;
const programs: Program[] = [];

beforeAll(async () => {
  provider = await startAuthorizationServer();
  everything = await startProtectedServer(provider);
});
afterAll(async () => {
  await everything.close();
  await provider.close();
});
beforeEach(async () => {
  home = await gatewayFolder({
    mcp_servers: {
      everything: { url: everything.url, auth: 'oauth' },
      gone: { url: 'http://127.0.0.1:9/mcp' },
    },
  });
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
  await home.remove();
});

function run(args: readonly string[], input?: string): Program {
  const program = new Program(args, { cwd: home.folder });
  programs.push(program);
  if (input !== undefined) program.child.stdin?.end(input);
  return program;
}

const linkPattern = /http:\/\/\S+\/connect\/\S+/;

async function linkOf(program: Program): Promise<string> {
  await program.untilSays(linkPattern);
  return linkPattern.exec(program.out)?.[0] ?? '';
}

describe('chat through a pipe', () => {
  it('answers each line and ends with the input: exit code 0, standard output is the chat’s alone', async () => {
    const program = run(['chat', '--as', 'ana'], '/mcp\nhello\n');
    expect(await program.ended).toBe(0);
    expect(program.out).toContain('MCP servers');
    expect(program.out).toContain('● everything');
    expect(program.out).toContain('Type /mcp to see your MCP servers');
    expect(program.out).not.toContain('\u001b');
    expect(program.out).not.toContain('"level"');
  });

  it('stays after the end of input until the sign-in has ended', async () => {
    const program = run(['chat', '--as', 'ana', '--json'], '/mcp auth everything\n');
    const told = /1 sign-in is still open\. Waiting/;
    await program.until(() => told.test(program.err) || undefined, 'what it waits for');
    await signIn(await linkOf(program).then((link) => link.replace(/".*/, '')));
    expect(await program.ended).toBe(0);
    const lines = program.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ type: 'reply' });
    expect(lines.at(-1)).toMatchObject({ type: 'update', ref: lines[0].ref });
    expect(JSON.stringify(lines.at(-1))).toContain('everything connected · 13 tools');
  });

  it('stays no longer than --wait: exit code 1, and says what is open', async () => {
    const program = run(['chat', '--wait', '0'], '/mcp auth everything\n');
    expect(await program.ended).toBe(1);
    expect(program.out).toMatch(linkPattern);
    expect(program.err).toContain('1 sign-in is still open.');
  });

  it('ends with SIGTERM while it waits', async () => {
    const program = run(['chat'], '/mcp auth everything\n');
    await linkOf(program);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(1);
  });

  it('says where the mistakes of a config are: exit code 2', async () => {
    await home.rewrite({ mcp_servers: { linear: { ulr: 'x' } } });
    const program = run(['chat'], '/mcp\n');
    expect(await program.ended).toBe(2);
    expect(program.out).toBe('');
    expect(program.err).toContain('mcp_servers.linear.ulr');
  });
});

describe('one command from the shell', () => {
  it('prints the answer in its last state, once', async () => {
    const program = run(['mcp']);
    expect(await program.ended).toBe(1);
    expect(program.out.match(/MCP servers/g)).toHaveLength(1);
    expect(program.out).toMatch(/✗ gone +unreachable/);
    expect(program.out).toMatch(/● everything +sign-in needed +→ Sign in: mcp auth everything/);
    expect(program.out).not.toContain('checking');
  });

  it('prints the link, waits for the sign-in and says what came of it: exit code 0', async () => {
    const program = run(['mcp', 'auth', 'everything', '--as', 'ana']);
    await signIn(await linkOf(program));
    expect(await program.ended).toBe(0);
    expect(program.out).toMatch(/✓ everything connected · 13 tools\n$/);
  });

  it('leaves the callback to the gateway that runs on the same store, and hears of its outcome', async () => {
    const gateway = run(['start']);
    await gateway.untilSays('Ctrl-C stops it.');
    const program = run(['mcp', 'auth', 'everything', '--as', 'ana']);
    await signIn(await linkOf(program));
    expect(await program.ended).toBe(0);
    expect(program.out).toMatch(/✓ everything connected · 13 tools\n$/);
    expect(gateway.child.exitCode).toBeNull();
  });

  it('gives exit code 1 to a sign-in that was declined', async () => {
    const program = run(['mcp', 'auth', 'everything']);
    await signIn(await linkOf(program), { answer: 'decline' });
    expect(await program.ended).toBe(1);
    expect(program.out).toContain('✗ everything: you declined the request.');
  });

  it('does not wait with --no-wait, and says who must run for the link to work', async () => {
    const program = run(['mcp', 'auth', 'everything', '--no-wait']);
    expect(await program.ended).toBe(0);
    expect(program.out).toMatch(linkPattern);
    expect(program.err).toContain('mcp-chat-gateway start');
  });

  it.each([
    [['test', 'gone'], 1],
    [['nonsense'], 2],
    [['test', 'nowhere'], 2],
    [['help'], 0],
  ])('%j has exit code %i', async (words, code) => {
    const program = run(['mcp', ...words]);
    expect(await program.ended).toBe(code);
    expect(program.out).not.toBe('');
  });
});
