import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const preload = new URL('./report-usage.js', import.meta.url).href;

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Where `building.js` puts it. */
export const builtFolder = join(root, 'node_modules/.cache/mcp-chat-gateway-bench/dist');

/** A module of what is measured. */
export const built = (path) => pathToFileURL(join(builtFolder, path)).href;

/**
 * Runs Node with these arguments and no input to its end. `until` is text on its standard output or error after which
 * it is asked to stop; once `reached` resolves it is ended at once.
 * @returns {Promise<{ cpuMs: number; peakMb: number }>} of the whole process, from its first instruction to its end
 */
export function runNode(args, { cwd, env, until, reached } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let said = '';
    let usage = '';
    let told = until === undefined;
    const hear = (chunk) => {
      said += chunk;
      if (told || !said.includes(until)) return;
      told = child.kill('SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.stdio[3].on('data', (chunk) => {
      usage += chunk;
    });
    let ended = false;
    reached?.then(() => {
      ended = child.kill('SIGUSR2');
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(limit);
      if (usage !== '' && (ended || code === 0)) resolve(JSON.parse(usage));
      else reject(new Error(`node ${args.join(' ')} ended with ${code}: ${said.slice(-500)}`));
    });
  });
}

/** One of each, round after round, so that a busy moment of the machine hits all alike. The first round warms up. */
export async function alternate(cases, rounds) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, measure] of Object.entries(cases)) {
      const usage = await measure();
      if (round > 0) results[name].push(usage);
    }
  }
  return results;
}

/** Limits that are counted and never reached: a bench's one person says more in a second than anybody in a minute. */
export const UNREACHED_LIMITS = { commands: '1000000/1m', server_looks: '1000000/1m' };

/** After so long without an answer something is wrong, and a bench that says so beats one that waits. */
const LONGEST_ANSWER_MS = 180_000;

/** Another process of the bench, from a module's URL, which is asked by messages and ends with this one. */
export function startProcess(file) {
  const child = fork(file);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file.pathname} ended with ${code}`);
  });
  ended.catch(() => {});
  return {
    async ask(question) {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) }).then(
        ([answer]) => answer,
        () => {
          throw new Error(
            `${file.pathname} did not answer within three minutes: ${JSON.stringify(question)}`,
          );
        },
      );
      child.send(question);
      return await Promise.race([answered, ended]);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

/** The other side: answers each message, until the asking process lets go or dies. */
export function answerWith(answer) {
  process.on('message', async (question) => process.send(await answer(question)));
  process.on('disconnect', () => process.exit());
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** "41–57": how far apart the rounds were, which on a shared machine is part of the figure. */
export function spread(numbers, digits = 0) {
  return `${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)}`;
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** One table, columns aligned. */
export function table(title, head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ');
  process.stdout.write(`\n${title}\n${all.map(line).join('\n')}\n`);
}
