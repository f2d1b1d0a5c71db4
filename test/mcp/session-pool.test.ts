import { afterEach, describe, expect, it } from 'vitest';
import { type OpenSession, SessionPool } from '../../src/mcp/session-pool.js';
import { httpServer, stdioServer } from '../helpers/configured-server.js';

interface Opened {
  readonly name: string;
  closed: boolean;
  lost(): void;
}

const pools: SessionPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function poolOf({ most = 2, mostProcesses = 1, idleMs = 1000 } = {}) {
  const opened: Opened[] = [];
  let nowMs = 0;
  const pool = new SessionPool({
    open: async ({ subject }, { lost }) => {
      const one: Opened = { name: subject, closed: false, lost };
      opened.push(one);
      const close = async () => {
        one.closed = true;
      };
      return { close } as OpenSession;
    },
    now: () => nowMs,
    most,
    mostProcesses,
    idleMs,
  });
  pools.push(pool);
  const server = httpServer('https://linear.example/mcp', { connectTimeoutMs: 2000 });
  const take = (subject: string, at: Parameters<SessionPool['take']>[0]['server'] = server) =>
    pool.take({ server: at, subject, keys: {} });
  return {
    pool,
    opened,
    take,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** Takes it, waits until it is open, and gives it back. */
    use: async (subject: string) => {
      const pooled = take(subject);
      await pooled.session;
      pool.release(pooled);
    },
    closed: () => opened.filter((one) => one.closed).map((one) => one.name),
  };
}

describe('the pool of sessions', () => {
  it('closes what was unused for longest where there is no room', async () => {
    const { use, pass, closed, pool } = poolOf();
    await use('ana');
    pass(1);
    await use('ben');
    pass(1);
    await use('ana');
    await use('cleo');
    await expect.poll(closed).toEqual(['ben']);
    expect(pool.size).toBe(2);
  });

  it('opens none for whoever gave up while waiting for room, and goes on making room for others', async () => {
    const { take, pool, opened } = poolOf();
    const [ana, ben] = [take('ana'), take('ben')];
    await Promise.all([ana.session, ben.session]);
    const cleo = take('cleo');
    // Not before it waits for room.
    await new Promise(setImmediate);
    pool.release(cleo);
    pool.forget(cleo.opening.server.name, 'cleo');
    pool.release(ben);
    await expect(cleo.session).rejects.toThrow();
    expect(opened.map((one) => one.name)).toEqual(['ana', 'ben']);
    await expect.poll(() => pool.size).toBe(2);
    const dora = take('dora');
    await dora.session;
    pool.release(dora);
    pool.release(ana);
  });

  it('closes no busy one: who comes then waits until one is free', async () => {
    const { take, pool, closed, opened } = poolOf();
    const ana = take('ana');
    const ben = take('ben');
    await Promise.all([ana.session, ben.session]);
    const cleo = take('cleo');
    await Promise.resolve();
    expect([opened.length, closed()]).toEqual([2, []]);
    pool.release(ben);
    await cleo.session;
    expect(closed()).toEqual(['ben']);
    pool.release(ana);
    pool.release(cleo);
  });

  it('lets nobody wait for room longer than the connect timeout, and keeps no place for them', async () => {
    const { take, pool } = poolOf({ most: 1 });
    const ana = take('ana');
    await ana.session;
    const ben = take('ben', httpServer('https://linear.example/mcp', { connectTimeoutMs: 20 }));
    await expect(ben.session).rejects.toMatchObject({ code: 'timeout' });
    pool.release(ben);
    pool.release(ana);
    const cleo = take('cleo');
    await cleo.session;
    expect(pool.size).toBe(1);
    pool.release(cleo);
  });

  it('counts processes by themselves', async () => {
    const { take, pool, closed } = poolOf();
    const process = stdioServer('node', []);
    for (const subject of ['ana', 'ben']) {
      const pooled = take(subject, process);
      await pooled.session;
      pool.release(pooled);
    }
    const http = take('ana');
    await http.session;
    pool.release(http);
    expect([closed(), pool.size]).toEqual([['ana'], 2]);
  });

  it('closes what nobody used for long, and not what is in use', async () => {
    const { take, use, pool, pass, closed } = poolOf();
    await use('ana');
    const ben = take('ben');
    await ben.session;
    pass(1000);
    pool.sweep();
    await expect.poll(closed).toEqual(['ana']);
    pool.release(ben);
    pass(999);
    pool.sweep();
    expect(closed()).toEqual(['ana']);
  });

  it('keeps a retired one until its last caller has gone', async () => {
    const { take, pool, closed, opened } = poolOf();
    const first = take('ana');
    const second = take('ana');
    await first.session;
    pool.forget('linear');
    const after = take('ana');
    await after.session;
    pool.release(first);
    expect([opened.length, closed()]).toEqual([2, []]);
    pool.release(second);
    await expect.poll(closed).toEqual(['ana']);
    pool.release(after);
  });

  it('closes one that was lost at once, and opens anew', async () => {
    const { take, pool, closed, opened } = poolOf();
    const lost = take('ana');
    await lost.session;
    opened[0]?.lost();
    await expect.poll(closed).toEqual(['ana']);
    const next = take('ana');
    await next.session;
    expect(opened).toHaveLength(2);
    pool.release(lost);
    pool.release(next);
  });

  it('closes everything in the end, and opens nothing any more', async () => {
    const { take, pool, closed } = poolOf();
    await take('ana').session;
    await pool.close();
    expect([closed(), pool.size]).toEqual([['ana'], 0]);
    expect(() => take('ben')).toThrow('stopping');
  });
});
