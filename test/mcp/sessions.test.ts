import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../src/auth/types.js';
import { type McpSession, SessionError, type SessionFailure } from '../../src/mcp/session-types.js';
import { httpServer } from '../helpers/configured-server.js';
import {
  type Line,
  type SessionServer,
  type SessionServerOptions,
  startSessionServer,
} from './session-servers.js';
import { type Setup, setUp } from './setup.js';

const ANA = 'telegram:1';
const BEN = 'telegram:2';

let setup: Setup;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  setup = setUp();
});

afterEach(async () => {
  await setup.close();
  for (const one of open.splice(0).reverse()) await one.close();
});

async function started(line: Line, options?: SessionServerOptions): Promise<SessionServer> {
  const server = await startSessionServer(line, options);
  open.push(server);
  return server;
}

const sessionOf = (server: HttpServer, subject = ANA): McpSession =>
  setup.sessions.session({ server, subject });

const textOf = ({ content: [part] }: Awaited<ReturnType<McpSession['callTool']>>) =>
  part?.type === 'text' ? part.text : part;

async function failureOf(work: Promise<unknown>): Promise<SessionFailure> {
  const error = await work.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SessionError);
  return (error as SessionError).failure;
}

const lines = ['v1', 'v2', 'sse'] as const;

describe.each(lines)('a session with a server of line %s', (line) => {
  it('is opened once for all who come first, and used by those who come later', async () => {
    const server = await started(line);
    const session = sessionOf(httpServer(server.url));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => session.callTool('echo', { text: `n${at}` })),
    );
    expect(answers.map(textOf)).toEqual(answers.map((_, at) => `n${at}`));
    expect(textOf(await sessionOf(httpServer(server.url)).callTool('echo', { text: 'later' }))).toBe('later');
    expect(server.opened()).toBe(1);
    await sessionOf(httpServer(server.url), BEN).callTool('echo');
    expect(server.opened()).toBe(2);
  });

  it('lists, reads and asks for prompts', async () => {
    const session = sessionOf(httpServer((await started(line)).url));
    expect(await session.listTools()).toHaveLength(7);
    expect(await session.listResources()).toMatchObject([{ uri: 'note://1', name: 'a note' }]);
    expect(await session.readResource('note://1')).toMatchObject([{ uri: 'note://1', text: 'noted' }]);
    expect(await session.listPrompts()).toMatchObject([{ name: 'greet', arguments: [{ name: 'who' }] }]);
    expect(await session.getPrompt('greet', { who: 'Ana' })).toMatchObject({
      messages: [{ role: 'user', content: { text: 'Greet Ana' } }],
    });
  });

  it('passes on progress, what the server logs, and the failure of a tool as its answer', async () => {
    const server = httpServer((await started(line)).url);
    const heard: unknown[] = [];
    const progress: number[] = [];
    const session = setup.sessions.session(
      { server, subject: ANA },
      { hear: (message) => heard.push(message) },
    );
    await session.callTool('steps', {}, { onProgress: (step) => progress.push(step.progress) });
    expect(progress).toEqual([1, 2, 3]);
    await session.callTool('logs');
    expect(heard).toEqual([{ level: 'info', logger: 'tools', data: { at: 'work' } }]);
    expect(await session.callTool('failing')).toMatchObject({ isError: true });
  });

  it('ends a call for its caller and for the server when its signal aborts, and lets go of its connection', async () => {
    const server = await started(line);
    const session = sessionOf(httpServer(server.url));
    await session.callTool('echo');
    await expect.poll(() => server.unanswered()).toBeLessThanOrEqual(1);
    const controller = new AbortController();
    const calls = Array.from({ length: 5 }, () =>
      session.callTool('slow', {}, { signal: controller.signal }),
    );
    const settled = Promise.allSettled(calls);
    await expect.poll(() => server.ran.filter((name) => name === 'slow').length).toBe(5);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await settled).toEqual(calls.map(() => ({ status: 'rejected', reason })));
    await expect.poll(() => server.cancelled.length).toBe(5);
    // At most the one stream in which the server says what it likes.
    await expect.poll(() => server.unanswered()).toBeLessThanOrEqual(1);
    expect(textOf(await session.callTool('echo', { text: 'still here' }))).toBe('still here');
    expect(server.opened()).toBe(1);
  });

  it("gives up at the call's time limit, and says that it may have been carried out", async () => {
    const server = await started(line);
    const session = sessionOf(httpServer(server.url));
    const failure = await failureOf(session.callTool('slow', {}, { timeoutMs: 200 }));
    expect(failure).toMatchObject({ kind: 'unavailable', failure: { code: 'timeout' }, uncertain: true });
    const capped = sessionOf(httpServer(server.url, { timeoutMs: 200 }));
    expect(await failureOf(capped.callTool('slow', {}, { timeoutMs: 60_000 }))).toMatchObject({
      uncertain: true,
    });
  });

  it('tells that the tools changed', async () => {
    const told: string[] = [];
    const own = setUp(undefined, { toolsChanged: (server, subject) => told.push(`${server} ${subject}`) });
    open.push(own);
    const server = await started(line);
    await own.sessions.session({ server: httpServer(server.url), subject: ANA }).callTool('echo');
    await expect
      .poll(() => {
        server.toolsChanged();
        return told[0];
      })
      .toBe(`linear ${ANA}`);
  });

  it('answers a refused request with what the server said, and goes on', async () => {
    const server = await started(line, { refusal: 'no such thing as the-token-of-ana' });
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'the-token-of-ana' });
    const session = sessionOf(httpServer(server.url));
    const failure = await failureOf(session.callTool('refusing'));
    expect(failure).toEqual({ kind: 'refused', code: -32602, message: 'no such thing as …' });
    await session.callTool('echo');
    expect(server.opened()).toBe(1);
  });

  it('lets the calls under way end when it is forgotten, and opens anew for the next', async () => {
    const server = await started(line);
    const session = sessionOf(httpServer(server.url));
    const slow = session.callTool('slow');
    await expect.poll(() => server.ran).toEqual(['slow']);
    setup.sessions.forget('linear', ANA);
    await session.callTool('echo');
    expect(server.opened()).toBe(2);
    server.release();
    expect(textOf(await slow)).toBe('slow did it.');
  });

  it('says at once when the connection is cut under a call, and makes no second call of it', async () => {
    const server = await started(line);
    const session = sessionOf(httpServer(server.url));
    const slow = failureOf(session.callTool('slow'));
    await expect.poll(() => server.ran).toEqual(['slow']);
    server.cut();
    expect(await slow).toMatchObject({
      kind: 'unavailable',
      failure: { code: 'unreachable' },
      uncertain: true,
    });
    expect(server.ran).toEqual(['slow']);
    expect(textOf(await session.callTool('echo', { text: 'again' }))).toBe('again');
  });
});

describe('a session that the server no longer knows', () => {
  it.each([
    ['v1', 404],
    ['v1', 400],
    ['sse', 404],
  ] as const)('is opened anew, and the call is made there (%s, %i)', async (line, unknown) => {
    const server = await started(line, { unknown });
    const session = sessionOf(httpServer(server.url));
    await session.callTool('echo');
    server.forgetSessions();
    const answers = await Promise.all([1, 2, 3].map((n) => session.callTool('echo', { text: `n${n}` })));
    expect(answers.map(textOf)).toEqual(['n1', 'n2', 'n3']);
    expect(server.opened()).toBe(2);
    expect(server.ran).toHaveLength(4);
  });

  it('is tried once more and not for ever', async () => {
    const server = await started('v1');
    const session = sessionOf(httpServer(server.url));
    await session.callTool('echo');
    server.before = (request, response) => {
      const used = request.headers['mcp-session-id'] !== undefined && request.method === 'POST';
      if (used) response.writeHead(404).end();
      return used;
    };
    expect(await failureOf(session.callTool('echo'))).toMatchObject({ kind: 'unavailable' });
    expect(server.opened()).toBeLessThanOrEqual(3);
    expect(setup.connections.known(httpServer(server.url), ANA)?.result.kind).toBe('unreachable');
  });
});

describe('tools that the config hides', () => {
  it('are neither listed nor called', async () => {
    const server = await started('v1');
    const session = sessionOf(httpServer(server.url, { tools: { exclude: ['secret_*'] } }));
    expect((await session.listTools()).map(({ name }) => name)).not.toContain('secret_tool');
    expect(await failureOf(session.callTool('secret_tool'))).toEqual({
      kind: 'hidden_tool',
      tool: 'secret_tool',
    });
    expect([server.ran, server.opened()]).toEqual([[], 1]);
  });
});
