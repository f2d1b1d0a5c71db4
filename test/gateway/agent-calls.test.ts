import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Server } from '../../src/auth/types.js';
import type { SignInRequest, SignInRequests, SignInWaited } from '../../src/gateway/agents/call-types.js';
import { createAgentCalls } from '../../src/gateway/agents/calls.js';
import type { Actor } from '../../src/gateway/types.js';
import { StoreError } from '../../src/storage/types.js';
import { httpServer } from '../helpers/configured-server.js';
import { settingsWith } from '../helpers/gateway-setup.js';
import { type SessionServer, startSessionServer } from '../mcp/session-servers.js';
import { type Setup, setUp } from '../mcp/setup.js';

const ana: Actor = { platform: 'telegram', userId: '1', displayName: 'Ana' };
const mallory: Actor = { platform: 'telegram', userId: '666', displayName: 'M' };

let setup: Setup;
let server: SessionServer;
let servers: readonly Server[];
let role: 'admin' | 'user';
/** Whose token is in use: what the keeper was asked for. */
let signedIn: boolean;

const requests = {
  asked: [] as SignInRequest[],
  sent: 'sent' as Awaited<ReturnType<SignInRequests['request']>>,
  /** Ends the waiting of all who wait. */
  end: (_how: SignInWaited) => {},
  ended: undefined as Promise<SignInWaited> | undefined,
  timeouts: [] as number[],
};

const fakeRequests: SignInRequests = {
  request: async (asked) => {
    requests.asked.push(asked);
    return requests.sent;
  },
  wait: async (_actor, _server, { timeoutMs, signal }): Promise<SignInWaited> => {
    requests.timeouts.push(timeoutMs);
    const aborted = new Promise<SignInWaited>((resolve) => {
      signal?.addEventListener('abort', () => resolve('aborted'));
    });
    return await Promise.race<SignInWaited>([requests.ended ?? 'expired', aborted]);
  },
};

/** Servers that are not there for who calls. */
const hidden = new Set<string>();

const calls = (asking: SignInRequests = fakeRequests) =>
  createAgentCalls({
    settings: () => settingsWith(servers),
    people: { subjectOf: (actor) => (actor.userId === '1' ? 'ana' : actor.userId) },
    access: {
      may: (actor) => (actor.userId === '666' ? 'stranger' : role),
      mayUse: (_, server) => !hidden.has(server),
    },
    sessions: setup.sessions,
    requests: asking,
  });

beforeEach(async () => {
  role = 'user';
  signedIn = true;
  Object.assign(requests, { asked: [], sent: 'sent', timeouts: [] });
  requests.ended = new Promise((resolve) => {
    requests.end = resolve;
  });
  setup = setUp();
  setup.keeper.outcome = () =>
    signedIn ? { kind: 'token', accessToken: 'a-token' } : { kind: 'needs-sign-in', reason: 'never' };
  server = await startSessionServer('v1');
  server.before = (request, response) => {
    if (request.headers.authorization === 'Bearer a-token') return false;
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    return true;
  };
  servers = [httpServer(server.url)];
});

afterEach(async () => {
  await setup.close();
  await server.close();
});

describe('a call on behalf of a person', () => {
  it('is answered with what the server says', async () => {
    expect(await calls().callTool(ana, 'linear', 'echo', { text: 'hi' })).toMatchObject({
      kind: 'done',
      value: { content: [{ type: 'text', text: 'hi' }] },
    });
    expect(await calls().callTool(ana, 'linear', 'failing')).toMatchObject({
      kind: 'done',
      value: { isError: true },
    });
    expect(await calls().listTools(ana, 'linear')).toMatchObject({ kind: 'done', value: { length: 7 } });
    expect(await calls().readResource(ana, 'linear', 'note://1')).toMatchObject({ kind: 'done' });
    expect(await calls().getPrompt(ana, 'linear', 'greet', { who: 'Ben' })).toMatchObject({ kind: 'done' });
    expect(server.opened()).toBe(1);
  });

  it('is made by several in one session, whose own errors pass through', async () => {
    const both = await calls().withSession(ana, 'linear', async (session) => {
      const first = await session.callTool('echo', { text: 'a' });
      const second = await session.callTool('echo', { text: 'b' });
      return [first, second].map(({ content }) => content[0]);
    });
    expect(both).toMatchObject({ kind: 'done', value: [{ text: 'a' }, { text: 'b' }] });
    const own = new Error('mine');
    const failing = calls().withSession(ana, 'linear', () => Promise.reject(own));
    await expect(failing).rejects.toBe(own);
  });

  it('uses the credential of the person, or that of everyone', async () => {
    const asked: string[] = [];
    const recording = {
      ...setup.sessions,
      session: (...[key, options]: Parameters<Setup['sessions']['session']>) => {
        asked.push(key.subject);
        return setup.sessions.session(key, options);
      },
    };
    servers = [httpServer(server.url), httpServer(server.url, { name: 'shared', credentials: 'shared' })];
    const own = createAgentCalls({
      settings: () => settingsWith(servers),
      people: { subjectOf: () => 'ana' },
      access: { may: () => 'user', mayUse: () => true },
      sessions: recording,
    });
    await own.callTool(ana, 'linear', 'echo');
    await own.callTool(ana, 'shared', 'echo');
    expect(asked).toEqual(['ana', 'shared']);
  });

  it('is not made for a stranger, who hears nothing of servers', async () => {
    const outcome = await calls().callTool(mallory, 'linear', 'echo');
    expect(outcome).toEqual({
      kind: 'not_allowed',
      server: 'linear',
      why: 'stranger',
      sentence: 'This person may not use this gateway.',
    });
    expect(await calls().callTool(mallory, 'linnear', 'echo')).not.toHaveProperty('meant');
    expect(server.callers).toEqual([]);
  });

  it('one that is not there for this person is to them as if it did not exist', async () => {
    hidden.add('linear');
    try {
      expect(await calls().callTool(ana, 'linear', 'echo')).toMatchObject({
        kind: 'not_allowed',
        why: 'unknown_server',
        sentence: 'There is no server named "linear".',
      });
    } finally {
      hidden.clear();
    }
  });

  it('says which server was perhaps meant, which is disabled, and which tool is hidden', async () => {
    expect(await calls().callTool(ana, 'linera', 'echo')).toMatchObject({
      kind: 'not_allowed',
      why: 'unknown_server',
      meant: 'linear',
      sentence: 'There is no server named "linera". Did you mean linear?',
    });
    servers = [httpServer(server.url, { enabled: false })];
    expect(await calls().callTool(ana, 'linear', 'echo')).toMatchObject({ why: 'disabled_server' });
    servers = [httpServer(server.url, { tools: { include: ['echo'] } })];
    expect(await calls().callTool(ana, 'linear', 'slow')).toMatchObject({ why: 'hidden_tool' });
    expect(server.ran).toEqual([]);
  });

  it('says what the server answered to a request that it refused', async () => {
    expect(await calls().callTool(ana, 'linear', 'refusing')).toEqual({
      kind: 'refused',
      server: 'linear',
      code: -32602,
      sentence: 'linear refused the request. It said: "what is that?"',
    });
  });

  it('says whether it may have been carried out', async () => {
    const outcome = await calls().callTool(ana, 'linear', 'slow', {}, { timeoutMs: 150 });
    expect(outcome).toMatchObject({ kind: 'unavailable', code: 'timeout', uncertain: true });
    expect(outcome).toMatchObject({ sentence: expect.stringContaining('may have been carried out') });
    await server.close();
    const away = await calls().callTool(ana, 'linear', 'echo');
    expect(away).toMatchObject({ kind: 'unavailable', code: 'unreachable' });
    expect(away).toMatchObject({ sentence: expect.stringContaining('Nothing was carried out.') });
  });

  it('asks nobody to sign in for what is refused with an access that the server takes for the rest', async () => {
    // The keeper says of one that was refused that it works.
    setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'vouched-for' });
    expect(await calls().callTool(ana, 'linear', 'echo', {}, { signIn: {} })).toEqual({
      kind: 'unavailable',
      server: 'linear',
      code: 'credential-refused',
      sentence:
        'linear refuses this call with the access that it was given. Nothing was carried out, and signing in again does not help.',
    });
    expect(requests.asked).toEqual([]);
  });

  it('rejects with the reason of the signal that ended it', async () => {
    const reason = new Error('enough');
    const call = calls().callTool(ana, 'linear', 'echo', {}, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });
});

describe('a call that needs a sign-in', () => {
  beforeEach(() => {
    signedIn = false;
  });

  it('says so, with words for the model and no link', async () => {
    expect(await calls().callTool(ana, 'linear', 'echo')).toEqual({
      kind: 'needs_reauth',
      server: 'linear',
      reason: 'never',
      sentence:
        'Nobody has signed in to linear for this person yet. Tell the person to run /mcp auth linear; do not try to obtain tokens yourself.',
    });
    expect(requests.asked).toEqual([]);
  });

  it('asks once for all calls at the same time, waits, and goes on by itself', async () => {
    const conversation = { chat: 7 };
    const one = calls();
    const waiting = Array.from({ length: 5 }, (_, at) =>
      one.callTool(ana, 'linear', 'echo', { text: `${at}` }, { signIn: { conversation, timeoutMs: 5000 } }),
    );
    await expect.poll(() => requests.timeouts).toEqual([5000, 5000, 5000, 5000, 5000]);
    signedIn = true;
    requests.end('signed-in');
    const outcomes = await Promise.all(waiting);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('done'));
    expect(requests.asked).toEqual([{ actor: ana, server: 'linear', reason: 'never', conversation }]);
  });

  it('asks again for a later call', async () => {
    const one = calls();
    requests.end('declined');
    for (const _ of [1, 2]) await one.callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(requests.asked).toHaveLength(2);
  });

  it.each(['declined', 'expired', 'timeout'] as const)('says what came of the asking (%s)', async (how) => {
    requests.end(how);
    const outcome = await calls().callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(outcome).toMatchObject({ kind: 'needs_reauth', waited: how });
  });

  it('does not wait where nobody could be asked privately', async () => {
    requests.sent = 'no-private-way';
    const outcome = await calls().callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(outcome).toMatchObject({ kind: 'needs_reauth', waited: 'no-private-way' });
    expect(requests.timeouts).toEqual([]);
  });

  it('ends the waiting with its own signal, and the call with that of the call', async () => {
    const waiting = new AbortController();
    const first = calls().callTool(ana, 'linear', 'echo', {}, { signIn: { signal: waiting.signal } });
    await expect.poll(() => requests.timeouts.length).toBe(1);
    waiting.abort();
    expect(await first).toMatchObject({ kind: 'needs_reauth', waited: 'aborted' });
    const whole = new AbortController();
    const second = calls().callTool(ana, 'linear', 'echo', {}, { signal: whole.signal, signIn: {} });
    const rejected = expect(second).rejects.toThrow('enough');
    await expect.poll(() => requests.timeouts.length).toBe(2);
    whole.abort(new Error('enough'));
    await rejected;
  });

  it('ends it also while the person is still being asked, which may take as long as a provider does', async () => {
    const slow = { ...fakeRequests };
    let answer = (_: 'sent') => {};
    const sent = new Promise<'sent'>((resolve) => {
      answer = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      slow.request = () => {
        resolve();
        return sent;
      };
    });
    const waiting = new AbortController();
    const call = calls(slow).callTool(ana, 'linear', 'echo', {}, { signIn: { signal: waiting.signal } });
    await asked;
    waiting.abort();
    expect(await call).toMatchObject({ kind: 'needs_reauth', waited: 'aborted' });
    answer('sent');
  });

  it('is a value too where the storage fails meanwhile', async () => {
    const away = async () => {
      throw new StoreError('store_unavailable', 'away');
    };
    const asking = calls({ ...fakeRequests, request: away });
    const outcome = await asking.callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(outcome).toMatchObject({ kind: 'unavailable', code: 'store-unavailable' });
  });

  it('asks nobody for what only an admin may give', async () => {
    servers = [httpServer(server.url, { credentials: 'shared' })];
    const outcome = await calls().callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(outcome).toMatchObject({
      kind: 'needs_reauth',
      sentence: expect.stringContaining('Tell the person to ask an admin to run /mcp auth linear'),
    });
    expect(requests.asked).toEqual([]);
    role = 'admin';
    requests.end('declined');
    await calls().callTool(ana, 'linear', 'echo', {}, { signIn: {} });
    expect(requests.asked).toHaveLength(1);
  });
});
