import { describe, expect, it } from 'vitest';
import {
  createLimits,
  DEFAULT_LIMITS,
  type LimitName,
  type LimitRates,
  ratesOf,
} from '../../src/gateway/access/limits.js';
import { Windows } from '../../src/gateway/access/windows.js';
import { silentLog } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import type { Store } from '../../src/storage/types.js';
import { Clock } from '../helpers/clock.js';

const RATE = { most: 2, windowMs: 60_000 };

function counted(rates: LimitRates, store: Store = createStore(new MemoryEngine(), undefined)) {
  const clock = new Clock();
  const hits: LimitName[] = [];
  const limits = createLimits({
    rates: () => rates,
    store,
    log: silentLog,
    now: clock.now,
    hit: (limit) => void hits.push(limit),
  });
  return { limits, clock, hits, store };
}

describe('a window', () => {
  it('begins with the first, and is told of once when it is used up', () => {
    const clock = new Clock();
    const windows = new Windows(clock.now);
    const kinds = () => windows.spend('ana', RATE).kind;
    expect([kinds(), kinds(), kinds()]).toEqual(['ok', 'ok', 'over']);
    expect(windows.spend('ana', RATE)).toMatchObject({ kind: 'over', first: false });
    expect(windows.spend('ben', RATE)).toEqual({ kind: 'ok' });
    clock.advance(60_000);
    expect([kinds(), kinds(), kinds()]).toEqual(['ok', 'ok', 'over']);
  });

  it('is looked at without being spent', () => {
    const windows = new Windows(Date.now);
    for (let each = 0; each < 10; each += 1) expect(windows.look('ana', RATE)).toEqual({ kind: 'ok' });
    expect(windows.size).toBe(0);
  });

  it('of a hundred thousand addresses takes the room of fifty thousand; the oldest is forgotten first', () => {
    const windows = new Windows(Date.now);
    for (let each = 0; each < 100_000; each += 1) windows.spend(`address ${each}`, { ...RATE, most: 1 });
    expect(windows.size).toBeLessThanOrEqual(50_000);
    expect(windows.size).toBeGreaterThan(48_000);
    expect(windows.spend('address 99999', { ...RATE, most: 1 }).kind).toBe('over');
    expect(windows.spend('address 0', { ...RATE, most: 1 }).kind).toBe('ok');
  });
});

describe('limits', () => {
  it('count sign-ins for the person, then for the server, whoever they are', () => {
    const { limits, hits } = counted({ sign_ins: RATE, server_sign_ins: { ...RATE, most: 3 } });
    expect(limits.signIn('ana', 'linear').kind).toBe('ok');
    expect(limits.signIn('ana', 'github').kind).toBe('ok');
    expect(limits.signIn('ana', 'github').kind).toBe('over');
    expect(limits.signIn('ben', 'linear').kind).toBe('ok');
    expect(limits.signIn('cem', 'linear').kind).toBe('ok');
    expect(limits.signIn('dan', 'linear').kind).toBe('over');
    expect(limits.signIn('dan', 'github').kind).toBe('ok');
    expect(hits).toEqual(['sign_ins', 'server_sign_ins']);
  });

  it('that are off let everything pass', () => {
    const { limits } = counted({});
    for (let each = 0; each < 5_000; each += 1) expect(limits.command('ana').kind).toBe('ok');
  });

  it('of a config stand over the defaults', () => {
    expect(ratesOf()).toEqual(DEFAULT_LIMITS);
    expect(ratesOf({ commands: 'off', pages: RATE })).toEqual({
      ...DEFAULT_LIMITS,
      commands: undefined,
      pages: RATE,
    });
  });

  it('count what was forged, and nothing else, of an address', () => {
    const { limits } = counted({ forgeries: RATE });
    for (let each = 0; each < 10; each += 1) expect(limits.forger('192.0.2.1').kind).toBe('ok');
    limits.forgery('192.0.2.1');
    limits.forgery('192.0.2.1');
    expect(limits.forger('192.0.2.1').kind).toBe('over');
    expect(limits.forger('192.0.2.2').kind).toBe('ok');
  });
});

describe('limits of several processes on one store', () => {
  it('hold in all of them once they are reached in one, and only there it is said', async () => {
    const here = counted({ commands: RATE });
    // So much that asking whether there is any left does not use it up.
    const there = counted({ commands: { ...RATE, most: 10_000 } }, here.store);
    await there.limits.start();
    for (let each = 0; each < 3; each += 1) here.limits.command('telegram:1');
    await expect.poll(() => there.limits.command('telegram:1')).toMatchObject({ kind: 'over', first: false });
    expect(there.hits).toEqual([]);
    expect(there.limits.command('telegram:2').kind).toBe('ok');
    there.clock.advance(60_000);
    expect(there.limits.command('telegram:1').kind).toBe('ok');
    there.limits.stop();
  });

  it('write nothing for who stays within them, and nothing for addresses', async () => {
    const { limits, store } = counted({ commands: RATE, pages: RATE, forgeries: RATE });
    limits.command('telegram:1');
    for (let each = 0; each < 5; each += 1) limits.page('192.0.2.1');
    for (let each = 0; each < 5; each += 1) limits.forgery('192.0.2.1');
    for (let each = 0; each < 5; each += 1) limits.command('telegram:2');
    await expect.poll(() => store.records('limits').keys()).toEqual(['commands/telegram%3A2']);
  });
});
