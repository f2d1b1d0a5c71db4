import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TokenOutcome } from '../../src/auth/types.js';
import type { StorageKind } from '../../src/storage/places.js';
import { compileRooms } from '../helpers/compiled-rooms.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The rooms that a keeper needs. The caller removes the folder. */
export const compileKeeper = (): Promise<string> => compileRooms('auth', 'storage', 'observability');

export type StoppingPoint =
  | 'before the request'
  | 'between the answer and the write'
  | 'during the write'
  | 'after the write';

export interface KeeperTask {
  readonly compiled: string;
  readonly place: StorageKind;
  readonly sealingKeys?: readonly string[];
  readonly origin: string;
  readonly subject: string;
  readonly calls: number;
  readonly leaseMs: number;
  readonly stop?: StoppingPoint;
}

/** What a call came to; an error as its code. */
export type CallOutcome = TokenOutcome | { readonly kind: 'error'; readonly code: string };

export interface Asked {
  readonly outcomes: readonly CallOutcome[];
  /** With which codes it told of a refusal. */
  readonly told: readonly string[];
}

/** A process of its own that does what keeper-child.js says. */
export class KeeperProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(task: KeeperTask) {
    this.#child = spawn(process.execPath, [at('keeper-child.js'), JSON.stringify(task)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the process has no output');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async says(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the process ended');
    return JSON.parse(value);
  }

  async asked(): Promise<Asked> {
    return (await this.says()) as Asked;
  }

  /** By SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
