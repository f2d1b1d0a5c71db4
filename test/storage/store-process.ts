import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StorageKind } from '../../src/storage/places.js';
import { compileRooms } from '../helpers/compiled-rooms.js';

const script = fileURLToPath(new URL('store-child.js', import.meta.url));

/** `src/storage` as JavaScript. The caller removes `folder`. */
export async function compileStorage(): Promise<{ readonly folder: string; readonly compiled: string }> {
  const folder = await compileRooms('storage');
  return { folder, compiled: join(folder, 'storage') };
}

export interface Task {
  readonly compiled: string;
  readonly folder: string;
  readonly place: StorageKind;
  readonly task: string;
  readonly options?: object;
  readonly [given: string]: unknown;
}

/** A process that shares the store and does one of the tasks of store-child.js. */
export class StoreProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[] = [];

  /** @param limit a shell command for the limits under which it runs */
  constructor(task: Task, limit?: string) {
    const given = [script, JSON.stringify(task)];
    this.#child =
      limit === undefined
        ? spawn(process.execPath, given)
        : spawn('bash', ['-c', `${limit}; exec "$0" "$@"`, process.execPath, ...given]);
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('The process has no output');
    stderr.on('data', (data) => this.#errors.push(String(data)));
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** What it says next, which must be this. */
  async says(expected: string): Promise<void> {
    const said = await this.#next();
    if (said !== expected) throw new Error(`Said ${JSON.stringify(said)} and not ${expected}`);
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async result(): Promise<unknown> {
    const said = await this.#next();
    if (typeof said === 'object' && said !== null && 'result' in said) return said.result;
    if (typeof said === 'object') return undefined;
    throw new Error(`Said ${String(said)}`);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The process ended: ${this.#errors.join('')}`);
    return JSON.parse(value);
  }
}

/** Starts them all, and lets them go at the same moment when all are ready. */
export async function startTogether(tasks: readonly Task[]): Promise<readonly StoreProcess[]> {
  const processes = tasks.map((task) => new StoreProcess(task));
  await Promise.all(processes.map((process) => process.says('ready')));
  for (const process of processes) process.go();
  return processes;
}
