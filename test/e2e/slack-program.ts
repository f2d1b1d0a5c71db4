import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { recordKey } from '../../src/storage/types.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import type { SlackScene } from './slack-scene.js';

/** The gateway as it ships, in a process of its own, beside a folder that outlives it. */
export interface SlackProgram {
  readonly home: GatewayFolder;
  /** Ends it, if it still runs, and starts it again over the same folder. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** One that was killed was so a minute ago: locks that it held are nobody's any more. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Whether the Slack chat keeps something under this key, for the next process. */
  remembers(key: string): Promise<boolean>;
  /** Whether the next process can edit a message of which a button was pressed. */
  remembersWhatEdits(): Promise<boolean>;
  /** Whether it is known beyond this process on which message each sign-in stands. */
  hasWrittenDownMessages(): Promise<boolean>;
  /** All that any of its processes wrote. */
  written(): string;
}

/** Programs and their folders, gone after each test. */
export function useSlackPrograms(
  scene: Pick<SlackScene, 'slack' | 'words'>,
): (more?: Readonly<Record<string, unknown>>) => Promise<SlackProgram> {
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
      await scene.slack.sockets.untilOpen();
    }

    async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
      const program = programs.at(-1);
      program?.child.kill(signal);
      await program?.ended;
      if (signal === 'SIGKILL') await home.letAMinutePass();
    }

    async function inStore<T>(look: (store: Awaited<ReturnType<typeof openStore>>['store']) => Promise<T>) {
      const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
      return await look(store).finally(() => store.close());
    }

    await launch();
    return {
      home,
      end,
      async restart(signal) {
        await end(signal);
        await launch();
      },
      remembers: (key) =>
        inStore(async (store) => (await store.records('chat-slack').keys(recordKey(key))).length > 0),
      remembersWhatEdits: () =>
        inStore(async (store) => {
          const keys = await store.records('chat-slack').keys();
          return keys.some((key) => key.startsWith('way'));
        }),
      hasWrittenDownMessages: () =>
        inStore(async (store) => {
          const boards = store.records<{ readonly message?: unknown }>('boards');
          const all = await Promise.all((await boards.keys()).map((key) => boards.get(key)));
          return all.length > 0 && all.every((board) => board?.message !== undefined);
        }),
      written: () => programs.map(({ out, err }) => out + err).join('\n'),
    };
  };
}
