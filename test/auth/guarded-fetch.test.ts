import type { LookupAddress } from 'node:dns';
import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, createGzip, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { GuardedFetchError } from '../../src/auth/errors.js';
import {
  createGuardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
} from '../../src/auth/requests/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { type Answer, type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function peer(answer: Answer): Promise<HttpPeer> {
  const made = await startHttpPeer(answer);
  open.push(made);
  return made;
}

function guarded(options: Partial<GuardedFetchOptions> = {}): GuardedFetch {
  const made = createGuardedFetch({ allowPrivateHosts: [], ...options });
  open.push(made);
  return made;
}

const ok: Answer = (_request, response) => json(response, 200, { fine: true });

/** Names as DNS would give them; any other name is not found. */
const names = (table: Record<string, readonly string[]>) => async (hostname: string) => {
  const found = table[hostname];
  if (found === undefined)
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
  return found.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
};

async function failure(work: Promise<unknown>): Promise<GuardedFetchError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GuardedFetchError);
  expect(error).toBeInstanceOf(TypeError);
  return error as GuardedFetchError;
}

describe('guarded fetch, answers', () => {
  it('answers as the built-in fetch does, with a Response of the global class', async () => {
    const server = await peer(ok);
    const fetch = guarded().forServer(httpServer(`${server.origin}/mcp`));
    const response = await fetch(`${server.origin}/.well-known/x`, {
      headers: { accept: 'application/json' },
    });
    expect(response).toBeInstanceOf(Response);
    expect([response.status, await response.json()]).toEqual([200, { fine: true }]);
    expect(server.seen[0]?.headers.accept).toBe('application/json');
  });

  it('passes a 4xx on, body and all: an OAuth error stands in it', async () => {
    const server = await peer((_request, response) => json(response, 400, { error: 'invalid_grant' }));
    const fetch = guarded().forServer(httpServer(server.origin));
    const response = await fetch(`${server.origin}/token`, { method: 'POST', body: 'a=1' });
    expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_grant' }]);
    expect(server.seen[0]?.body).toBe('a=1');
  });

  it('keeps its connections for the next requests', async () => {
    const server = await peer(ok);
    const fetch = guarded().forServer(httpServer(server.origin));
    for (let i = 0; i < 10; i += 1) await fetch(`${server.origin}/${i}`);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it('lets go of its connections when it is closed', async () => {
    const server = await peer(ok);
    const guard = guarded();
    await guard.forServer(httpServer(server.origin))(`${server.origin}/`);
    expect(server.sockets.size).toBe(1);
    const [socket] = server.sockets;
    const gone = socket === undefined ? undefined : once(socket, 'close');
    await guard.close();
    await gone;
    expect(server.sockets.size).toBe(0);
  });

  it.each([500, 502, 503])(
    'throws for a %i on metadata, which must not read as "has none"',
    async (status) => {
      const server = await peer((_request, response) => json(response, status, {}));
      const fetch = guarded().forServer(httpServer(server.origin));
      const error = await failure(fetch(`${server.origin}/.well-known/oauth-protected-resource`));
      expect([error.code, error.host]).toEqual(['http-error', '127.0.0.1']);
    },
  );

  it('throws for metadata that is a page in HTML', async () => {
    const server = await peer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Hello');
    });
    const fetch = guarded().forServer(httpServer(server.origin));
    const error = await failure(fetch(`${server.origin}/.well-known/oauth-protected-resource`));
    expect(error.code).toBe('bad-metadata');
  });

  it('passes a 503 of a token endpoint on: the caller knows what to make of it', async () => {
    const server = await peer((_request, response) => json(response, 503, {}));
    const fetch = guarded().forServer(httpServer(server.origin));
    expect((await fetch(`${server.origin}/token`, { method: 'POST', body: '' })).status).toBe(503);
  });

  it('says "unreachable" with the host where nobody listens', async () => {
    const server = await startHttpPeer(ok);
    await server.close();
    const fetch = guarded().forServer(httpServer(server.origin));
    const error = await failure(fetch(`${server.origin}/x?secret=1`));
    expect([error.code, error.host]).toEqual(['unreachable', '127.0.0.1']);
    expect(error.message).not.toContain('secret');
  });

  it("leaves the caller's own abort as it is", async () => {
    const server = await peer(() => {});
    const fetch = guarded().forServer(httpServer(server.origin));
    const controller = new AbortController();
    const reason = new Error('enough');
    const asked = fetch(`${server.origin}/`, { signal: controller.signal });
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('guarded fetch, redirects', () => {
  const redirect =
    (location: string, status = 302): Answer =>
    (_request, response) => {
      response.writeHead(status, { location }).end();
    };

  it('follows three, and not a fourth', async () => {
    const server = await peer((request, response) => {
      const left = Number(request.path.slice(1));
      if (left === 0) json(response, 200, { fine: true });
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const fetch = guarded().forServer(httpServer(server.origin));
    expect((await fetch(`${server.origin}/3`)).status).toBe(200);
    expect((await failure(fetch(`${server.origin}/4`))).code).toBe('http-error');
  });

  it('hands a redirect to a caller that follows them itself', async () => {
    const server = await peer(redirect('/elsewhere'));
    const fetch = guarded().forServer(httpServer(server.origin));
    const response = await fetch(`${server.origin}/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere']);
  });

  it('carries Authorization, cookies and API keys within an origin, never to another one', async () => {
    const second = await peer(ok);
    const first = await peer((request, response) => {
      const location = request.path === '/away' ? `${second.origin}/landed` : '/landed';
      if (request.path === '/landed') json(response, 200, {});
      else response.writeHead(302, { location }).end();
    });
    const fetch = guarded().transportFor(httpServer(first.origin));
    const headers = {
      authorization: 'Bearer secret',
      'x-api-key': 'secret',
      cookie: 'a=secret',
      accept: 'text/plain',
    };
    await fetch(`${first.origin}/near`, { headers });
    expect(first.seen[1]?.headers).toMatchObject(headers);
    await fetch(`${first.origin}/away`, { headers });
    expect(JSON.stringify(second.seen)).not.toContain('secret');
    expect(second.seen[0]?.headers.accept).toBe('text/plain');
  });

  it('repeats a body within an origin on 307, and never sends it to another one', async () => {
    const second = await peer(ok);
    const first = await peer((request, response) => {
      if (request.path === '/landed') return json(response, 200, {});
      const location = request.path === '/away' ? `${second.origin}/landed` : '/landed';
      response.writeHead(307, { location }).end();
    });
    const fetch = guarded().forServer(httpServer(first.origin));
    const init = { method: 'POST', body: 'refresh_token=secret' };
    await fetch(`${first.origin}/near`, init);
    expect(first.seen[1]).toMatchObject({ method: 'POST', path: '/landed', body: 'refresh_token=secret' });
    expect((await failure(fetch(`${first.origin}/away`, init))).code).toBe('http-error');
    expect(second.seen).toEqual([]);
  });

  it('turns a POST into a GET without its body on 303', async () => {
    const server = await peer((request, response) => {
      if (request.path === '/landed') json(response, 200, {});
      else response.writeHead(303, { location: '/landed' }).end();
    });
    const fetch = guarded().forServer(httpServer(server.origin));
    await fetch(`${server.origin}/`, {
      method: 'POST',
      body: 'a=1',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(server.seen[1]).toMatchObject({ method: 'GET', body: '' });
    expect(server.seen[1]?.headers['content-type']).toBeUndefined();
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'http://example.com/', 'http://10.0.0.1/', ''])(
    'refuses to follow to %j',
    async (location) => {
      const server = await peer(redirect(location));
      const fetch = guarded().forServer(httpServer(server.origin));
      expect(['insecure-endpoint', 'http-error']).toContain((await failure(fetch(`${server.origin}/`))).code);
    },
  );
});

describe('guarded fetch, limits', () => {
  it('ends a slow answer at the time limit, though it sends a byte now and then', async () => {
    const server = await peer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      while (!response.destroyed) {
        response.write(' ');
        await sleep(20);
      }
    });
    const fetch = guarded({ totalTimeoutMs: 150 }).forServer(httpServer(server.origin));
    expect((await failure(fetch(`${server.origin}/`))).code).toBe('timeout');
  });

  it('ends a connection that is never accepted at the connect limit', async () => {
    const server = await peer(ok);
    const lookup = () => new Promise<never>(() => {});
    const fetch = guarded({ lookup, connectTimeoutMs: 100 }).forServer(httpServer(server.origin));
    const error = await failure(fetch('https://never.example/'));
    expect([error.code, error.host]).toEqual(['timeout', 'never.example']);
  });

  it('counts what a compressed answer unpacks to', async () => {
    const server = await peer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.end(Buffer.alloc(20 * 1024 * 1024, ' '));
    });
    const fetch = guarded().forServer(httpServer(server.origin));
    expect((await failure(fetch(`${server.origin}/`))).code).toBe('too-large');
  });
});

describe('guarded fetch on the MCP transport', () => {
  it('streams events for longer than any time limit, as they come', async () => {
    const server = await peer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let i = 0; i < 6; i += 1) {
        response.write(`data: ${i}\n\n`);
        await sleep(200);
      }
      response.end();
    });
    const fetch = guarded({ totalTimeoutMs: 50 }).transportFor(
      httpServer(server.origin, { timeoutMs: 1000 }),
    );
    const response = await fetch(`${server.origin}/mcp`);
    expect(response).toBeInstanceOf(Response);
    expect(await response.text()).toBe([0, 1, 2, 3, 4, 5].map((i) => `data: ${i}\n\n`).join(''));
  });

  it("stops a stream when its reader does, and when the caller's signal says so", async () => {
    const server = await peer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    const fetch = guarded().transportFor(httpServer(server.origin));
    const closed = async () => {
      const [socket] = server.sockets;
      if (socket !== undefined) await once(socket, 'close');
    };
    const first = await fetch(`${server.origin}/mcp`);
    const gone = closed();
    await first.body?.cancel();
    await gone;
    const controller = new AbortController();
    const second = await fetch(`${server.origin}/mcp`, { signal: controller.signal });
    const read = second.text();
    const goneAgain = closed();
    controller.abort();
    await expect(read).rejects.toThrow();
    await goneAgain;
  });

  it('waits no longer than the timeout of the server for an answer to begin', async () => {
    const server = await peer(() => {});
    const fetch = guarded().transportFor(httpServer(server.origin, { timeoutMs: 1000 }));
    expect((await failure(fetch(`${server.origin}/mcp`, { method: 'POST', body: '{}' }))).code).toBe(
      'timeout',
    );
  });

  it('takes big events, many of them, but none without an end', async () => {
    const chunk = `data: ${'x'.repeat(4000)}\r\n\r\n`;
    const server = await peer(async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (request.path === '/many') {
        response.end(chunk.repeat(100));
        return;
      }
      while (!response.destroyed) {
        if (!response.write(`data: ${'x'.repeat(4000)}\n`)) await sleep(5);
      }
    });
    const fetch = guarded({ maxTransportBytes: 20_000 }).transportFor(httpServer(server.origin));
    expect(await (await fetch(`${server.origin}/many`)).text()).toHaveLength(chunk.length * 100);
    const endless = fetch(`${server.origin}/endless`).then((response) => response.text());
    expect((await failure(endless)).code).toBe('too-large');
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('unpacks what a server compressed unasked (%s), and counts that', async (coding, pack) => {
    const server = await peer((request, response) => {
      const text = request.path === '/big' ? ' '.repeat(3_000_000) : 'data: 1\n\n';
      const type = request.path === '/events' ? 'text/event-stream' : 'text/plain';
      response.writeHead(200, { 'content-type': type, 'content-encoding': coding }).end(pack(text));
    });
    const fetch = guarded({ maxTransportBytes: 20_000 }).transportFor(httpServer(server.origin));
    for (const path of ['/', '/events'])
      expect(await (await fetch(`${server.origin}${path}`)).text()).toBe('data: 1\n\n');
    expect((await failure(fetch(`${server.origin}/big`))).code).toBe('too-large');
    expect(server.seen[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('says with its length that an event stream is over already, and of one that goes on nothing', async () => {
    const server = await peer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (request.path === '/over') response.end('data: 1\n\n');
      else response.write('data: 1\n\n');
    });
    const fetch = guarded().transportFor(httpServer(server.origin));
    const over = await fetch(`${server.origin}/over`);
    expect([over.headers.get('content-length'), await over.text()]).toEqual(['9', 'data: 1\n\n']);
    const on = await fetch(`${server.origin}/on`);
    expect(on.headers.get('content-length')).toBeNull();
    await on.body?.cancel();
  });

  it("leaves no listener on the caller's signal, whatever became of the request", async () => {
    const server = await peer((request, response) => {
      if (request.path === '/hangs') return;
      response.writeHead(200, { 'content-type': request.path === '/events' ? 'text/event-stream' : 'a/b' });
      response.end('data: 1\n\n');
    });
    const fetch = guarded().transportFor(httpServer(server.origin, { timeoutMs: 300 }));
    const { signal } = new AbortController();
    for (const path of ['/', '/events', '/hangs'])
      await fetch(`${server.origin}${path}`, { signal })
        .then((response) => response.text())
        .catch(() => {});
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('tells a request that never left from one that may have arrived', async () => {
    const server = await peer((_request, response) => void response.destroy());
    const fetch = guarded().transportFor(httpServer(server.origin));
    const post = () => failure(fetch(`${server.origin}/`, { method: 'POST', body: '{}' }));
    expect(await post()).toMatchObject({ code: 'unreachable', unsent: false });
    await server.close();
    expect(await post()).toMatchObject({ code: 'unreachable', unsent: true });
  });

  it('takes headers with bytes beyond ASCII as the built-in fetch does', async () => {
    const server = await peer((_request, response) => {
      response.socket?.end(Buffer.from('HTTP/1.1 200 OK\r\nx-name: Zoë ✓\r\ncontent-length: 0\r\n\r\n'));
    });
    const ours = await guarded().transportFor(httpServer(server.origin))(`${server.origin}/`);
    const theirs = await globalThis.fetch(`${server.origin}/`);
    expect(ours.headers.get('x-name')).toBe(theirs.headers.get('x-name'));
  });

  it('caps an answer that is not a stream', async () => {
    const server = await peer((_request, response) => json(response, 200, 'x'.repeat(30_000)));
    const fetch = guarded({ maxTransportBytes: 20_000 }).transportFor(httpServer(server.origin));
    expect((await failure(fetch(`${server.origin}/mcp`))).code).toBe('too-large');
  });
});

describe('guarded fetch, names and addresses', () => {
  it('lets a private server be reached by its own name, and nothing else by another', async () => {
    const server = await peer(ok);
    const lookup = names({ 'mcp.internal': ['127.0.0.1'], 'other.internal': ['127.0.0.1'] });
    const fetch = guarded({ lookup }).forServer(httpServer(`http://mcp.internal:${server.port}/mcp`));
    expect((await fetch(`http://mcp.internal:${server.port}/`)).status).toBe(200);
    expect((await failure(fetch(`https://other.internal:${server.port}/`))).code).toBe('blocked-address');
    expect((await failure(fetch(`http://127.0.0.1:${server.port}/`))).code).toBe('blocked-address');
    expect((await failure(fetch(`http://localhost:${server.port}/`))).code).not.toBe('internal');
    expect(server.seen).toHaveLength(1);
  });

  it('lets what the operator allows be private, by name and by address', async () => {
    const server = await peer(ok);
    const lookup = names({ localhost: ['127.0.0.1'] });
    const mcp = httpServer('https://mcp.example/mcp');
    const byAddress = guarded({ lookup, allowPrivateHosts: ['127.0.0.1'] }).forServer(mcp);
    expect((await byAddress(`http://127.0.0.1:${server.port}/`)).status).toBe(200);
    expect((await byAddress(`http://localhost:${server.port}/`)).status).toBe(200);
    const byName = guarded({ lookup, allowPrivateHosts: ['LOCALHOST'] }).forServer(mcp);
    expect((await byName(`http://localhost:${server.port}/`)).status).toBe(200);
    expect((await failure(byName(`http://127.0.0.1:${server.port}/`))).code).toBe('blocked-address');
  });

  it('does not let one server use a connection that another was allowed to make', async () => {
    const server = await peer(ok);
    const guard = guarded();
    const own = guard.forServer(httpServer(`${server.origin}/mcp`));
    expect((await own(`${server.origin}/`)).status).toBe(200);
    const foreign = guard.forServer(httpServer('https://mcp.example/mcp', { name: 'other' }));
    expect((await failure(foreign(`${server.origin}/`))).code).toBe('blocked-address');
    expect(server.seen).toHaveLength(1);
  });

  it('sends plain http to no public address, not even to the configured origin', async () => {
    const lookup = names({ 'mcp.example': ['93.184.216.34'] });
    const fetch = guarded({ lookup }).forServer(httpServer('http://mcp.example/mcp'));
    expect((await failure(fetch('http://mcp.example/'))).code).toBe('insecure-endpoint');
  });

  it('does not believe a name that says it is localhost', async () => {
    const lookup = names({ 'evil.localhost': ['93.184.216.34'], localhost: ['10.0.0.1'] });
    const fetch = guarded({ lookup }).forServer(httpServer('https://mcp.example/mcp'));
    expect((await failure(fetch('http://evil.localhost/'))).code).toBe('insecure-endpoint');
    expect((await failure(fetch('http://localhost/'))).code).toBe('insecure-endpoint');
  });
});
