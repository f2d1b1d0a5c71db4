import { expect, it } from 'vitest';
import { inSteps } from '../../src/app/stopping.js';
import { keptLog } from '../http/serving.js';

it('the end goes on past a step that hangs and one that fails, names both in the log, and keeps the order', async () => {
  const done: string[] = [];
  const log = keptLog();
  const step = (what: string, end: () => Promise<unknown>, atMostMs = 5_000) => ({ what, end, atMostMs });
  await inSteps(
    [
      step('first', async () => done.push('first')),
      step('hangs', () => new Promise(() => undefined), 20),
      step('fails', async () => Promise.reject(new Error('no'))),
      step('last', async () => done.push('last')),
    ],
    log,
  );
  expect(done).toEqual(['first', 'last']);
  expect(log.lines).toEqual([
    expect.stringMatching(/^left behind at the end .*"hangs"/),
    expect.stringMatching(/^did not end well .*"fails"/),
  ]);
});
