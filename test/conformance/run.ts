import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Beside } from '../helpers/installed-beside.js';
import { installRunner, isPassed, type Result, type Runner } from './runner.js';
import { type Case, EXTENSIONS, SCORED } from './scenarios.js';
import { tableOf } from './table.js';

export interface RunPlaces {
  /** What is installed for it, and where. */
  readonly runner: Beside;
  /** The client, as a script for the Node of this process. */
  readonly client: string;
}

/** A few of each kind: discovery, registration, client authentication, scopes, checks, both wire generations. */
const DOZEN: readonly Case[] = [
  { scenario: 'auth/2025-03-26-oauth-endpoint-fallback', version: '2025-03-26' },
  { scenario: 'auth/token-endpoint-auth-basic', version: '2025-06-18' },
  { scenario: 'auth/metadata-var2', version: '2025-11-25' },
  { scenario: 'auth/basic-cimd', version: '2025-11-25' },
  { scenario: 'auth/pre-registration', version: '2025-11-25' },
  { scenario: 'auth/scope-step-up', version: '2025-11-25' },
  { scenario: 'auth/metadata-var3', version: '2026-07-28' },
  { scenario: 'auth/scope-step-up', version: '2026-07-28' },
  { scenario: 'auth/scope-retry-limit', version: '2026-07-28' },
  { scenario: 'auth/authorization-server-migration', version: '2026-07-28' },
  { scenario: 'auth/iss-normalized', version: '2026-07-28' },
  { scenario: 'auth/resource-mismatch', version: '2026-07-28' },
];

const HELP = `npm run conformance [-- options]
  --only TEXT   scenarios whose name or version has TEXT in it (may be repeated)
  --dozen       a representative dozen
  --jobs N      at the same time (2)
  --verbose     all that was said, also where it passed
  --install     only installs the runner
  --write FILE  writes the table into this file, between its markers`;

/** All cases, a few at a time; in their order. */
async function runAll(
  runner: Runner,
  cases: readonly Case[],
  jobs: number,
  command: string,
  done: (result: Result) => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const left = [...cases.entries()];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, one] = next;
      const result = await runner.run(one, command);
      results[at] = result;
      done(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

function casesFor(only: readonly string[] | undefined, dozen: boolean): readonly Case[] {
  if (dozen) return DOZEN;
  const all = [...SCORED, ...EXTENSIONS];
  if (only === undefined) return all;
  return all.filter(({ scenario, version }) => only.some((text) => `${scenario} ${version}`.includes(text)));
}

const MARKERS = ['<!-- table -->', '<!-- /table -->'] as const;

async function writeTable(file: string, table: string): Promise<void> {
  const [before = '', rest = ''] = (await readFile(file, 'utf8')).split(MARKERS[0]);
  const [, after = ''] = rest.split(MARKERS[1]);
  await writeFile(file, `${before}${MARKERS[0]}\n${table}\n${MARKERS[1]}${after}`);
}

/** Runs what is asked for, prints the table. @returns the exit code: 0 only where everything passed */
export async function main(args: readonly string[], places: RunPlaces): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      dozen: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
      verbose: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
      write: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const runner = await installRunner(places.runner);
  if (values.install) return 0;
  const command = `${process.execPath} ${places.client}`;
  const cases = casesFor(values.only, values.dozen);
  const results = await runAll(runner, cases, Number(values.jobs), command, (result) => {
    const passed = isPassed(result);
    process.stderr.write(`${passed ? '✓' : '✗'} ${result.scenario} ${result.version} ${result.ms} ms\n`);
    if (!passed || values.verbose) process.stderr.write(`${result.output}\n`);
  });
  const table = tableOf(results);
  process.stdout.write(`${table}\n`);
  if (values.write !== undefined) await writeTable(values.write, table);
  return results.length > 0 && results.every(isPassed) ? 0 : 1;
}
