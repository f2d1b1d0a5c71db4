import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start programs and browsers, and take the longest. */
const WHOLE = /\/test\/(?:[^/]+\.test\.ts$|cli\/|conformance\/|e2e\/|examples\/|threats\/)/;

/** The long ones first: the last to end has nobody to wait for it. */
class WholeFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWhole = ({ moduleId }: TestSpecification): boolean => WHOLE.test(moduleId);
    return [...sorted.filter(isWhole), ...sorted.filter((file) => !isWhole(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    pool: 'forks',
    // A process runs many files, so that it loads and compiles what all of them need once: no module keeps state.
    isolate: false,
    // Two cores is what small CI machines have; browsers and child processes want the rest.
    maxWorkers: 3,
    sequence: { sequencer: WholeFirst },
  },
});
