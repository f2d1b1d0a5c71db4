import { describe, expect, it } from 'vitest';
import { missing } from '../helpers/requirements.js';
import { RUNNER } from './places.js';
import { installedRunner, isPassed, type Result } from './runner.js';
import { EXTENSIONS, SCORED } from './scenarios.js';
import { tableOf } from './table.js';

const runner =
  (await installedRunner(RUNNER)) ?? missing('the conformance runner', 'npm run conformance -- --install');

/** Ends at once, content with itself. */
const IDLE = 'true';

describe.runIf(runner !== undefined)('the conformance table', () => {
  it('has no scenario that a client passes which does nothing', { timeout: 300_000 }, async () => {
    const cases = [...SCORED, ...EXTENSIONS];
    const versions = [...new Set(cases.map(({ version }) => version))];
    const results: Result[] = [];
    for (const version of versions) results.push(...((await runner?.runAll(version, IDLE)) ?? []));
    const found = cases.flatMap((one) =>
      results.filter(({ scenario, version }) => scenario === one.scenario && version === one.version),
    );
    expect(found).toHaveLength(46);
    expect(found.filter(isPassed)).toEqual([]);
    // A scenario that did not run has nothing that failed.
    expect(found.filter(({ failed }) => failed === 0)).toEqual([]);
  });
});

describe('what counts as passed', () => {
  const good: Result = {
    scenario: 'auth/x',
    version: '2026-07-28',
    passed: 3,
    failed: 0,
    warnings: 0,
    exitCode: 0,
    ms: 1,
    output: '',
  };

  it.each([
    ['a warning', { warnings: 1 }],
    ['a failed check', { failed: 1 }],
    ['an exit code, which a timeout has too', { exitCode: 1 }],
    ['no check at all, as where a scenario was skipped', { passed: 0 }],
  ])('%s does not', (_what, bad) => {
    expect(isPassed(good)).toBe(true);
    expect(isPassed({ ...good, ...bad })).toBe(false);
    expect(tableOf([good, { ...good, scenario: 'auth/y', ...bad }])).toContain('1 of 2 passed.');
  });

  it('has 44 scored runs: 2, 3, 14 and 25', () => {
    const of = (version: string) => SCORED.filter((one) => one.version === version).length;
    expect(['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'].map(of)).toEqual([2, 3, 14, 25]);
  });
});
