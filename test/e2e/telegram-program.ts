import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { recordKey } from '../../src/storage/types.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import type { TelegramScene } from './telegram-scene.js';

/** The gateway as it ships, in a process of its own, beside a folder that outlives it. */
export interface GatewayProgram {
  readonly home: GatewayFolder;
  /** Ends it, if it still runs, and starts it again over the same folder. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** One that was killed was so a minute ago: locks that it held are nobody's any more. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Whether the Telegram chat keeps something under this key, for the next process. */
  remembers(key: string): Promise<boolean>;
  /** All that any of its processes wrote. */
  written(): string;
}

/** Programs and their folders, gone after each test. */
export function usePrograms(
  scene: TelegramScene,
): (more?: Readonly<Record<string, unknown>>) => Promise<GatewayProgram> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  return async (more) => {
    const home = await gatewayFolder(scene.words(more));
    ends.push(() => home.remove());
    const programs: Program[] = [];
    ends.push(async () => void (await programs.at(-1)?.kill()));

    async function launch(): Promise<void> {
      const program = new Program(['start', '--config', home.config]);
      programs.push(program);
      await program.untilSays('Ctrl-C stops it.');
    }

    async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
      const program = programs.at(-1);
      program?.child.kill(signal);
      await program?.ended;
      if (signal === 'SIGKILL') await home.letAMinutePass();
    }

    await launch();
    await scene.listed();
    return {
      home,
      end,
      async restart(signal) {
        await end(signal);
        await launch();
      },
      async remembers(key) {
        const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
        const found = await store.records('chat-telegram').keys(recordKey(key));
        await store.close();
        return found.length > 0;
      },
      written: () => programs.map(({ out, err }) => out + err).join('\n'),
    };
  };
}
