// The table of threats: `npm run threats` runs every row's tests and prints row, attack, tests, whether they passed, and
// which test misses each defence (as `npm run threats:mutate` found it). `-- --last`: what the last run said. `-- --write`:
// brings the table into SECURITY.md. `-- --check`: ends with 1 where SECURITY.md's is another.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { markOf, readThreats, resultsFolder, root, withTable } from './threat-table.js';
import { hasFailed, hasPassed, runVitest } from './vitest-json.js';

const SECURITY = join(root, 'SECURITY.md');
const TESTS = join(resultsFolder, 'tests.json');
const MUTATIONS = join(resultsFolder, 'mutations.json');
const WITHIN_MS = 1_800_000;

const { values } = parseArgs({
  options: { last: { type: 'boolean' }, write: { type: 'boolean' }, check: { type: 'boolean' } },
});

const readIfThere = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

async function runTests(rows) {
  process.stdout.write('Running the tests of every row; this takes some minutes.\n');
  const files = rows.flatMap(({ tests }) => tests);
  const run = await runVitest(root, files, WITHIN_MS);
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(TESTS, `${JSON.stringify({ at: new Date().toISOString(), ...run }, null, 2)}\n`);
  return run;
}

/** "28 passed", "27 passed, 1 failed": what was skipped has not passed either. */
function verdict(file, { tests, broken }) {
  const own = tests.filter((test) => test.file === file);
  const passed = own.filter(hasPassed).length;
  const failed = own.filter(hasFailed).length;
  const rest = own.length - passed - failed;
  const isBroken = broken.some((one) => one.file === file) || own.length === 0;
  const said = [
    `${passed} passed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(rest === 0 ? [] : [`${rest} skipped`]),
    ...(isBroken ? ['did not run'] : []),
  ];
  return { good: failed + rest === 0 && !isBroken, text: said.join(', ') };
}

function mutationLine(mutation, found) {
  const { defence } = mutation;
  const result = found?.results.find((one) => one.defence === defence && one.mark === markOf(mutation));
  if (result === undefined) return { good: false, text: `? ${defence}: not tried yet` };
  if (result.outcome !== 'caught') return { good: false, text: `✗ ${defence}: ${result.outcome}` };
  return { good: true, text: `✓ ${defence}\n        missed by ${result.by}` };
}

/** Not all are tried each time. */
const commitsOf = ({ results }) => [...new Set(results.map(({ commit }) => commit))].join(', ');

/** @returns whether every test passed and every mutation was caught */
function print(rows, run, found) {
  const counts = { rows: 0, tests: 0, caught: 0, mutations: 0 };
  for (const { row, attack, tests, mutations } of rows) {
    const files = tests.map((file) => ({ file, ...verdict(file, run) }));
    const defences = mutations.map((mutation) => mutationLine(mutation, found));
    const good = files.length > 0 && files.every((file) => file.good);
    counts.rows += good ? 1 : 0;
    counts.tests += run.tests.filter((test) => tests.includes(test.file)).length;
    counts.caught += defences.filter((line) => line.good).length;
    counts.mutations += defences.length;
    process.stdout.write(`\n${good ? '✓' : '✗'} ${row}. ${attack}\n`);
    for (const { file, good: passed, text } of files)
      process.stdout.write(`    ${passed ? '✓' : '✗'} ${file}: ${text}\n`);
    for (const { text } of defences) process.stdout.write(`      ${text}\n`);
  }
  process.stdout.write(
    `\n${counts.rows} of ${rows.length} rows passed, ${counts.tests} tests; ` +
      `${counts.caught} of ${counts.mutations} defences were missed by a test when they were taken out` +
      `${found === undefined ? ' (`npm run threats:mutate` tries)' : ` (the last at ${found.at}; commits: ${commitsOf(found)})`}.\n`,
  );
  return counts.rows === rows.length && counts.caught === counts.mutations;
}

const rows = readThreats();
if (values.write === true || values.check === true) {
  const now = readFileSync(SECURITY, 'utf8');
  const due = withTable(now, rows);
  if (values.write === true) writeFileSync(SECURITY, due);
  else if (due !== now) {
    process.stderr.write('SECURITY.md has another table: run `npm run threats -- --write`.\n');
    process.exitCode = 1;
  }
} else {
  const run = values.last === true ? readIfThere(TESTS) : await runTests(rows);
  if (run === undefined) throw new Error('there is no last run');
  if (!print(rows, run, readIfThere(MUTATIONS))) process.exitCode = 1;
}
