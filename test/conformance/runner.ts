import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Beside, installBeside, isInstalled } from '../helpers/installed-beside.js';
import type { Case } from './scenarios.js';

/** What a run of one scenario came to. */
export interface Result extends Case {
  readonly passed: number;
  readonly failed: number;
  readonly warnings: number;
  /** Of the runner: not 0 for a failure, a warning, a client that timed out or ended with an error. */
  readonly exitCode: number;
  readonly ms: number;
  /** All that the runner and the client said. */
  readonly output: string;
}

/** No warning counts as passed, and neither does a scenario that was skipped. */
export const isPassed = ({ exitCode, passed, failed, warnings }: Result): boolean =>
  exitCode === 0 && passed > 0 && failed === 0 && warnings === 0;

const TIMEOUT_MS = 60_000;

/** The official suite and a Node for it, in a folder of its own. */
export interface Runner {
  run(one: Case, clientCommand: string): Promise<Result>;
  /** Each scenario of a version, in one process. How that ends says nothing of any one of them: their exit codes are 0. */
  runAll(version: string, clientCommand: string): Promise<readonly Result[]>;
}

/** Undefined where it has not been installed, or another version has. */
export async function installedRunner(beside: Beside): Promise<Runner | undefined> {
  return (await isInstalled(beside)) ? runnerIn(beside.folder) : undefined;
}

export async function installRunner(beside: Beside): Promise<Runner> {
  await installBeside(beside);
  return runnerIn(beside.folder);
}

function runnerIn(folder: string): Runner {
  const modules = join(folder, 'node_modules');
  const node = join(modules, 'node/bin/node');
  const suite = join(modules, '@modelcontextprotocol/conformance/dist/index.js');

  /** `read` gets what was said, and the folder of the results while it is there. */
  async function ran<T>(
    options: readonly string[],
    read: (ended: { exitCode: number; output: string }, results: string) => Promise<T>,
  ): Promise<T> {
    const results = await mkdtemp(join(tmpdir(), 'conformance-'));
    try {
      const args = [suite, 'client', ...options, '--timeout', String(TIMEOUT_MS), '-o', results];
      const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      return await read(await outputOf(child), results);
    } finally {
      await rm(results, { recursive: true, force: true });
    }
  }

  return {
    run(one, clientCommand) {
      const startedAtMs = Date.now();
      const version = one.version === 'extension' ? [] : ['--spec-version', one.version];
      const options = ['--command', clientCommand, '--scenario', one.scenario, ...version];
      return ran(options, async ({ exitCode, output }, results) => {
        const checks = await checksIn(results);
        const said = await saidIn(results);
        const ms = Date.now() - startedAtMs;
        return { ...one, ...checks, exitCode, ms, output: `${output}\n${said}` };
      });
    },
    runAll(version, clientCommand) {
      const startedAtMs = Date.now();
      const which =
        version === 'extension' ? ['--suite', 'extensions'] : ['--suite', 'all', '--spec-version', version];
      return ran(['--command', clientCommand, ...which], async ({ output }, results) => {
        const ms = Date.now() - startedAtMs;
        const folders = await foldersOf(results);
        return await Promise.all(
          folders.map(async ([scenario, folder]) => ({
            ...{ scenario, version, exitCode: 0, ms, output },
            ...(await checksIn(folder)),
          })),
        );
      });
    },
  };
}

/** The folder of each scenario: its name, then when it began. */
async function foldersOf(results: string): Promise<readonly (readonly [scenario: string, folder: string])[]> {
  const files = await readdir(results, { recursive: true });
  return files
    .filter((file) => file.endsWith('checks.json'))
    .map((file) => [dirname(file).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, ''), join(results, dirname(file))]);
}

async function outputOf(child: ChildProcess): Promise<{ exitCode: number; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  return { exitCode, output };
}

/** The folder that the runner makes for one run, with a file of this name. */
async function fileIn(results: string, name: string): Promise<string | undefined> {
  const files = await readdir(results, { recursive: true });
  const found = files.find((file) => file.endsWith(name));
  return found === undefined ? undefined : await readFile(join(results, found), 'utf8');
}

async function checksIn(results: string): Promise<Pick<Result, 'passed' | 'failed' | 'warnings'>> {
  const text = await fileIn(results, 'checks.json');
  const checks = JSON.parse(text ?? '[]') as readonly { readonly status: string }[];
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  return { passed: count('SUCCESS'), failed: count('FAILURE'), warnings: count('WARNING') };
}

async function saidIn(results: string): Promise<string> {
  const stdout = await fileIn(results, 'stdout.txt');
  const stderr = await fileIn(results, 'stderr.txt');
  return `--- the client\n${stdout ?? ''}${stderr ?? ''}`;
}
