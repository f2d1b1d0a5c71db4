// Runs vitest and reads what it says of each test.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Ends the run and all that it started. */
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/**
 * @param {string} folder the project's root, or a copy's
 * @param {readonly string[]} options vitest's own
 * @param {number} withinMs then the run is ended
 * @returns each test (`file`, `title`, `status`), the files that failed before their tests, whether the run ended by itself
 */
export async function runVitest(folder, options, withinMs) {
  const place = mkdtempSync(join(tmpdir(), 'vitest-'));
  const output = join(place, 'results.json');
  const all = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...options,
    '--reporter=json',
    `--outputFile=${output}`,
  ];
  const child = spawn(process.execPath, all, { cwd: folder, stdio: 'ignore', detached: true });
  let ended = true;
  const timer = setTimeout(() => {
    ended = false;
    endGroup(child);
  }, withinMs);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  try {
    return { ended, ...read(output, folder) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function read(output, folder) {
  if (!existsSync(output)) return { tests: [], broken: [] };
  const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      file: relative(folder, name),
      title: fullName,
      status,
    })),
  );
  const broken = testResults
    .filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some(hasFailed))
    .map(({ name, message }) => ({ file: relative(folder, name), message }));
  return { tests, broken };
}

export const hasFailed = ({ status }) => status === 'failed';
export const hasPassed = ({ status }) => status === 'passed';
