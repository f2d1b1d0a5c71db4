import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLoopbackRedirects, type LoopbackRedirects } from '../../src/app/loopback-redirects.js';
import { createLog } from '../../src/observability/log.js';
import { freePort } from '../helpers/servers/free-port.js';

let port: number;
let lines: string[];
let redirects: LoopbackRedirects;

const OWN = 'http://127.0.0.1:8787';
const uri = (path = '/callback'): string => `http://127.0.0.1:${port}${path}`;

beforeEach(async () => {
  port = await freePort();
  lines = [];
  redirects = createLoopbackRedirects({
    ownUrl: OWN,
    app: () => ({
      fetch: (request) => new Response(new URL(request.url).pathname + new URL(request.url).search),
    }),
    log: createLog('trace', { write: (line: string) => void lines.push(line) }),
  });
});
afterEach(() => redirects.close());

const open = (): Promise<boolean> =>
  fetch(uri()).then(
    () => true,
    () => false,
  );

it('answers the callback under the path that the provider was given, and nothing else', async () => {
  await redirects.open(uri());
  expect(await (await fetch(uri('/callback?code=a&state=b'))).text()).toBe('/oauth/callback?code=a&state=b');
  for (const path of ['/', '/oauth/callback', '/connect/x', '/callback/']) {
    expect((await fetch(uri(path))).status).toBe(404);
  }
  expect((await fetch(uri(), { method: 'POST' })).status).toBe(404);
});

it('is open while it is awaited, and no longer', async () => {
  await redirects.keepOnly([uri()]);
  await redirects.open(uri());
  expect(await open()).toBe(true);
  await redirects.keepOnly([uri()]);
  expect(await open()).toBe(true);
  await redirects.keepOnly([]);
  expect(await open()).toBe(false);
  await redirects.open(uri());
  await redirects.close();
  expect(await open()).toBe(false);
  await redirects.open(uri());
  expect(await open()).toBe(false);
});

it.each([
  `${OWN}/oauth/callback`,
  'https://127.0.0.1:1/cb',
  'https://gateway.example/oauth/callback',
  'http://10.0.0.5:1/cb',
])('leaves %s to whoever has it', async (other) => {
  await redirects.open(other);
  await redirects.keepOnly([other]);
  expect(lines).toEqual([]);
});

it('a port that somebody has is a failure at first, and then said once', async () => {
  const other = createServer((_request, response) => void response.end('other'));
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  await expect(redirects.open(uri())).rejects.toMatchObject({ name: 'ListenError' });
  await redirects.keepOnly([uri()]);
  await redirects.keepOnly([uri()]);
  expect(lines).toHaveLength(1);
  await new Promise<void>((resolve) => {
    other.close(() => resolve());
    other.closeAllConnections();
  });
  await redirects.keepOnly([uri()]);
  expect(await open()).toBe(true);
});
