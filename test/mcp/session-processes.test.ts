import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionError, type SessionFailure } from '../../src/mcp/session-types.js';
import { httpServer, placeholder, stdioServer } from '../helpers/configured-server.js';
import { startHttpPeer } from '../helpers/http-peer.js';
import { type Setup, setUp } from './setup.js';

/** A server in a process, in a few lines so that it starts quickly: `pid` tells its id and its key, `hang` never answers, `die` ends it. */
const PROGRAM = `
const result = ({ method, params }) => {
  if (method === 'initialize')
    return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'process', version: '1' } };
  if (method !== 'tools/call') return undefined;
  if (params.name === 'die') process.exit(1);
  return { content: [{ type: 'text', text: process.pid + ' ' + process.env.KEY }] };
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  if (request.id === undefined || request.params?.name === 'hang') return;
  const answer = result(request);
  const rest = answer === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result: answer };
  console.log(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...rest }));
});
`;

const server = stdioServer(process.execPath, ['-e', PROGRAM], {
  env: { KEY: placeholder('KEY') },
  keys: [{ name: 'KEY' }],
});

let setup: Setup;
beforeEach(() => {
  setup = setUp();
  setup.keys.stored = { KEY: 'the-key' };
});
afterEach(() => setup.close());

const call = async (tool: string, subject = 'telegram:1') => {
  const { content } = await setup.sessions.session({ server, subject }).callTool(tool);
  const [part] = content;
  const [pid = '', key] = (part?.type === 'text' ? part.text : '').split(' ');
  return { pid: Number(pid), key };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function failureOf(work: Promise<unknown>): Promise<SessionFailure> {
  const error = await work.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SessionError);
  return (error as SessionError).failure;
}

describe('a session with a process', () => {
  it('is one process for each person, kept between calls, and ended with the sessions', async () => {
    const [ana, again, ben] = [await call('pid'), await call('pid'), await call('pid', 'telegram:2')];
    expect(again).toEqual(ana);
    expect(ana.key).toBe('the-key');
    expect(ben.pid).not.toBe(ana.pid);
    await setup.close();
    expect([ana.pid, ben.pid].filter(isAlive)).toEqual([]);
  });

  it('starts anew when its process has died, and repeats no call that it died of', async () => {
    const { pid } = await call('pid');
    expect(await failureOf(call('die'))).toMatchObject({ kind: 'unavailable', uncertain: true });
    const second = await call('pid');
    expect(second.pid).not.toBe(pid);
    process.kill(second.pid, 'SIGKILL');
    await expect.poll(() => isAlive(second.pid)).toBe(false);
    expect((await call('pid')).pid).not.toBe(second.pid);
  });

  it('starts anew with another key, and lets the calls with the old one end', async () => {
    const { pid } = await call('pid');
    setup.keys.stored = { KEY: 'another' };
    expect(await call('pid')).toMatchObject({ key: 'another' });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe('stopping', () => {
  it('waits for no server: looks, openings and calls under way end at once', async () => {
    const silent = await startHttpPeer(() => {});
    const hanging = httpServer(silent.origin, { connectTimeoutMs: 60_000, timeoutMs: 60_000 });
    await call('pid');
    const left = Promise.allSettled([
      setup.connections.probe(hanging, 'telegram:1'),
      setup.sessions.session({ server: hanging, subject: 'telegram:1' }).callTool('x'),
      call('hang'),
    ]);
    await expect.poll(() => silent.seen.length).toBeGreaterThan(1);
    await setup.close();
    const [look, opening, under] = await left;
    expect(look).toMatchObject({ status: 'fulfilled', value: { result: { kind: 'unreachable' } } });
    expect(opening).toMatchObject({ status: 'rejected', reason: { failure: { kind: 'unavailable' } } });
    expect(under).toMatchObject({ status: 'rejected', reason: { failure: { kind: 'unavailable' } } });
    await silent.close();
  });
});
