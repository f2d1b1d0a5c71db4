import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missing } from '../requirements.js';
import { freePort } from './free-port.js';

/** A Redis of our own, on a free port of this machine; it keeps its data over a restart. */
export class RedisUnderTest {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /** Undefined where Redis is not installed. */
  static async start(...settings: readonly string[]): Promise<RedisUnderTest | undefined> {
    if (spawnSync('redis-server', ['--version']).status !== 0)
      return missing('Redis', 'apt-get install redis-server');
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const redis = new RedisUnderTest(await freePort(), folder, settings);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const args = ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''].map(String);
    const given = [...args, '--appendonly', 'yes', '--appendfsync', 'everysec', ...this.settings];
    this.#process = spawn('redis-server', given, { stdio: 'ignore' });
    await this.#answering();
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill(signal);
    await gone;
  }

  /** Stops it in its tracks: it takes connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** A command as typed into redis-cli; what it prints. */
  cli(...command: readonly string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...command], { encoding: 'utf8' }).stdout.trim();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answering(): Promise<void> {
    for (let left = 600; left > 0; left -= 1) {
      if ((await ping(this.port)) === '+PONG\r\n') return;
      await delay(25);
    }
    throw new Error('Redis did not start');
  }
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(String(data));
    });
    socket.once('error', () => resolve(''));
  });
}
