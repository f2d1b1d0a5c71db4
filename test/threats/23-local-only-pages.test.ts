import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { useScene } from './scene.js';

const scene = useScene();

/** Exactly these lines over a socket of their own, and all that comes back until it is closed or an answer is whole. */
async function raw(origin: string, ...lines: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (/\r\n\r\n/.test(answer)) socket.end();
  });
  await once(socket, 'close');
  return answer;
}

const status = (answer: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);

describe('threat 23: the local listener, reached by other ways than its own name', () => {
  it('answers a browser and a script on this machine', async () => {
    const { localUrl } = await scene.gateway();
    const { host } = new URL(localUrl);
    expect(status(await raw(localUrl, 'GET /chat HTTP/1.1', `Host: ${host}`, 'Connection: close'))).toBe(200);
  });

  it.each<[string, (host: string) => readonly string[]]>([
    [
      'through nginx as it came before 1.29.7',
      (host) => ['GET /chat HTTP/1.0', `Host: ${host}`, 'Connection: close'],
    ],
    ['in HTTP/1.0 without a Host', () => ['GET /chat HTTP/1.0']],
    [
      'with a Host that only begins local',
      (host) => ['GET /chat HTTP/1.1', `Host: localhost.evil.com:${host.split(':')[1]}`],
    ],
    ['with an IPv6 zone', (host) => ['GET /chat HTTP/1.1', `Host: [::1%25lo]:${host.split(':')[1]}`]],
    ['with two Hosts', (host) => ['GET /chat HTTP/1.1', `Host: ${host}`, 'Host: evil.example']],
    ['with a Host list', (host) => ['GET /chat HTTP/1.1', `Host: ${host}, evil.example`]],
    [
      'with the whole URL of a foreign name',
      (host) => [`GET http://evil.example:${host.split(':')[1]}/chat HTTP/1.1`, 'Host: evil.example'],
    ],
    [
      'upgrading to a WebSocket of another site',
      (host) => [
        'GET /chat/events HTTP/1.1',
        `Host: ${host}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Origin: http://evil.example',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    ],
    [
      'by another program’s page on this machine',
      (host) => [
        'GET /chat/events HTTP/1.1',
        `Host: ${host}`,
        'Sec-Fetch-Site: same-site',
        'Sec-Fetch-Mode: cors',
        'Sec-Fetch-Dest: empty',
      ],
    ],
    [
      'in a frame of another site',
      (host) => [
        'GET /chat HTTP/1.1',
        `Host: ${host}`,
        'Sec-Fetch-Site: cross-site',
        'Sec-Fetch-Mode: navigate',
        'Sec-Fetch-Dest: iframe',
      ],
    ],
    [
      'with an Origin on another port',
      (host) => ['GET /chat HTTP/1.1', `Host: ${host}`, 'Origin: http://127.0.0.1:1'],
    ],
    [
      'with a proxy’s header spelt oddly',
      (host) => ['GET /chat HTTP/1.1', `Host: ${host}`, 'x-FORWARDED-for: 203.0.113.1'],
    ],
  ])('refuses what comes %s', async (_how, lines) => {
    const gateway = await scene.gateway();
    const { host } = new URL(gateway.localUrl);
    const answer = await raw(gateway.localUrl, ...lines(host));
    expect([400, 403]).toContain(status(answer));
    expect(answer).not.toMatch(/set-cookie|event-stream|<html/i);
  });

  it('refuses a press and a form of another site, whatever its content type', async () => {
    const { localUrl } = await scene.gateway();
    const body = JSON.stringify({ as: 'mallory', delivery: 'delivery-1', text: '/mcp auth files' });
    for (const headers of [
      { 'content-type': 'text/plain', origin: 'http://evil.example' },
      { 'content-type': 'application/json', 'x-mcp-chat': '1', origin: 'http://127.0.0.1:1' },
      { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      { 'content-type': 'application/json', 'x-mcp-chat': '1', 'sec-fetch-site': 'cross-site' },
      { 'content-type': 'application/x-www-form-urlencoded', 'x-mcp-chat': '1' },
    ])
      expect((await fetch(`${localUrl}/chat/messages`, { method: 'POST', body, headers })).status).toBe(403);
  });

  it('is not there on the public listener', async () => {
    const { url } = await scene.gateway();
    for (const path of ['/chat', '/chat/events', '/readyz', '/metrics', '//chat', '/%63hat', '/chat/'])
      expect((await fetch(`${url}${path}`)).status).toBe(404);
  });
});
