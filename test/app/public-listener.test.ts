import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPublicListener, type PublicListener } from '../../src/app/public-listener.js';
import { lateApp } from '../../src/http/listening.js';
import { silentLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import { recordKey, type Store } from '../../src/storage/types.js';
import { freePort } from '../helpers/servers/free-port.js';

let store: Store;
let port: number;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  port = await freePort();
  ({ store } = await openStore({ kind: 'memory' }));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await store.close();
});

/** One of several processes, which answers with its name. */
function listener(name: string, own: Store = store): PublicListener {
  const made = createPublicListener({
    listen: { host: '127.0.0.1', port },
    app: lateApp(async () => ({ fetch: () => new Response(name) })),
    store: own,
    log: silentLog,
    now: Date.now,
    patienceMs: 1_000,
  });
  ends.push(() => made.close());
  return made;
}

const answers = (): Promise<string> =>
  fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).then(
    (response) => response.text(),
    () => 'nobody',
  );

it('of terminals that start at once one has the address, and the others know that it is a gateway’s', async () => {
  const all = ['one', 'two', 'three'].map((name) => listener(name));
  const opened = await Promise.all(all.map((each) => each.openIfFree()));
  expect(opened.toSorted()).toEqual([false, false, true]);
});

it('who has it may not have said so yet', async () => {
  // Its sign of life takes a while to be written.
  const slow = new Proxy(store, {
    get: (target, name) =>
      name !== 'records'
        ? Reflect.get(target, name)
        : (which: string) => {
            const records = target.records(which);
            const set: typeof records.set = async (...record) => {
              await new Promise((resolve) => setTimeout(resolve, 300));
              return records.set(...record);
            };
            return { ...records, get: records.get.bind(records), delete: records.delete.bind(records), set };
          },
  });
  const first = listener('one', slow).openIfFree();
  await expect.poll(answers).toBe('one');
  expect(await listener('two').openIfFree()).toBe(false);
  expect(await first).toBe(true);
});

it('a terminal takes the place of another one that goes: somebody may come back to a sign-in of its own', async () => {
  const first = listener('one');
  expect(await first.openIfFree()).toBe(true);
  expect(await listener('two').openIfFree()).toBe(false);
  await first.close();
  await expect.poll(answers).toBe('two');
});

it('a terminal leaves the place of a gateway to the next one: it may only be restarting', async () => {
  const gateway = listener('gateway');
  await gateway.open();
  const terminal = listener('terminal');
  expect(await terminal.openIfFree()).toBe(false);
  await gateway.close();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await answers()).toBe('nobody');
  await listener('next').open();
  expect(await answers()).toBe('next');
});

it('a terminal that waits for another one leaves the place to a gateway that came in between', async () => {
  const other = createServer((_request, response) => void response.end('other'));
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const occupants = store.records('listeners');
  const address = recordKey(`127.0.0.1:${port}`);
  let looks = 0;
  const watched = new Proxy(store, {
    get: (target, name) =>
      name !== 'records'
        ? Reflect.get(target, name)
        : (which: string) => ({
            ...target.records(which),
            get: async (key: string) => {
              const found = await target.records(which).get(key);
              looks += 1;
              return found;
            },
          }),
  });
  await occupants.set(address, { sinceMs: 1, passing: true }, 60_000);
  expect(await listener('terminal', watched).openIfFree()).toBe(false);
  await occupants.set(address, { sinceMs: 2 }, 60_000);
  const before = looks;
  await expect.poll(() => looks).toBeGreaterThan(before);
  await new Promise((resolve) => other.close(resolve));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await answers()).toBe('nobody');
});

it('who goes does not take away what the next one says of itself', async () => {
  const first = listener('one');
  await first.open();
  const next = { sinceMs: 1 };
  const address = recordKey(`127.0.0.1:${port}`);
  await store.records('listeners').set(address, next, 60_000);
  await first.close();
  expect(await store.records('listeners').get(address)).toEqual(next);
});

it('another program’s address is an error', async () => {
  const other = createServer((_request, response) => void response.end('other'));
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        other.close(() => resolve());
        other.closeAllConnections();
      }),
  );
  await expect(listener('one').openIfFree()).rejects.toMatchObject({ name: 'ListenError' });
  await expect(listener('two').open()).rejects.toMatchObject({ name: 'ListenError' });
});
