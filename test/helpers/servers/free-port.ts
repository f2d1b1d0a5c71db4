import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to whoever asks for any: no other listener or connection takes one by chance. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
/** A part for each process of a run, so that two never choose the same before one of them listens, or while it restarts. */
const PARTS = 8;
const EACH = PORTS / PARTS;
const part = Number(process.env.VITEST_POOL_ID ?? 0) % PARTS;
let next = randomInt(EACH);

/**
 * A port of this machine that nobody listens on. The same again only after all others of the part: a process that runs
 * hundreds of files needs more of them than there are.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < EACH; tries += 1) {
    const port = FIRST_PORT + part + PARTS * next;
    next = (next + 1) % EACH;
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${EACH} ports from ${FIRST_PORT} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
