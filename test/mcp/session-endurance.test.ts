import { fork } from 'node:child_process';
import { getEventListeners, once as onceOf, setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { startSessionServer } from './session-servers.js';
import { setUp } from './setup.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Counts who asks for joined signals: the signals that they depend on keep a trace of each for ever (Node 20). */
function countJoined(): { readonly count: () => number; restore(): void } {
  const any = AbortSignal.any;
  let count = 0;
  AbortSignal.any = (signals) => {
    count += 1;
    return any.call(AbortSignal, signals);
  };
  return {
    count: () => count,
    restore: () => {
      AbortSignal.any = any;
    },
  };
}

/** In each of six turns, so that what is compiled and cached on the way is told from what stays. `npm run bench calls` makes ten thousand. */
const CALLS = 200;

/** In a process of its own: what a server keeps of its calls is not what is measured. */
async function startServerProcess(): Promise<string> {
  const child = fork(new URL('../../bench/calls-server.js', import.meta.url));
  open.push({ close: async () => void child.disconnect() });
  const answered = onceOf(child, 'message');
  child.send({});
  const [urls] = (await answered) as [{ readonly streams: string }];
  return urls.streams;
}

async function steady(url: string) {
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
  open.push(guarded, setup);
  setup.keeper.outcome = () => ({ kind: 'token', accessToken: 'bench-token' });
  const session = setup.sessions.session({ server: httpServer(url), subject: 'telegram:1' });
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
  return { lasting, signal, calls };
}

async function started() {
  const server = await startSessionServer('v2');
  open.push(server);
  return server;
}

describe.each(['v1', 'v2'] as const)('more than a thousand calls on one session (%s)', (line) => {
  it('leave no listener on any signal that lasts, no joined signals, no warning, and no memory', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error) => warnings.push(warning.name);
    process.on('warning', warned);
    const url = line === 'v1' ? await startServerProcess() : (await started()).url;
    const { lasting, signal, calls } = await steady(url);
    const heaps: number[] = [];
    const joined = countJoined();
    open.push({ close: async () => joined.restore() });
    for (let turn = 0; turn < 6; turn += 1) heaps.push(await calls(CALLS));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    expect(joined.count()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    for (const one of lasting) {
      // The server's own stream may listen to it.
      expect(getEventListeners(one, 'abort').length).toBeLessThanOrEqual(1);
    }
    const grown = heaps.slice(1).map((heap, turn) => (heap - (heaps[turn] ?? 0)) / CALLS);
    // The other server is in this process. A request that is not let go of is well over a kilobyte.
    if (line === 'v1') expect(Math.min(...grown)).toBeLessThan(800);
  }, 120_000);
});
