import { expect, onTestFinished, test } from 'vitest';
import { lateApp, listenOn } from '../../src/http/listening.js';

const HERE = { host: '127.0.0.1', port: 0 };

test('an app that is made late answers its first requests, and is made once for all of them', async () => {
  let made = 0;
  const app = lateApp(async () => {
    made += 1;
    return { fetch: async (request) => new Response(await request.text()) };
  });
  const listening = await listenOn(app, HERE);
  onTestFinished(() => listening.close());
  expect(made).toBe(0);
  const answers = ['a', 'b', 'c'].map((body) => fetch(listening.url, { method: 'POST', body }));
  const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
  expect(texts).toEqual(['a', 'b', 'c']);
  expect(made).toBe(1);
});

test('an app that is made before it is asked is the same one', async () => {
  const inner = { fetch: () => new Response('x') };
  const app = lateApp(async () => inner);
  expect(await app.load()).toBe(inner);
});

test('a listener loads its app when it is told to, before any request, and says where that fails', async () => {
  let made = 0;
  const app = lateApp(async () => {
    made += 1;
    return { fetch: () => new Response('x') };
  });
  const listening = await listenOn(app, HERE);
  const broken = await listenOn(
    lateApp(() => Promise.reject(new Error('a file is missing'))),
    HERE,
  );
  onTestFinished(async () => void (await Promise.all([listening.close(), broken.close()])));
  await listening.load();
  expect(made).toBe(1);
  await expect(broken.load()).rejects.toThrow('a file is missing');
});

test('an app that cannot be made answers that it cannot, and the listener lives', async () => {
  const broken = lateApp(() => Promise.reject(new Error('a file is missing')));
  const listening = await listenOn(broken, HERE);
  onTestFinished(() => listening.close());
  for (let tries = 0; tries < 2; tries += 1) {
    const answer = await fetch(listening.url);
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('Try again later\n');
  }
});

test('an app that could not be made is made for a later request', async () => {
  let tries = 0;
  const app = lateApp(async () => {
    tries += 1;
    if (tries === 1) throw new Error('too many open files');
    return { fetch: () => new Response('x') };
  });
  const listening = await listenOn(app, HERE);
  onTestFinished(() => listening.close());
  expect((await fetch(listening.url)).status).toBe(500);
  expect(await (await fetch(listening.url)).text()).toBe('x');
});
