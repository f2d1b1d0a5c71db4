import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './servers/free-port.js';

export interface GatewayFolder {
  readonly folder: string;
  readonly config: string;
  readonly publicUrl: string;
  readonly localUrl: string;
  /** Writes the config anew with other words. */
  rewrite(words: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * As if its gateway had been killed a minute ago. One that is killed between a write and the end of its lock leaves that
   * for the twenty seconds of a lease, in which the next one cannot tell what came of a sign-in.
   */
  letAMinutePass(): Promise<void>;
  remove(): Promise<void>;
}

/** A folder with a config.yaml for a gateway on free ports with its state beside it. `words` are the config's own. */
export async function gatewayFolder(words: Readonly<Record<string, unknown>>): Promise<GatewayFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const localListen = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yaml');
  const rewrite = (more: Readonly<Record<string, unknown>>) =>
    writeFile(
      config,
      JSON.stringify({
        public_url: `http://${listen}`,
        listen,
        local_listen: localListen,
        storage: 'file:./state',
        ...more,
      }),
    );
  await rewrite(words);
  return {
    folder,
    config,
    publicUrl: `http://${listen}`,
    localUrl: `http://${localListen}`,
    rewrite,
    async letAMinutePass() {
      const locks = join(folder, 'state', 'locks');
      const then = new Date(Date.now() - 60_000);
      for (const name of await readdir(locks)) await utimes(join(locks, name), then, then);
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
