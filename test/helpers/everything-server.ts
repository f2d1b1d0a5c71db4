import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

export interface EverythingServer {
  readonly url: string;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);
const preload = new URL('./loopback-listen.mjs', import.meta.url).href;

function spawnServer(): ChildProcess {
  const entry = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
  return fork(entry, ['streamableHttp'], {
    execArgv: ['--import', preload],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** `@modelcontextprotocol/server-everything` over Streamable HTTP, in a process of its own, on a free loopback port. */
export async function startEverythingServer(): Promise<EverythingServer> {
  const child = spawnServer();
  const exited = once(child, 'exit');
  const [message]: unknown[] = await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('server-everything ended before it listened'))),
  ]);
  const { port } = message as { port: number };
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
