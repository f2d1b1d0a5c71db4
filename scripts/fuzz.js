// Runs the generators of the tests for as long as one likes: `npm run fuzz -- [--minutes N] [--seed S] [--only TEXT]`. What they
// try in each run of the tests takes seconds. A failure prints its seed and the smallest input that brings it about.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const WORKERS = 2;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: 'string', default: '' },
  },
});

/** Each `fuzzing('NAME', …)` in the tests, with the title of the test that it stands in. */
function generatorsIn(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return Array.from(text.matchAll(/\bfuzzing\(\s*['`]([^'`]+)['`]/g), ({ index, 1: name }) => {
    const titles = [...text.slice(0, index).matchAll(/\b(?:it|test)\(\s*'([^']+)'/g)];
    return { file, name, title: titles.at(-1)?.[1] ?? '' };
  });
}

const files = readdirSync(join(root, 'test'), { recursive: true }).filter((file) =>
  file.endsWith('.test.ts'),
);
const generators = files
  .flatMap((file) => generatorsIn(join('test', file)))
  .filter(({ name }) => name.includes(values.only));
if (generators.length === 0) throw new Error(`no generator is called so: ${values.only}`);

const seconds = Math.max(1, Math.round((Number(values.minutes) * 60 * WORKERS) / generators.length));
const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
const results = join(folder, 'results');

process.stdout.write(
  `${generators.length} generators, ${seconds} s each, ${WORKERS} at a time, seed ${values.seed}.\n`,
);
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...new Set(generators.map(({ file }) => file)),
    '-t',
    generators.map(({ title }) => escaped(title)).join('|'),
    `--maxWorkers=${WORKERS}`,
    `--testTimeout=${(seconds * 10 + 300) * 1000}`,
    '--silent=true',
    '--reporter=dot',
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SECONDS: String(seconds), FUZZ_SEED: values.seed, FUZZ_RESULTS: results },
  },
);

const found = existsSync(results)
  ? readFileSync(results, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true });
for (const { name, inputs, seconds: took, failed, path } of found.toSorted((a, b) =>
  a.name < b.name ? -1 : 1,
))
  process.stdout.write(
    `${failed ? '✗' : '✓'} ${name.padEnd(32)} ${String(inputs).padStart(9)} inputs ${String(took).padStart(6)} s` +
      `${failed ? `  seed ${values.seed}, path ${path}` : ''}\n`,
  );
const inputs = found.reduce((sum, one) => sum + one.inputs, 0);
const failures = found.filter(({ failed }) => failed).length;
process.stdout.write(`${inputs} inputs, ${failures} failures, seed ${values.seed}.\n`);
if (status !== 0) process.exitCode = 1;
