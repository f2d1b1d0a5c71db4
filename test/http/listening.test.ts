import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listenError } from '../../src/http/listen-error.js';
import { ListenError, type Listening, listenOn } from '../../src/http/server.js';
import { exchange } from './exchange.js';

type Answer = (request: Request) => Response | Promise<Response>;

async function listen(answer: Answer, graceMs?: number): Promise<Listening> {
  const listening = await listenOn(
    { fetch: answer },
    { host: '127.0.0.1', port: 0, ...(graceMs === undefined ? {} : { graceMs }) },
  );
  onTestFinished(() => listening.close());
  return listening;
}

test('a taken port is reported with its number and what to do', async () => {
  const first = await listen(() => new Response('x'));
  const second = listenOn(
    { fetch: () => new Response('x') },
    { host: '127.0.0.1', port: first.port, setting: 'local_listen' },
  );
  await expect(second).rejects.toThrow(ListenError);
  await expect(second).rejects.toMatchObject({
    code: 'port_taken',
    message: `Port ${first.port} on 127.0.0.1 is taken by another program. Stop that one, or set another port in "local_listen".`,
  });
});

test('a port that needs more rights, and an address of another machine, are reported with what to do', () => {
  const failed = (code: string): ListenError =>
    listenError(Object.assign(new Error(code), { code }), '192.0.2.1', 443, 'listen');
  expect(failed('EACCES')).toMatchObject({ code: 'port_not_allowed' });
  expect(failed('EACCES').message).toMatch(
    /^Port 443 on 192\.0\.2\.1 needs rights .* port from 1024 up in "listen"/,
  );
  expect(failed('EADDRNOTAVAIL')).toMatchObject({ code: 'address_not_here' });
  expect(failed('EADDRNOTAVAIL').message).toContain('Set 127.0.0.1');
  expect(failed('EMFILE').message).toContain('(EMFILE)');
});

test("an address that is not this machine's cannot be opened", async () => {
  await expect(
    listenOn({ fetch: () => new Response('x') }, { host: '192.0.2.1', port: 0 }),
  ).rejects.toMatchObject({ code: 'address_not_here' });
});

test('listening leaves the global Response as it is, so that what fetch returns is still one', async () => {
  const before = globalThis.Response;
  const { url } = await listen(() => new Response('x'));
  expect(globalThis.Response).toBe(before);
  expect(await fetch(url)).toBeInstanceOf(Response);
});

test('closing lets an answer under way finish', async () => {
  let arrived = (): void => {};
  let finish = (): void => {};
  const inside = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const mayFinish = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const listening = await listen(async () => {
    arrived();
    await mayFinish;
    return new Response('done');
  });
  const answer = fetch(listening.url);
  await inside;
  const closed = listening.close();
  finish();
  expect(await (await answer).text()).toBe('done');
  await closed;
  await expect(fetch(listening.url)).rejects.toThrow();
});

test('closing ends event streams, and tells who feeds them', async () => {
  let cancelled = (): void => {};
  const fed = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const listening = await listen(
    () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('data: hello\n\n')),
          cancel: () => cancelled(),
        }),
        { headers: { 'Content-Type': 'text/event-stream' } },
      ),
    60_000,
  );
  const response = await fetch(listening.url);
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: hello\n\n');
  await listening.close();
  expect((await reader?.read())?.done).toBe(true);
  await fed;
});

test('closing ends idle keep-alive connections at once', async () => {
  const listening = await listen(() => new Response('x'), 60_000);
  const socket = connect(listening.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  const ended = once(socket, 'close');
  await listening.close();
  await ended;
});

test('closing does not wait for a connection that a browser opened ahead of time and never used', async () => {
  const listening = await listen(() => new Response('x'), 60_000);
  const socket = connect(listening.port, '127.0.0.1');
  await once(socket, 'connect');
  // Connections are accepted in their order: by now that one is, too.
  await exchange(listening.url);
  const ended = once(socket, 'close');
  await listening.close();
  await ended;
});

test('closing waits no longer than its grace for an answer that never comes', async () => {
  let arrived = (): void => {};
  const inside = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const listening = await listen(() => {
    arrived();
    return new Promise<Response>(() => {});
  }, 50);
  const answer = fetch(listening.url);
  answer.catch(() => {});
  await inside;
  await Promise.all([listening.close(), listening.close()]);
  await expect(answer).rejects.toThrow();
});

test('an app that throws gets a 500 without its words, and the listener goes on', async () => {
  let first = true;
  const { url } = await listen(() => {
    if (!first) return new Response('fine');
    first = false;
    throw new Error('secret detail');
  });
  const failed = await exchange(url);
  expect([failed.status, failed.body]).toEqual([500, 'Try again later\n']);
  expect((await exchange(url)).body).toBe('fine');
});

test('a request that is no HTTP, or names an impossible host, gets a 400', async () => {
  const { port } = await listen(() => new Response('x'));
  for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  }
});

test('headers beyond 16 KiB are refused', async () => {
  const { url } = await listen(() => new Response('x'));
  expect((await exchange(url, { headers: { 'x-big': 'x'.repeat(17_000) } })).status).toBe(431);
});

test('the port of a plain node server is as taken as our own', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(
    listenOn({ fetch: () => new Response('x') }, { host: '127.0.0.1', port }),
  ).rejects.toMatchObject({ code: 'port_taken', port });
});
