import { getEventListeners, setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuardedFetch } from '../../src/auth/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { type Line, startSessionServer } from './session-servers.js';
import { setUp } from './setup.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** What `AbortSignal.any` keeps of the signals that it made, on the signal that they depend on. */
function dependants(signal: AbortSignal): number {
  const sets = Object.getOwnPropertySymbols(signal).map((symbol) => Reflect.get(signal, symbol) as unknown);
  return Math.max(0, ...sets.map((one) => (one instanceof Set ? one.size : 0)));
}

/** `npm run bench calls` makes ten thousand. Twice: the first compile what the second run. */
const CALLS = 500;

async function steady(line: Line) {
  const server = await startSessionServer(line);
  const guarded = createGuardedFetch({ allowPrivateHosts: [] });
  const once = new WeakSet<AbortSignal>();
  /** Those that more than one request was sent with. */
  const lasting = new Set<AbortSignal>();
  const setup = setUp(undefined, {
    fetchFor: (configured) => {
      const fetch = guarded.transportFor(configured);
      return (url, init) => {
        if (init?.signal && once.has(init.signal)) lasting.add(init.signal);
        else if (init?.signal) once.add(init.signal);
        return fetch(url, init);
      };
    },
  });
  open.push(server, guarded, setup);
  const session = setup.sessions.session({ server: httpServer(server.url), subject: 'telegram:1' });
  const { signal } = new AbortController();
  setMaxListeners(50, signal); // as many calls at once are the caller's own doing
  const calls = async (count: number) => {
    for (let left = count; left > 0; left -= 20)
      await Promise.all(Array.from({ length: 20 }, () => session.callTool('echo', {}, { signal })));
    // What finalizers let go of, the next collection takes.
    for (const _ of [1, 2, 3]) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage().heapUsed;
  };
  return { server, lasting, signal, calls };
}

describe.each(['v1', 'v2'] as const)('hundreds of calls on one session (%s)', (line) => {
  it('leave no listener on any signal that lasts, no warning, and no memory', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error) => warnings.push(warning.name);
    process.on('warning', warned);
    const { server, lasting, signal, calls } = await steady(line);
    await calls(CALLS);
    server.ran.length = 0;
    server.callers.length = 0;
    const before = await calls(20);
    const after = await calls(CALLS);
    process.off('warning', warned);
    expect(server.opened()).toBe(1);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    for (const one of lasting) {
      // The server's own stream may listen to it.
      expect(getEventListeners(one, 'abort').length).toBeLessThanOrEqual(1);
      expect(dependants(one)).toBe(0);
    }
    // What the test itself keeps of the calls (names, headers) is some of it.
    expect((after - before) / CALLS).toBeLessThan(1000);
  }, 120_000);
});
