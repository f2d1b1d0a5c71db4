import { afterEach, expect } from 'vitest';
import { createTelegramAdapter, type TelegramOptions } from '../../../src/adapters/telegram/adapter.js';
import { deliverReply } from '../../../src/gateway/boards/notifier.js';
import type { ChatAdapter, Delivery, Invocation, Reply } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { reply, type ScriptedGateway, scriptedGateway } from '../../contracts/chat-adapter.js';
import { Clock } from '../../helpers/clock.js';
import { Remembered } from '../../helpers/remembered.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import type {
  BotApiOptions,
  ShownMessage,
  TelegramGroup,
  TelegramPerson,
} from '../../helpers/telegram/face.js';

export interface StageOptions {
  readonly adapter?: Partial<TelegramOptions>;
  readonly platform?: BotApiOptions;
}

/** A Telegram adapter before a gateway that says what the test wants, a platform with Ana and Ben, and one clock for all. */
export interface Stage {
  readonly api: BotApi;
  readonly adapter: ChatAdapter;
  readonly gateway: ScriptedGateway;
  readonly memory: Remembered;
  readonly clock: Clock;
  readonly ana: TelegramPerson;
  readonly ben: TelegramPerson;
  /** All lines that were logged, at `trace`. */
  readonly log: readonly string[];
  /** What the gateway does with a command. At first: it answers with `SERVERS`. */
  answer: (invocation: Invocation) => Promise<unknown>;
  /** Answers as the gateway does: in place of the message whose button was pressed, or with a new one. */
  say(invocation: Invocation, said: Reply): Promise<Delivery>;
  /** Another process, with the same memory. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Everything that only one person may see: names, status, a link, buttons. */
export const SERVERS: Reply = reply('MCP servers', {
  aside: '1 of 2 ready',
  lines: [
    { mark: 'ok', cells: ['files', '11 tools', 'no auth needed'] },
    {
      mark: 'attention',
      cells: ['linear', '', 'sign-in needed'],
      action: { kind: 'link', label: 'Sign in', url: 'https://gateway.example/connect/kx3v' },
    },
  ],
  actions: [{ kind: 'command', label: 'Refresh', words: ['status'] }],
});

/** Platforms and adapters, gone after each test. */
export function useStages(): (options?: StageOptions) => Promise<Stage> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  return async ({ adapter: options = {}, platform = {} } = {}) => {
    const clock = new Clock();
    const api = await startBotApi({ now: clock.now, ...platform });
    ends.push(() => api.close());
    const lines: string[] = [];
    const memory = new Remembered(clock.now);
    const gateway = {
      ...scriptedGateway(async (invocation) => void (await stage.answer(invocation))),
      memory,
    };

    async function started(): Promise<ChatAdapter> {
      const adapter = createTelegramAdapter({
        token: api.token,
        apiRoot: api.root,
        mode: 'polling',
        publicUrl: 'https://gateway.example',
        reachable: true,
        commands: true,
        now: clock.now,
        log: createLog('trace', { write: (line: string) => void lines.push(line) }),
        ...options,
      });
      await adapter.start(gateway);
      ends.push(() => adapter.stop());
      return adapter;
    }

    let adapter = await started();
    const stage: Stage = {
      api,
      gateway,
      memory,
      clock,
      ana: api.person('Ana', { username: 'ana' }),
      ben: api.person('Ben', { username: 'ben' }),
      log: lines,
      get adapter() {
        return adapter;
      },
      answer: (invocation) => stage.say(invocation, SERVERS),
      say: (invocation, said) => deliverReply(adapter, stored(invocation), said),
      async restart() {
        await adapter.stop();
        adapter = await started();
      },
      stop: () => adapter.stop(),
    };
    return stage;
  };
}

/** From now on commands take until the returned function is called. */
export function slow(stage: Stage): () => void {
  const { answer } = stage;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  stage.answer = async (invocation) => {
    await finished;
    await answer(invocation);
  };
  return finish;
}

/** `/mcp` is in the bot's command lists: from now on it is sent ephemerally in groups. */
export async function listed({ api }: Pick<Stage, 'api'>): Promise<void> {
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThanOrEqual(2);
}

/** All that this person can see, without the joiners that keep data from becoming links. */
export function seen(person: TelegramPerson, chat?: TelegramGroup): string {
  return person.sees(chat).replaceAll('\u2060', '');
}

/** What the bot said there, as this person sees it. */
export function heard(person: TelegramPerson, chat?: TelegramGroup): readonly ShownMessage[] {
  return person.messages(chat).filter(({ from }) => from === 'bot');
}

/** The newest message of the bot there, once there is one. */
export async function lastHeard(person: TelegramPerson, chat?: TelegramGroup): Promise<ShownMessage> {
  await expect.poll(() => heard(person, chat).length).toBeGreaterThan(0);
  const last = heard(person, chat).at(-1);
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** Resolves once a command of its own has come through: what was sent before it has been looked at by then. */
export async function quiet({ ben, gateway }: Pick<Stage, 'ben' | 'gateway'>): Promise<void> {
  const marker = `marker-${gateway.invocations.length}`;
  await ben.type(`/mcp ${marker}`);
  await expect.poll(() => gateway.invocations.some(({ words }) => words[0] === marker)).toBe(true);
}

/** What was asked of the gateway, but for the markers. */
export function commands({ gateway }: Pick<Stage, 'gateway'>): readonly (readonly string[])[] {
  return gateway.invocations.map(({ words }) => words).filter(([first]) => !first?.startsWith('marker-'));
}

/** The calls that put a message somewhere. */
export function sends({ api }: Pick<Stage, 'api'>): readonly Readonly<Record<string, unknown>>[] {
  return api.callsOf('sendMessage').map(({ payload }) => payload);
}

function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
