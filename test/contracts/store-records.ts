import { expect, it } from 'vitest';
import { recordKey, type Store } from '../../src/storage/types.js';

/** Opens an empty store. */
export type OpenForTest = (options?: {
  readonly now?: () => number;
  readonly lockWaitMs?: number;
}) => Promise<Store>;

/** What every Store does with single records: the first part of store.ts. */
export function recordsContract(open: OpenForTest): void {
  it('finds nothing where nothing was set', async () => {
    const records = (await open()).records('things');
    expect(await records.get('a')).toBeUndefined();
    expect(await records.delete('a')).toBe(false);
    expect(await records.keys()).toEqual([]);
  });

  it('keeps the last value that was set, until it is deleted', async () => {
    const records = (await open()).records<unknown>('things');
    await records.set('a', { n: 1 });
    await records.set('a', { n: 2, deep: { list: [1, null, ':text', ':base64:x'] } });
    expect(await records.get('a')).toEqual({ n: 2, deep: { list: [1, null, ':text', ':base64:x'] } });
    expect(await records.delete('a')).toBe(true);
    expect(await records.get('a')).toBeUndefined();
    expect(await records.delete('a')).toBe(false);
  });

  it('keeps every kind of JSON value', async () => {
    const records = (await open()).records<unknown>('things');
    for (const value of [null, false, 0, '', 'text\n\0\u2028😀', [], {}, [[1]]]) {
      await records.set('a', value);
      expect(await records.get('a')).toEqual(value);
    }
  });

  it('gives the same records for the same name, and others for another', async () => {
    const store = await open();
    await store.records('things').set('b/c', 1);
    await store.records('things/b').set('c', 2);
    await store.records('Things').set('b/c', 3);
    expect(await store.records('things').get('b/c')).toBe(1);
    expect(await store.records('things/b').get('c')).toBe(2);
    expect(await store.records('Things').get('b/c')).toBe(3);
    expect(await store.records('things').keys()).toEqual(['b/c']);
  });

  it('keeps copies: who changes a value afterwards changes nothing in the store', async () => {
    const records = (await open()).records<{ list: number[] }>('things');
    const value = { list: [1] };
    await records.set('a', value);
    value.list.push(2);
    const read = await records.get('a');
    read?.list.push(3);
    expect(await records.get('a')).toEqual({ list: [1] });
  });

  it('forgets a record when its time is over, everywhere at once', async () => {
    let nowMs = 1_800_000_000_000;
    const store = await open({ now: () => nowMs });
    const records = store.records('things');
    await records.set('short', 1, 1000);
    await records.set('long', 2, 5000);
    await records.set('for ever', 3);
    nowMs += 999;
    expect(await records.get('short')).toBe(1);
    nowMs += 1;
    expect(await records.get('short')).toBeUndefined();
    expect(await records.keys()).toEqual(['for ever', 'long']);
    expect(await store.claim('things', 'short')).toBeUndefined();
    nowMs += 1e12;
    expect(await records.keys()).toEqual(['for ever']);
  });

  it('does not keep a record whose time is over when it is set', async () => {
    const records = (await open()).records('things');
    await records.set('a', 1);
    await records.set('a', 2, 0);
    expect(await records.get('a')).toBeUndefined();
    await records.set('a', 3, -5);
    expect(await records.keys()).toEqual([]);
  });

  it('takes the end of its time from a record that is set again', async () => {
    let nowMs = Date.now();
    const records = (await open({ now: () => nowMs })).records('things');
    await records.set('a', 1, 1000);
    await records.set('a', 2);
    nowMs += 1e9;
    expect(await records.get('a')).toBe(2);
  });

  it('adds what is not there, or has expired, and tells one of twenty who add at the same time', async () => {
    let nowMs = Date.now();
    const records = (await open({ now: () => nowMs })).records<string>('things');
    for (const round of ['one', 'two']) {
      const values = Array.from({ length: 20 }, (_, n) => `${round} by ${n}`);
      const added = await Promise.all(values.map((value) => records.add('a', value, 1000)));
      expect(added.filter((is) => is)).toHaveLength(1);
      expect(await records.get('a')).toBe(values[added.indexOf(true)]);
      nowMs += 1000;
      expect(await records.get('a')).toBeUndefined();
    }
    // Where nothing is sealed, who says the same writes the same.
    for (let round = 0; round < 2; round += 1) {
      const added = await Promise.all(Array.from({ length: 5 }, () => records.add('same', 'me', 1000)));
      expect(added.filter((is) => is)).toHaveLength(1);
      nowMs += 1000;
    }
    await records.set('b', 'for ever');
    expect(await records.add('b', 'another', 1000)).toBe(false);
    expect(await records.get('b')).toBe('for ever');
  });

  it('replaces what is still there, keeps its end, and brings nothing back', async () => {
    let nowMs = Date.now();
    const store = await open({ now: () => nowMs });
    const records = store.records<{ n: number }>('things');
    const [one, two] = [{ n: 1 }, { n: 2 }];
    const is = (n: number) => (found: { n: number }) => found.n === n;
    expect(await records.replace('a', () => true, one)).toBeUndefined();
    expect(await records.keys()).toEqual([]);
    await records.set('a', one, 1000);
    expect(await records.replace('a', is(2), two)).toEqual(one);
    expect(await records.replace('a', is(1), two)).toBe(two);
    expect(await records.get('a')).toEqual(two);
    nowMs += 1000;
    expect(await records.replace('a', () => true, one)).toBeUndefined();
    expect(await records.get('a')).toBeUndefined();
    await records.set('b', one);
    await store.claim('things', 'b');
    expect(await records.replace('b', () => true, two)).toBeUndefined();
    expect(await records.get('b')).toBeUndefined();
  });

  it('lets one of twenty replace a record at the same time, and tells the others what is there', async () => {
    const records = (await open()).records<string>('things');
    await records.set('a', 'seen');
    const values = Array.from({ length: 20 }, (_, n) => `by ${n}`);
    const told = await Promise.all(
      values.map((value) => records.replace('a', (found) => found === 'seen', value)),
    );
    const winner = await records.get('a');
    expect(values).toContain(winner);
    expect(new Set(told)).toEqual(new Set([winner]));
  });

  it('never loses a record to the reading of the expired one that it replaces', async () => {
    let nowMs = Date.now();
    const records = (await open({ now: () => nowMs })).records<number>('things');
    for (let round = 1; round <= 30; round++) {
      await records.set('a', -1, 1);
      nowMs += 120_000;
      const reading = Promise.all([records.get('a'), records.keys(), records.get('a'), records.keys()]);
      await Promise.all([records.set('a', round), reading]);
      expect(await records.get('a')).toBe(round);
    }
  });

  it('keeps hostile keys apart', async () => {
    const records = (await open()).records<number>('things');
    const hostile = [
      ...[
        '',
        '.',
        '..',
        '../../etc/passwd',
        '/',
        '//',
        '\\..\\',
        'a\0b',
        'a',
        'A',
        'ä',
        'a\u0308',
        '😀',
        'con',
      ],
      ...[
        'pending:a',
        'things:a',
        'a.record',
        'a.record.x.claim',
        '=',
        '=2e',
        '~a',
        '%2E',
        '*',
        'x'.repeat(10_000),
      ],
      ...['x'.repeat(10_001), 'Ü'.repeat(300), '__proto__', 'constructor', ' ', 'a b', '\n', '\ud800'],
    ];
    const keys = hostile.flatMap((text) => [
      recordKey(text),
      recordKey(text, 'linear'),
      recordKey('ana', text),
    ]);
    await Promise.all(keys.map((key, index) => records.set(key, index)));
    expect(await Promise.all(keys.map((key) => records.get(key)))).toEqual(keys.map((_, index) => index));
    expect(await records.keys()).toEqual([...keys].sort());
  });

  it('keeps keys apart that nobody encoded', async () => {
    const records = (await open()).records<number>('things');
    const keys = ['../../../x', 'a/../b', 'b', 'a//b', '/a', 'a/', 'nul\0', 'C:\\x', '../things/b'];
    await Promise.all(keys.map((key, index) => records.set(key, index)));
    expect(await Promise.all(keys.map((key) => records.get(key)))).toEqual(keys.map((_, index) => index));
    expect(await records.keys()).toEqual([...keys].sort());
  });

  it('refuses what is not JSON and stays as it was', async () => {
    const records = (await open()).records<unknown>('things');
    await records.set('a', 1);
    await expect(records.set('a', 1n)).rejects.toThrow(TypeError);
    expect(await records.get('a')).toBe(1);
  });
}
