import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { hasText, linkIn, PipedChat, Program, textOf } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';

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
  provider.resetCounts();
  everything.resetCounts();
  home = await gatewayFolder({
    mcp_servers: {
      everything: { url: everything.url, auth: 'oauth' },
      second: { url: everything.url, auth: 'oauth' },
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

const chatAs = (name: string, ...more: string[]) => run(new PipedChat(home.config, name, more));
const connected = /everything connected · 13 tools/;

describe('a sign-in by the piped terminal, with a provider and a server that nobody here wrote', () => {
  it('goes from /mcp auth to the edited message in one tap, four requests and at most four edits', async () => {
    const chat = chatAs('ana');
    const asked = await chat.ask('/mcp auth everything', 'sign in at');
    const page = await signIn(linkIn(asked));
    expect(page.text).toContain('everything');
    await chat.untilLine((line) => line.type === 'update' && hasText(line, connected), 'the edited message');

    const { metadata, registration, token } = provider.counts;
    expect({ registration, token }).toEqual({ registration: 1, token: 1 });
    expect(metadata + everything.counts.metadata + registration + token).toBeLessThanOrEqual(4);
    // One look without a token for the challenge; `/mcp auth everything` knows from the config that it needs one.
    expect(everything.counts.refused).toBeLessThanOrEqual(1);

    chat.endInput();
    expect(await chat.ended).toBe(0);
    const lines = chat.said();
    expect(lines.filter(({ type }) => type === 'reply')).toHaveLength(1);
    const edits = lines.filter(({ type }) => type === 'update');
    expect(edits.length).toBeLessThanOrEqual(4);
    expect(edits.every(({ ref }) => JSON.stringify(ref) === JSON.stringify(lines[0]?.ref))).toBe(true);
    expect(edits.at(-1)?.actions.filter(({ kind }) => kind === 'link')).toEqual([]);
  });

  it('needs one request, the token, once the provider is known', async () => {
    const chat = chatAs('ana');
    await signIn(linkIn(await chat.ask('/mcp auth everything', 'sign in at')));
    await chat.untilLine((line) => hasText(line, connected), 'the first outcome');
    provider.resetCounts();
    everything.resetCounts();
    const again = await chat.ask('/mcp auth everything', 'sign in at');
    await signIn(linkIn(again));
    await chat.untilLine(
      (line) => line.type === 'update' && hasText(line, connected),
      'the second',
      chat.said().indexOf(again),
    );
    const { metadata, registration, token } = provider.counts;
    expect({ metadata: metadata + everything.counts.metadata, registration, token }).toEqual({
      metadata: 0,
      registration: 0,
      token: 1,
    });
  });

  it('acts as the person who consented, for the person who asked, and for nobody else', async () => {
    const ana = chatAs('ana');
    await signIn(linkIn(await ana.ask('/mcp auth everything', 'sign in at')), { login: 'ana-at-provider' });
    await ana.untilLine((line) => hasText(line, connected), 'the outcome');
    expect(new Set(everything.callers)).toEqual(new Set(['ana-at-provider']));
    expect(textOf(await ana.ask('/mcp test everything', /13 tools/))).toMatch(/everything/);
    const ben = chatAs('ben');
    const status = await ben.ask('/mcp', 'sign-in needed');
    expect(hasText(status, connected)).toBe(false);
  });

  it('is finished by a browser that comes after the process was killed and started again', async () => {
    const gateway = run(new Program(['start', '--config', home.config]));
    await gateway.untilSays('Ctrl-C stops it.');
    const chat = chatAs('ana');
    const link = linkIn(await chat.ask('/mcp auth everything', 'sign in at'));
    const { location, cookies } = await pressConnect(link);
    const callback = await consent(location);
    await gateway.kill();
    const restarted = run(new Program(['start', '--config', home.config]));
    await restarted.untilSays('Ctrl-C stops it.');
    expect((await comeBack(callback, cookies)).status).toBe(200);
    await chat.untilLine((line) => line.type === 'update' && hasText(line, connected), 'the edited message');
  });

  it('survives a restart of the chat’s own process: the credential is there', async () => {
    const first = chatAs('ana');
    await signIn(linkIn(await first.ask('/mcp auth everything', 'sign in at')));
    await first.untilLine((line) => hasText(line, connected), 'the outcome');
    await first.kill();
    const next = chatAs('ana');
    const status = await next.ask('/mcp status everything', /connected/);
    expect(textOf(status)).not.toMatch(/sign-in needed/);
  });

  it('says that it was declined, and that nothing changed', async () => {
    const chat = chatAs('ana');
    const link = linkIn(await chat.ask('/mcp auth everything', 'sign in at'));
    await signIn(link, { answer: 'decline' });
    const outcome = await chat.untilLine((line) => line.type === 'update', 'the outcome');
    expect(textOf(outcome)).toMatch(/everything: you declined the request/);
    expect(outcome.actions).toContainEqual({
      kind: 'command',
      label: 'Try again',
      words: ['auth', 'everything'],
    });
  });

  it('says that the link expired, on the page and in the chat', async () => {
    await home.rewrite({
      security: { sign_in_lifetime: '3s' },
      mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
    });
    const chat = chatAs('ana');
    const link = linkIn(await chat.ask('/mcp auth everything', 'sign in at'));
    await chat.untilLine(
      (line) => line.type === 'update' && hasText(line, /link expired after/),
      'the outcome',
    );
    const page = await fetch(link);
    expect(await page.text()).toMatch(/expired/i);
    expect(page.ok).toBe(false);
  });

  it('gives a replayed callback a page that says so, and exchanges nothing again', async () => {
    const chat = chatAs('ana');
    const { callback } = await signIn(linkIn(await chat.ask('/mcp auth everything', 'sign in at')));
    await chat.untilLine((line) => hasText(line, connected), 'the outcome');
    const replayed = await comeBack(callback);
    expect(replayed.text).toMatch(/already|used/i);
    expect(provider.counts.token).toBe(1);
  });

  it('refuses an answer with another issuer before the code goes anywhere, and the real one still works', async () => {
    const chat = chatAs('ana');
    const { location, cookies } = await pressConnect(
      linkIn(await chat.ask('/mcp auth everything', 'sign in at')),
    );
    const callback = await consent(location);
    const forged = new URL(callback);
    forged.searchParams.set('iss', 'https://mallory.example');
    expect((await comeBack(forged, cookies)).status).toBe(400);
    expect(provider.counts.token).toBe(0);
    expect((await comeBack(callback, cookies)).status).toBe(200);
    await chat.untilLine((line) => hasText(line, connected), 'the outcome');
  });

  it('asks another browser than the one that pressed for a code, and takes it in the chat', async () => {
    const chat = chatAs('ana');
    const { location } = await pressConnect(linkIn(await chat.ask('/mcp auth everything', 'sign in at')));
    const page = await comeBack(await consent(location));
    const digits = /\b(\d{3}) (\d{3})\b/.exec(page.text);
    expect(digits).not.toBeNull();
    await chat.untilLine((line) => hasText(line, /six digits/) && line.type === 'update', 'the question');
    expect(everything.counts.passed).toBe(0);
    const wrong = digits?.[1] === '000' ? '111 111' : '000 000';
    await chat.ask(`/mcp confirm ${wrong}`, /4 tries/);
    await chat.ask(`/mcp confirm ${digits?.[1]} ${digits?.[2]}`, connected);
  });

  it('runs two servers of one message side by side, and counts them', async () => {
    const chat = chatAs('ana');
    // On a busy machine one link comes before the other.
    const asked = await chat.ask('/mcp auth', /everything — sign in at.*second — sign in at/s);
    const [first, second] = asked.actions.filter(({ kind }) => kind === 'link').map(({ url }) => url ?? '');
    await Promise.all([signIn(first ?? ''), signIn(second ?? '')]);
    const done = await chat.untilLine(
      (line) => line.type === 'update' && hasText(line, connected) && hasText(line, /second connected/),
      'both',
    );
    expect(textOf(done)).toContain('2 of 2 connected');
  });
});
