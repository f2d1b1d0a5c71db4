import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missing } from '../requirements.js';
import { freePort } from './free-port.js';

const DEBIAN = '/usr/lib/postgresql';
/** Quick: its processes are killed here, the machine is not. */
const QUICK = ['fsync=off', 'full_page_writes=off', 'shared_buffers=32MB'];

/** A PostgreSQL of our own, on a free port of this machine. It refuses root, so root becomes its user. */
export class PostgresUnderTest {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly binaries: string,
    private readonly folder: string,
  ) {}

  /** Undefined where PostgreSQL is not installed. */
  static async start(): Promise<PostgresUnderTest | undefined> {
    const binaries = findBinaries();
    if (binaries === undefined) return missing('PostgreSQL', 'apt-get install postgresql');
    const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
    const user = ownUser();
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    const postgres = new PostgresUnderTest(await freePort(), binaries, folder);
    postgres.#make();
    await postgres.start();
    return postgres;
  }

  /** Of a superuser; others with `user`. */
  get url(): string {
    return this.urlOf('postgres');
  }

  urlOf(user: string, password = ''): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/postgres`;
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const settings = [...QUICK, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
    const args = ['-D', join(this.folder, 'data'), '-p', String(this.port)];
    for (const setting of settings) args.push('-c', setting);
    this.#process = spawn(join(this.binaries, 'postgres'), args, { stdio: 'ignore', ...ownUser() });
    await this.#answering();
  }

  /** SIGINT: stops at once, in order. SIGQUIT: as after a crash. */
  async kill(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill(signal);
    await gone;
  }

  /** A statement as typed into psql; what it prints. */
  sql(statement: string): string {
    const args = ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', statement, this.url];
    const { stdout, stderr, status } = spawnSync(join(this.binaries, 'psql'), args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  /** Whether it refuses writes, for the connections that are open already too. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    const setting = 'default_transaction_read_only';
    this.sql(isReadOnly ? `ALTER SYSTEM SET ${setting} = on` : `ALTER SYSTEM RESET ${setting}`);
    this.sql('SELECT pg_reload_conf()');
    // A reload is only asked for. What a new connection sees has been passed on to every older one.
    const wanted = isReadOnly ? 'on' : 'off';
    for (let left = 400; this.sql(`SHOW ${setting}`) !== wanted; left -= 1) {
      if (left === 0) throw new Error('PostgreSQL did not take the setting over');
      await delay(25);
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #make(): void {
    const args = [
      '-D',
      join(this.folder, 'data'),
      '-U',
      'postgres',
      '--auth',
      'trust',
      '--no-sync',
      '-E',
      'UTF8',
    ];
    const { status, stderr } = spawnSync(join(this.binaries, 'initdb'), [...args, '--locale', 'C.UTF-8'], {
      encoding: 'utf8',
      ...ownUser(),
    });
    if (status !== 0) throw new Error(stderr);
  }

  async #answering(): Promise<void> {
    for (let left = 600; left > 0; left -= 1) {
      if ((await reachable(this.port)) && this.#ready()) return;
      await delay(25);
    }
    throw new Error('PostgreSQL did not start');
  }

  #ready(): boolean {
    const args = ['-h', '127.0.0.1', '-p', String(this.port), '-q'];
    return spawnSync(join(this.binaries, 'pg_isready'), args).status === 0;
  }
}

function findBinaries(): string | undefined {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...debian, ...(process.env.PATH ?? '').split(':').filter((folder) => folder !== '')];
  const programs = ['initdb', 'postgres', 'pg_isready', 'psql'];
  return folders.find((folder) => programs.every((program) => existsSync(join(folder, program))));
}

function ownUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
