// Takes each defence out, one at a time, in a copy of the project, and sees which test misses it:
// `npm run threats:mutate -- [--row N] [--defence TEXT] [--jobs N]`. Ends with 1 where none does.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeScratch, without } from './threat-scratch.js';
import { markOf, readThreats, resultsFolder, root } from './threat-table.js';
import { hasFailed, hasPassed, runVitest } from './vitest-json.js';

const RESULTS = join(resultsFolder, 'mutations.json');
const ONE_RUN_MS = 180_000;
const SOUND_MS = 900_000;

const { values } = parseArgs({
  options: { row: { type: 'string' }, defence: { type: 'string' }, jobs: { type: 'string', default: '2' } },
});
const jobs = Number(values.jobs);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();

const wanted = readThreats()
  .flatMap(({ mutations }) => mutations)
  .filter(({ row }) => values.row === undefined || row === Number(values.row))
  .filter(({ defence }) => values.defence === undefined || defence.includes(values.defence));

/**
 * The tests that a mutation names pass as long as nothing is taken out; else that they fail says nothing.
 * @returns of each mutation for which that does not hold, why
 */
async function unsoundness(folder) {
  const files = [...new Set(wanted.flatMap(({ tests }) => tests))];
  const options = [...files, `--maxWorkers=${jobs}`, '--retry=2'];
  const { tests } = await runVitest(folder, options, SOUND_MS);
  return new Map(
    wanted.flatMap((mutation) => {
      const own = tests.filter((test) => concerns(mutation, test));
      const failing = own.find(hasFailed);
      if (failing !== undefined) return [[mutation, `fails with nothing taken out: ${failing.title}`]];
      return own.some(hasPassed) ? [] : [[mutation, 'names no test that passes']];
    }),
  );
}

const concerns = ({ tests, only = '' }, { file, title }) =>
  tests.includes(file) && new RegExp(only).test(title);

async function judge(folder, mutation) {
  const only = mutation.only === undefined ? [] : ['-t', mutation.only];
  const options = [...mutation.tests, ...only, '--bail=1', '--maxWorkers=1', '--testTimeout=40000'];
  const { ended, tests, broken } = await without(folder, mutation, () =>
    runVitest(folder, options, ONE_RUN_MS),
  );
  const missed = tests.find(hasFailed);
  if (missed !== undefined) return { outcome: 'caught', by: `${missed.file}: ${missed.title}` };
  if (!ended) return { outcome: 'caught', by: `${mutation.tests[0]}: it never ends` };
  if (broken.length > 0) return { outcome: 'broken', by: broken[0].message.split('\n')[0] };
  return { outcome: 'survived', by: '' };
}

const SIGNS = { caught: '✓', survived: '✗ survived', broken: '✗ broken', unsound: '✗ unsound' };

async function judgeAll(folders, unsound) {
  const left = [...wanted];
  const results = [];
  const worker = async (folder) => {
    for (let mutation = left.shift(); mutation !== undefined; mutation = left.shift()) {
      const before = performance.now();
      const why = unsound.get(mutation);
      const { outcome, by } =
        why === undefined ? await judge(folder, mutation) : { outcome: 'unsound', by: why };
      const { row, defence } = mutation;
      const seconds = Math.round((performance.now() - before) / 100) / 10;
      results.push({ row, defence, mark: markOf(mutation), commit, outcome, by, seconds });
      const count = `${results.length}/${wanted.length}`;
      process.stdout.write(
        `${SIGNS[outcome]} ${count}  ${row}: ${defence} (${seconds} s)${by === '' ? '' : `\n    ${by}`}\n`,
      );
    }
  };
  await Promise.all(folders.map(worker));
  return results;
}

/** What was not run this time stays as it was found before. */
function keep(results) {
  const before = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')).results : [];
  const known = new Set(results.map(({ defence }) => defence));
  const all = [...before.filter(({ defence }) => !known.has(defence)), ...results];
  mkdirSync(resultsFolder, { recursive: true });
  const kept = { at: new Date().toISOString(), results: all };
  writeFileSync(RESULTS, `${JSON.stringify(kept, null, 2)}\n`);
}

const began = performance.now();
const scratches = Array.from({ length: Math.min(jobs, wanted.length) }, makeScratch);
try {
  const [first] = scratches;
  if (first === undefined) throw new Error('no such defence');
  process.stdout.write(`Are the tests of ${wanted.length} mutations sound with nothing taken out?\n`);
  const unsound = await unsoundness(first.folder);
  const results = await judgeAll(
    scratches.map(({ folder }) => folder),
    unsound,
  );
  keep(results);
  const caught = results.filter(({ outcome }) => outcome === 'caught').length;
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  process.stdout.write(`${caught} of ${results.length} were caught, in ${minutes} minutes.\n`);
  if (caught < results.length) process.exitCode = 1;
} finally {
  for (const { remove } of scratches) remove();
}
