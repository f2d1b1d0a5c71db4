import type { Client } from 'discord.js';
import { afterEach, expect } from 'vitest';
import { createDiscordAdapter } from '../../../src/adapters/discord/adapter.js';
import { mountDiscord } from '../../../src/adapters/discord/mount.js';
import type { DiscordOptions } from '../../../src/adapters/discord/options.js';
import { deliverReply } from '../../../src/gateway/boards/notifier.js';
import type { ChatAdapter, Delivery, Invocation, Reply } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { reply, type ScriptedGateway, scriptedGateway } from '../../contracts/chat-adapter.js';
import { Clock } from '../../helpers/clock.js';
import { startDiscord } from '../../helpers/discord/discord.js';
import type {
  Discord,
  DiscordChannel,
  DiscordGuild,
  DiscordPerson,
  DiscordOptions as PlatformOptions,
  ShownMessage,
} from '../../helpers/discord/face.js';
import { Remembered } from '../../helpers/remembered.js';
import { openWebDoor } from './web-door.js';

export interface StageOptions {
  readonly adapter?: Partial<DiscordOptions>;
  readonly platform?: PlatformOptions;
  /** The adapter is not waited for. */
  readonly early?: true;
  /** Inside this client, instead of an adapter with a connection of its own. */
  readonly host?: (discord: Discord) => Client;
}

/** A Discord adapter before a gateway that says what the test wants; Ana and Ben share a guild; one clock for all. */
export interface Stage {
  readonly discord: Discord;
  readonly adapter: ChatAdapter;
  readonly gateway: ScriptedGateway;
  readonly memory: Remembered;
  readonly clock: Clock;
  readonly ana: DiscordPerson;
  readonly ben: DiscordPerson;
  readonly guild: DiscordGuild;
  readonly general: DiscordChannel;
  /** All lines that were logged, at `trace`. */
  readonly log: readonly string[];
  /** What the gateway does with a command. At first: it answers with `SERVERS`. */
  answer: (invocation: Invocation) => Promise<unknown>;
  /** What is offered while a word is typed. At first: `status`. */
  offer: (words: readonly string[]) => readonly string[];
  /** Answers as the gateway does: in place of the message whose button was pressed, or with a new one. */
  say(invocation: Invocation, said: Reply): Promise<Delivery>;
  /** Another process, with the same memory. */
  restart(): Promise<void>;
  /** Resolves when people's commands reach the adapter. */
  connected(): Promise<void>;
}

/** In place of Discord's three seconds. */
export const DEADLINE_MS = 30_000;

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

  return async ({ adapter: options = {}, platform = {}, early, host } = {}) => {
    const clock = new Clock();
    // A busy machine misses no deadline by itself.
    const discord = await startDiscord({ now: clock.now, deadlineMs: DEADLINE_MS, ...platform });
    ends.push(() => discord.close());
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const guild = discord.guild('Acme', [ana, ben]);
    const lines: string[] = [];
    const memory = new Remembered(clock.now);
    const gateway: ScriptedGateway = {
      ...scriptedGateway(async (invocation) => void (await stage.answer(invocation))),
      memory,
      complete: async (_actor, words) => stage.offer(words),
    };

    const log = createLog('trace', { write: (line: string) => void lines.push(line) });

    async function mounted(client: Client): Promise<ChatAdapter> {
      ends.push(() => client.destroy());
      const { adapter } = mountDiscord({ host: client, commands: true, log, now: clock.now });
      await adapter.start(gateway);
      await client.login(discord.token);
      return adapter;
    }

    async function alone(): Promise<ChatAdapter> {
      const adapter = createDiscordAdapter({
        token: discord.token,
        apiRoot: discord.api,
        mode: 'gateway',
        commands: true,
        now: clock.now,
        pauses: { firstMs: 20, longestMs: 200 },
        log,
        ...options,
      });
      await adapter.start(gateway);
      return adapter;
    }

    async function started(): Promise<ChatAdapter> {
      const adapter = await (host === undefined ? alone() : mounted(host(discord)));
      ends.push(() => adapter.stop());
      return adapter;
    }

    async function connected(): Promise<void> {
      if (options.mode !== 'http') await expect.poll(() => discord.gateway.ready).toBe(1);
      if (options.commands === false) return;
      const registered = () => discord.commands().some(({ name }) => name === 'mcp');
      await expect.poll(registered).toBe(true);
    }

    let adapter = await started();
    const stage: Stage = {
      discord,
      gateway,
      memory,
      clock,
      ana,
      ben,
      guild,
      general: guild.channel('general'),
      log: lines,
      get adapter() {
        return adapter;
      },
      answer: (invocation) => stage.say(invocation, SERVERS),
      offer: () => ['status'],
      say: (invocation, said) => deliverReply(adapter, stored(invocation), said),
      async restart() {
        await adapter.stop();
        // The platform sees the end of the connection a little later: it would pass for the new one.
        await expect.poll(() => discord.gateway.ready).toBe(0);
        adapter = await started();
        await connected();
      },
      connected,
    };
    if (early !== true) await connected();
    if (options.mode === 'http') {
      const door = await openWebDoor(() => adapter);
      ends.push(() => door.close());
      expect(await discord.interactions.setUrl(door.url)).toEqual({ saved: true });
    }
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

/** All that this person can see there and in their DM, without the joiners that keep data from becoming links. */
export function seen(person: DiscordPerson, where?: DiscordChannel): string {
  const there = where === undefined ? '' : person.sees(where);
  return `${there}\n${person.sees()}`.replaceAll('\u2060', '');
}

/** What the bot said there, as this person sees it. */
export function heard(person: DiscordPerson, where?: DiscordChannel): readonly ShownMessage[] {
  return person.messages(where).filter(({ from }) => from === 'bot');
}

/** The newest message of the bot there, once there is one that is no "thinking…". */
export async function lastHeard(person: DiscordPerson, where?: DiscordChannel): Promise<ShownMessage> {
  await expect.poll(() => heard(person, where).at(-1)?.state).toBe('sent');
  const last = heard(person, where).at(-1);
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** Resolves once a command of its own has come through: what was sent before it has been looked at by then. */
export async function quiet({ ben, gateway }: Pick<Stage, 'ben' | 'gateway'>): Promise<void> {
  const marker = `marker-${gateway.invocations.length}`;
  await ben.says(`mcp ${marker}`);
  await expect.poll(() => gateway.invocations.some(({ words }) => words[0] === marker)).toBe(true);
}

/** What was asked of the gateway, but for the markers. */
export function commands({ gateway }: Pick<Stage, 'gateway'>): readonly (readonly string[])[] {
  return gateway.invocations.map(({ words }) => words).filter(([first]) => !first?.startsWith('marker-'));
}

/** The calls that say something, oldest first. */
export function saying({ discord }: Pick<Stage, 'discord'>): readonly string[] {
  const quietRoutes = ['GET /', 'POST /applications', 'POST /users/@me/channels'];
  return discord.calls
    .map(({ route }) => route)
    .filter((route) => !quietRoutes.some((one) => route.startsWith(one)));
}

export const CALLBACK = 'POST /interactions/:id/:token/callback';
export const EDIT = 'PATCH /webhooks/:app/:token/messages/@original';

function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
