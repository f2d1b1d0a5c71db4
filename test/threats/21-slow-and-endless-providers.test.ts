import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/auth/errors.js';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { type Answer, startHttpPeer } from '../helpers/http-peer.js';

const MIB = 1024 * 1024;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function against(answer: Answer, totalTimeoutMs = 20_000) {
  const server = await startHttpPeer(answer);
  const guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs });
  open.push(server, guard);
  const configured = httpServer(`${server.origin}/mcp`, { timeoutMs: totalTimeoutMs });
  return { server, metadata: guard.forServer(configured), transport: guard.transportFor(configured) };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'answered',
    (error: unknown) => failureOf(error).code,
  );
}

/** Writes until the reader goes away; tells how much left. */
function flood(sent: { bytes: number }, upTo: number, contentType: string): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': contentType });
    const chunk = Buffer.alloc(64 * 1024, ' ');
    while (!response.destroyed && sent.bytes < upTo) {
      sent.bytes += chunk.byteLength;
      if (!response.write(chunk)) await sleep(1);
    }
    response.end();
  };
}

describe('threat 21: a provider that is slow, endless, or 50 MB', () => {
  it('50 MB of metadata ends at the cap: most of it is never sent', async () => {
    const sent = { bytes: 0 };
    const { server, metadata } = await against(flood(sent, 50 * MIB, 'application/json'));
    expect(await codeOf(metadata(`${server.origin}/.well-known/openid-configuration`))).toBe('too-large');
    expect(sent.bytes).toBeLessThan(30 * MIB);
  });

  it('an announced 50 MB is not even begun', async () => {
    const { server, metadata } = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(50 * MIB) });
      response.write('{');
    });
    expect(await codeOf(metadata(`${server.origin}/token`, { method: 'POST', body: '' }))).toBe('too-large');
  });

  it('an endless event on the MCP transport ends at the cap', async () => {
    const sent = { bytes: 0 };
    const { server, transport } = await against(flood(sent, Number.POSITIVE_INFINITY, 'text/event-stream'));
    const response = await transport(`${server.origin}/mcp`);
    expect(await codeOf(response.text())).toBe('too-large');
  });

  it.each(['metadata', 'transport'] as const)(
    'headers that never come end at the time limit (%s)',
    async (kind) => {
      const setup = await against(() => {}, 300);
      expect(await codeOf(setup[kind](`${setup.server.origin}/mcp`))).toBe('timeout');
    },
  );

  it('a body that never ends, byte by byte, ends at the time limit', async () => {
    const { server, metadata } = await against(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      while (!response.destroyed) {
        response.write(' ');
        await sleep(20);
      }
    }, 300);
    expect(await codeOf(metadata(`${server.origin}/token`, { method: 'POST', body: '' }))).toBe('timeout');
  });

  it('redirects in a circle end', async () => {
    const { server, metadata } = await against((_request, response) => {
      response.writeHead(302, { location: '/again' }).end();
    });
    expect(await codeOf(metadata(`${server.origin}/`))).toBe('http-error');
    expect(server.seen.length).toBeLessThanOrEqual(4);
  });
});
