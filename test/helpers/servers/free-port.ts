import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to whoever asks for any: no other listener or connection takes one by chance. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** A part for each process of a run, so that two never choose the same before one of them listens, or while it restarts. */
const PARTS = 8;
const part = Number(process.env.VITEST_POOL_ID ?? 0) % PARTS;
const given = new Set<number>();

/** A port of this machine that nobody listens on, never the same twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + part + PARTS * randomInt(PORTS / PARTS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
