import { appendFileSync } from 'node:fs';
import fc, { type Parameters, type RunDetails } from 'fast-check';

/** Set by `npm run fuzz`: how long each generator runs, and where its figures go. */
const { FUZZ_SECONDS, FUZZ_RESULTS } = process.env;

/** Fails as fast-check does, with the seed and the smallest input, and writes down how much was tried. */
function reporter<T>(name: string, beganMs: number) {
  return (details: RunDetails<T>): void => {
    const { numRuns, seed, failed, counterexamplePath, errorInstance } = details;
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    const line = { name, inputs: numRuns, seconds, seed, failed, path: counterexamplePath };
    if (FUZZ_RESULTS !== undefined) appendFileSync(FUZZ_RESULTS, `${JSON.stringify(line)}\n`);
    if (failed) throw new Error(fc.defaultReportMessage(details) ?? name, { cause: errorInstance });
  };
}

/**
 * How much a property is tried: a little in every run of the tests, as long as it is told to by `npm run fuzz`.
 * @param name of what is fuzzed, unlike any other's
 * @param numRuns in a run of the tests
 */
export function fuzzing<T>(name: string, numRuns: number, more: Parameters<T> = {}): Parameters<T> {
  if (FUZZ_SECONDS === undefined) return { numRuns, ...more };
  return {
    ...more,
    numRuns: 100_000_000,
    interruptAfterTimeLimit: Number(FUZZ_SECONDS) * 1000,
    markInterruptAsFailure: false,
    reporter: reporter<T>(name, performance.now()),
  };
}

/** How far a fixed number of inputs gets, so that a property that says little is seen; by the clock it may be few. */
export function reaching(check: () => void): void {
  if (FUZZ_SECONDS === undefined) check();
}
