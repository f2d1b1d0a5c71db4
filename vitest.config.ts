import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start programs and browsers, and take the longest. */
const WHOLE = /\/test\/(?:[^/]+\.test\.ts$|cli\/|conformance\/|e2e\/|examples\/|threats\/)/;
const STORAGE = 'test/storage/**/*.test.ts';

/** The long ones come first: the last to end has nobody to wait for it. Those of a project come together: they share processes. */
function rank({ moduleId, project }: TestSpecification): number {
  if (WHOLE.test(moduleId)) return 0;
  return project.name === 'storage' ? 1 : 2;
}

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    pool: 'forks',
    // A process runs many files, so that it loads and compiles what all of them need once: no module keeps state.
    isolate: false,
    // Two cores is what small CI machines have; tests wait for a good part of their time.
    maxWorkers: 4,
    sequence: { sequencer: LongFirst },
    globalSetup: 'test/helpers/memory-folder.ts',
    setupFiles: 'test/helpers/fuzz-seed.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', STORAGE],
        },
      },
      // What is said of files is shown on a real disk.
      { extends: true, test: { name: 'storage', include: [STORAGE], env: { TMPDIR: tmpdir() } } },
    ],
  },
});
