import { describe, expect, it } from 'vitest';
import type { Server } from '../../src/auth/types.js';
import { checkServer } from '../../src/cli/server-check.js';
import type { ProbeResult } from '../../src/mcp/types.js';
import { httpServer, placeholder, stdioServer } from '../helpers/configured-server.js';

/** Answers each look in turn, and remembers what it was asked. */
function looks(...results: readonly ProbeResult[]) {
  const asked: { server: Server; subject: string }[] = [];
  return {
    asked,
    async probe(server: Server, subject: string) {
      const result = results[asked.length];
      asked.push({ server, subject });
      if (result === undefined) throw new Error('one look too many');
      return { server: server.name, subject, atMs: 0, latencyMs: 1, sinceMs: 0, result };
    },
  };
}

const url = 'https://mcp.linear.app/mcp';
const keyed = httpServer(url, {
  keys: [{ name: 'LINEAR_KEY' }],
  headers: { 'X-API-Key': placeholder('LINEAR_KEY'), 'X-Team': 'a' },
});
const ready: ProbeResult = { kind: 'ready', tools: [], protocolVersion: '2025-11-25', authenticated: true };
const down = (code: 'timeout' | 'http-error'): ProbeResult => ({
  kind: 'unreachable',
  failure: { code, host: 'mcp.linear.app', detail: 'status 403' },
});

describe('how a server is found to be', () => {
  it('takes a sign-in that nobody made for no failure: people make it in the chat', async () => {
    const look = looks({ kind: 'needs-sign-in', reason: 'never' });
    expect(await checkServer(httpServer(url), 'ana', look)).toEqual({
      server: 'linear',
      mark: 'attention',
      found: 'sign-in needed',
      next: 'People sign in with /mcp auth linear.',
    });
    expect(look.asked.map(({ subject }) => subject)).toEqual(['ana']);
  });

  it('says which names of `tools` no tool has: who wrote Delete_all did not hide delete_all', async () => {
    const look = looks({ ...ready, withoutTool: ['Delete_all', 'x_*'] });
    expect(
      await checkServer(httpServer(url, { tools: { exclude: ['Delete_all', 'x_*'] } }), 'ana', look),
    ).toEqual({
      server: 'linear',
      mark: 'attention',
      found: 'connected · 0 tools',
      next: '`tools.exclude` names Delete_all and x_*, and no tool is called so. Capitals and small letters count.',
    });
  });

  it('names the admins as those who sign in to a server that everyone shares', async () => {
    const shared = { credentials: 'shared' } as const;
    const look = looks({ kind: 'needs-sign-in', reason: 'never' }, { kind: 'needs-key', reason: 'refused' });
    expect(await checkServer(httpServer(url, shared), 'ana', look)).toMatchObject({
      next: 'An admin signs in for everyone with /mcp auth linear.',
    });
    expect(await checkServer({ ...keyed, ...shared }, 'ana', look)).toMatchObject({
      next: expect.stringMatching(/^An admin gives one for everyone with \/mcp auth linear;/),
    });
  });

  it('reaches a server whose key is missing without it, in nobody’s name', async () => {
    const look = looks({ kind: 'needs-key', reason: 'missing' }, { kind: 'needs-sign-in', reason: 'never' });
    expect(await checkServer(keyed, 'ana', look)).toMatchObject({ mark: 'attention', found: 'key needed' });
    expect(look.asked[1]).toMatchObject({ subject: '', server: { keys: [], headers: { 'X-Team': 'a' } } });
    expect(JSON.stringify(look.asked[1])).not.toContain('LINEAR_KEY');
  });

  it('takes a 403 without the key for the server that it is, and a timeout for a failure', async () => {
    const missing: ProbeResult = { kind: 'needs-key', reason: 'missing' };
    expect(await checkServer(keyed, 'ana', looks(missing, down('http-error')))).toMatchObject({
      mark: 'attention',
    });
    expect(await checkServer(keyed, 'ana', looks(missing, down('timeout')))).toMatchObject({
      mark: 'failed',
      found: 'mcp.linear.app did not answer in time (status 403)',
    });
  });

  it('blames the environment for a refused key that came from there', async () => {
    const shared = httpServer(url, { keys: [{ name: 'LINEAR_KEY', value: 'sk-1' }], headers: keyed.headers });
    const finding = await checkServer(shared, 'ana', looks({ kind: 'needs-key', reason: 'refused' }));
    expect(finding).toMatchObject({ mark: 'failed', next: 'Set a valid LINEAR_KEY in the environment.' });
    expect(JSON.stringify(finding)).not.toContain('sk-1');
  });

  it('does not start a process whose key is missing', async () => {
    const server = stdioServer('node', [], { keys: [{ name: 'FILES_KEY' }] });
    const look = looks({ kind: 'needs-key', reason: 'missing' });
    expect(await checkServer(server, 'ana', look)).toMatchObject({ mark: 'attention', found: 'key needed' });
    expect(look.asked).toHaveLength(1);
  });

  it('leaves a disabled server alone', async () => {
    const look = looks();
    expect(await checkServer(httpServer(url, { enabled: false }), 'ana', look)).toMatchObject({
      mark: 'neutral',
    });
  });

  it('says how many tools a server has that was reached', async () => {
    expect(await checkServer(httpServer(url), 'ana', looks(ready))).toMatchObject({
      mark: 'ok',
      found: 'connected · 0 tools',
    });
  });
});
