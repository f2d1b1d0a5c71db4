import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start programs and browsers, and measure memory and time. */
const WHOLE = ['test/*.test.ts', ...['cli', 'conformance', 'e2e', 'examples', 'threats'].map(within)];

function within(folder: string): string {
  return `test/${folder}/**/*.test.ts`;
}

/** The long ones first: the last to end has nobody to wait for it. */
class WholeFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWhole = ({ project }: TestSpecification): boolean => project.name === 'whole';
    return [...sorted.filter(isWhole), ...sorted.filter((file) => !isWhole(file))];
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
    pool: 'forks',
    // Two cores is what small CI machines have; browsers and child processes want the rest.
    maxWorkers: 3,
    sequence: { sequencer: WholeFirst },
    projects: [
      { extends: true, test: { name: 'whole', include: WHOLE } },
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...WHOLE],
          // A process runs many files, so that it loads and compiles what all of them need once: no module keeps state.
          isolate: false,
        },
      },
    ],
  },
});
