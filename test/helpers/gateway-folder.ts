import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './program.js';

export interface GatewayFolder {
  readonly folder: string;
  readonly config: string;
  readonly publicUrl: string;
  readonly localUrl: string;
  /** Writes the config anew with other words. */
  rewrite(words: Readonly<Record<string, unknown>>): Promise<void>;
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
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
