import { describe, expect, it } from 'vitest';
import { createBoundValues } from '../../src/auth/sign-in/browser-binding.js';
import { derivedSecrets } from '../../src/storage/sealing/key-ring.js';

const [one, two] = ['the first key '.repeat(4), 'the second key '.repeat(4)];
const boundBy = (...keys: readonly string[]) => createBoundValues(derivedSecrets(() => keys, 'pages'));

describe.each(['pageToken', 'keyFormBrowser', 'codeBrowser'] as const)('a %s', (kind) => {
  it('made with one key fits wherever that key is configured, whether or not it is the first', () => {
    const value = boundBy(one)[kind].of('a');
    for (const keys of [[one], [one, two], [two, one]]) {
      expect(boundBy(...keys)[kind].fits('a', value)).toBe(true);
    }
    expect(boundBy(two)[kind].fits('a', value)).toBe(false);
  });

  it('is made with the first key', () => {
    expect(boundBy(two, one)[kind].of('a')).toBe(boundBy(two)[kind].of('a'));
  });

  it('fits its own sign-in alone, and none of the other kinds', () => {
    const bound = boundBy(two, one);
    const value = boundBy(one)[kind].of('a');
    expect(bound[kind].fits('b', value)).toBe(false);
    for (const wrong of ['', value.slice(0, -1), `${value}A`])
      expect(bound[kind].fits('a', wrong)).toBe(false);
    const others = Object.entries(bound).filter(([name]) => name !== kind);
    expect(others.map(([, other]) => other.fits('a', value))).toEqual([false, false]);
  });
});
