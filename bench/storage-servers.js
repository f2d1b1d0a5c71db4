// A Redis and a PostgreSQL for the bench, on free ports of this machine, with the settings that one would run them with.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './measuring.js';

const DEBIAN = '/usr/lib/postgresql';

async function untilIt(answers) {
  for (let left = 400; left > 0; left -= 1) {
    try {
      return answers();
    } catch {
      await delay(25);
    }
  }
  throw new Error('a server did not start');
}

async function started(program, args, options, folder, answers) {
  const child = spawn(program, args, { stdio: 'ignore', ...options });
  await untilIt(answers);
  return async () => {
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
}

export async function startRedis() {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'bench-redis-'))];
  const cli = (...command) =>
    execFileSync('redis-cli', ['-p', port, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  const stop = await started('redis-server', args, {}, folder, () => cli('PING'));
  const bytes = () => Number(/used_memory:(\d+)/.exec(cli('INFO', 'memory'))[1]);
  return { place: { kind: 'redis', url: `redis://127.0.0.1:${port}/0` }, bytes, stop };
}

export async function startPostgres() {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'bench-postgres-'))];
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const program = (name) => (versions.length === 0 ? name : join(DEBIAN, versions.at(-1), 'bin', name));
  const user = process.getuid() === 0 ? ownUser() : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(program('initdb'), ['-D', data, '-U', 'postgres', '--auth', 'trust'], {
    stdio: 'ignore',
    ...user,
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const sql = (text) =>
    execFileSync(program('psql'), ['-XAt', '-c', text, url], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const args = ['-D', data, '-p', port, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const stop = await started(program('postgres'), args, user, folder, () => sql('SELECT 1'));
  const bytes = () =>
    Number(sql(`SELECT coalesce(pg_total_relation_size(to_regclass('mcp_chat_gateway_records')), 0)`));
  return { place: { kind: 'postgres', url }, bytes, stop };
}

function ownUser() {
  const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
