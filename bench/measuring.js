import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const preload = new URL('./report-usage.js', import.meta.url).href;

/**
 * Runs Node with these arguments to its end. `until` is text on its standard output or error after which it is asked to stop.
 * @returns {Promise<{ cpuMs: number; peakMb: number; code: number | null }>}
 */
export function runNode(args, { cwd, until, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    let said = '';
    let usage = '';
    const hear = (chunk) => {
      said += chunk;
      if (until !== undefined && said.includes(until)) child.kill('SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.stdio[3].on('data', (chunk) => {
      usage += chunk;
    });
    child.stdin.end();
    const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (usage === '') reject(new Error(`no usage from node ${args.join(' ')}: ${said.slice(-500)}`));
      else resolve({ ...JSON.parse(usage), code });
    });
  });
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const root = fileURLToPath(new URL('..', import.meta.url));

/** One table, columns aligned. */
export function table(title, head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ');
  process.stdout.write(`\n${title}\n${all.map(line).join('\n')}\n`);
}
