import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpPart } from '../../src/http/adapter-parts.js';
import { exchange } from './exchange.js';
import { servePublic } from './serving.js';

const SECRET = 'wKc0Yb9qvTg3';
const PATH = `/webhooks/telegram/${SECRET}`;
const MEBIBYTE = 1024 * 1024;

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A platform's webhook that says what reached it. */
async function webhook(rest: { readonly publicUrl?: string; readonly arrivalMs?: number } = {}) {
  const reached: string[] = [];
  const part: HttpPart = {
    path: PATH,
    audience: 'public',
    async handle(request) {
      reached.push(`${request.method} ${new URL(request.url).pathname}`);
      if (request.url.endsWith('/elsewhere')) return Response.json({ ok: false }, { status: 404 });
      if (request.url.endsWith('/broken')) throw new Error('nobody planned this');
      const bytes = new Uint8Array(await request.arrayBuffer());
      const secret = request.headers.get('x-telegram-bot-api-secret-token');
      return Response.json({ size: bytes.byteLength, digest: digest(bytes), secret });
    },
  };
  const { publicUrl, ...how } = rest;
  return { ...(await servePublic(publicUrl, [part], how)), reached };
}

function posting(port: number, ...pieces: readonly (string | Uint8Array)[]): Socket {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  // What is refused is not read to its end: the rest may meet a closed connection.
  socket.on('error', () => {});
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: gateway.example.org\r\n`);
  for (const piece of pieces) socket.write(piece);
  return socket;
}

/** The first line of the answer. */
async function statusLine(socket: Socket): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString('latin1').split('\r\n')[0] ?? '';
}

describe('a webhook on the public listener', () => {
  test('gets up to a mebibyte exactly as it was sent, and its JSON goes back as it is', async () => {
    const { url, reached } = await webhook();
    for (const size of [0, 1, MEBIBYTE]) {
      const bytes = randomBytes(size);
      const response = await fetch(`${url}${PATH}`, {
        method: 'POST',
        headers: { 'X-Telegram-Bot-Api-Secret-Token': 's3cret' },
        body: bytes,
      });
      expect(await response.json()).toEqual({ size, digest: digest(bytes), secret: 's3cret' });
      expect(response.status).toBe(200);
      const names = [...response.headers.keys()].filter(
        (name) => !/^(date|connection|keep-alive)$/.test(name),
      );
      expect(names.sort()).toEqual(['content-length', 'content-type']);
      expect(response.headers.get('content-type')).toBe('application/json');
    }
    expect(reached).toEqual(Array(3).fill(`POST ${PATH}`));
  });

  test('is found below a public URL with a path of its own, passed on by the proxy or stripped', async () => {
    const { url } = await webhook({ publicUrl: 'https://example.org/mcp' });
    for (const prefix of ['', '/mcp']) {
      expect((await exchange(`${url}${prefix}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(200);
    }
  });

  test.each([
    ['with its length said', [`Content-Length: ${MEBIBYTE + 1}\r\n\r\n`, randomBytes(MEBIBYTE + 1)]],
    ['of which only the length is said', ['Content-Length: 1000000000\r\n\r\n', 'abc']],
    [
      'in chunks that never end',
      ['Transfer-Encoding: chunked\r\n\r\n', ...Array(40).fill(`8000\r\n${'x'.repeat(0x8000)}\r\n`)],
    ],
  ])('never sees more than that: a body %s gets a 413', async (_, pieces) => {
    const { port, reached } = await webhook();
    expect(await statusLine(posting(port, ...pieces))).toBe('HTTP/1.1 413 Payload Too Large');
    expect(reached).toEqual([]);
  });

  test('a body that arrives too slowly is cut off with a 408, and is nothing that went wrong here', async () => {
    const { port, url, log, reached } = await webhook({ arrivalMs: 200 });
    const socket = posting(port, 'Content-Length: 100\r\n\r\n', '{"update_id":');
    expect(await statusLine(socket)).toBe('HTTP/1.1 408 Request Timeout');
    await expect.poll(() => log.lines).toHaveLength(1);
    expect(log.lines.join()).toBe('answered {"method":"POST","route":"/webhooks","status":400}');
    expect(reached).toEqual([]);
    expect((await exchange(`${url}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(200);
  });

  test('a sender who goes away in the middle is nothing that went wrong here either', async () => {
    const { port, log, reached } = await webhook();
    const socket = posting(port, 'Content-Length: 100\r\n\r\n', '{"update_id":');
    await once(socket, 'connect');
    socket.end();
    await expect.poll(() => log.lines).toHaveLength(1);
    expect(log.lines.join()).not.toContain('could not be answered');
    expect(reached).toEqual([]);
  });

  test('its own 404 stays one, and what only begins like its path is not its', async () => {
    const { url, reached } = await webhook();
    const below = await exchange(`${url}${PATH}/elsewhere`, { method: 'POST', body: '{}' });
    expect([below.status, below.body]).toEqual([404, '{"ok":false}']);
    for (const path of ['/webhooks', '/webhooks/telegram', '/webhooks/telegram/x', `${PATH}x`, `/x${PATH}`]) {
      const { status, headers } = await exchange(`${url}${path}`, { method: 'POST', body: '{}' });
      expect([path, status, headers['content-type']]).toEqual([path, 404, 'text/html; charset=UTF-8']);
    }
    expect(reached).toEqual([`POST ${PATH}/elsewhere`]);
  });

  test('the log never holds its path, which nobody may guess, whatever becomes of a request', async () => {
    const { url, port, log } = await webhook({ publicUrl: 'https://example.org/mcp' });
    const post = { method: 'POST', body: '{}' };
    for (const path of ['', '/elsewhere', '/broken', 'x', `?token=${SECRET}`, `/${'x'.repeat(9000)}`]) {
      await exchange(`${url}${PATH}${path}`, post);
      await exchange(`${url}/mcp${PATH}${path}`, post);
    }
    await exchange(`${url}/${PATH}`, post);
    await statusLine(posting(port, 'Content-Length: 2000000\r\n\r\n'));
    expect(log.lines.length).toBeGreaterThan(10);
    expect(log.lines.join('\n')).toContain('a page could not be answered');
    expect(log.lines.join('\n')).not.toContain(SECRET);
    expect(log.lines.join('\n')).not.toContain('telegram');
  });
});
