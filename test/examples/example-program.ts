import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { freePort } from '../helpers/servers/free-port.js';

export const exampleFolder = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}/`, import.meta.url));

/** An example in a process of its own; the package it imports by name is this one, as built. */
export class ExampleProgram {
  readonly child: ChildProcess;
  written = '';
  readonly ended: Promise<number | null>;

  constructor(file: string, config: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [file, config], {
      env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.written += text;
      });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Until it says so; fails with all that it said where it ends before. */
  async untilSays(text: string): Promise<void> {
    const ended = this.ended.then((code) => `ended with ${code}: ${this.written}`);
    const there = expect
      .poll(() => this.written, { timeout: 45_000 })
      .toContain(text)
      .then(() => 'there');
    expect(await Promise.race([there, ended])).toBe('there');
  }

  /** As Ctrl-C does. */
  stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

/** An example with a config of its own, in a folder that goes with it. */
export interface ExampleRun {
  run(env: Readonly<Record<string, string>>): ExampleProgram;
  /** Kills what still runs. */
  end(): Promise<void>;
}

/** @param words the config's own, but for addresses and storage */
export async function prepareExample(
  file: string,
  words: Readonly<Record<string, unknown>>,
): Promise<ExampleRun> {
  const folder = await mkdtemp(join(tmpdir(), 'example-'));
  const config = join(folder, 'config.yaml');
  const listen = `127.0.0.1:${await freePort()}`;
  const addresses = { listen, local_listen: `127.0.0.1:${await freePort()}`, public_url: `http://${listen}` };
  await writeFile(config, JSON.stringify({ ...addresses, storage: 'file:./state', ...words }));
  const programs: ExampleProgram[] = [];
  return {
    run(env) {
      const program = new ExampleProgram(file, config, env);
      programs.push(program);
      return program;
    },
    async end() {
      for (const program of programs.splice(0)) {
        program.child.kill('SIGKILL');
        await program.ended;
      }
      await rm(folder, { recursive: true });
    },
  };
}
