import { Client, GatewayIntentBits, Partials } from 'discord.js';
import { expect } from 'vitest';
import { createDiscordAdapter } from '../../../src/adapters/discord/adapter.js';
import { mountDiscord } from '../../../src/adapters/discord/mount.js';
import type { DiscordOptions } from '../../../src/adapters/discord/options.js';
import type { ChatAdapter, ChatGateway } from '../../../src/gateway/types.js';
import { silentLog } from '../../../src/observability/log.js';
import type { Person } from '../../contracts/chat-adapter.js';
import { startDiscord } from '../../helpers/discord/discord.js';
import type {
  Discord,
  DiscordChannel,
  DiscordGuild,
  DiscordPerson,
  DiscordOptions as PlatformOptions,
} from '../../helpers/discord/face.js';
import { openWebDoor } from './web-door.js';

/** A Discord adapter on a platform of its own, with Ana and Ben in one guild. */
export interface OpenedDiscord {
  readonly discord: Discord;
  readonly adapter: ChatAdapter;
  readonly ana: DiscordPerson;
  readonly ben: DiscordPerson;
  readonly guild: DiscordGuild;
  readonly general: DiscordChannel;
  close(): Promise<void>;
}

async function scene(platform: PlatformOptions) {
  const discord = await startDiscord(platform);
  const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
  const guild = discord.guild('Acme', [ana, ben]);
  return { discord, ana, ben, guild, general: guild.channel('general') };
}

async function ready(discord: Discord, connected = true): Promise<void> {
  if (connected) await expect.poll(() => discord.gateway.ready).toBe(1);
  await expect.poll(() => discord.commands().length).toBe(1);
}

/** By a Gateway connection of its own. */
export async function openDiscord(
  gateway: ChatGateway,
  options: Partial<DiscordOptions> = {},
  platform: PlatformOptions = {},
): Promise<OpenedDiscord> {
  const { discord, ...people } = await scene(platform);
  const adapter = createDiscordAdapter({
    token: discord.token,
    apiRoot: discord.api,
    mode: 'gateway',
    commands: true,
    ...options,
  });
  await adapter.start(gateway);
  await ready(discord);
  return {
    discord,
    ...people,
    adapter,
    async close() {
      await adapter.stop();
      await discord.close();
    },
  };
}

/** By signed requests to a URL of its own. */
export async function openByHttp(
  gateway: ChatGateway,
  options: Partial<DiscordOptions> = {},
  platform: PlatformOptions = {},
): Promise<OpenedDiscord> {
  const { discord, ...people } = await scene(platform);
  const adapter = createDiscordAdapter({
    token: discord.token,
    apiRoot: discord.api,
    mode: 'http',
    commands: true,
    ...options,
  });
  const door = await openWebDoor(() => adapter);
  await adapter.start(gateway);
  await ready(discord, false);
  expect(await discord.interactions.setUrl(door.url)).toEqual({ saved: true });
  return {
    discord,
    ...people,
    adapter,
    async close() {
      await adapter.stop();
      await door.close();
      await discord.close();
    },
  };
}

export function hostClient({ api }: Pick<Discord, 'api'>): Client {
  return new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
    partials: [Partials.Channel],
    rest: { api },
  });
}

/** Inside a discord.js client. */
export async function openMounted(gateway: ChatGateway): Promise<OpenedDiscord> {
  const { discord, ...people } = await scene({});
  const client = hostClient(discord);
  const { adapter } = mountDiscord({ host: client, commands: true, log: silentLog, now: Date.now });
  await adapter.start(gateway);
  await client.login(discord.token);
  await ready(discord);
  return {
    discord,
    ...people,
    adapter,
    async close() {
      await adapter.stop();
      await client.destroy();
      await discord.close();
    },
  };
}

/** A person as the contract suite knows one. */
export function contractPerson(person: DiscordPerson, where?: DiscordChannel): Person {
  return {
    actor: { platform: 'discord', userId: person.id, displayName: `@${person.name.toLowerCase()}` },
    async type(line) {
      const command = line.replace(/^\/mcp\s*/, '');
      void person.types('/mcp', command === '' ? {} : { command }, where);
    },
    press: async (label) => void person.presses(label),
    fill: async (label, values) => void person.fills(label, values),
    // Joiners keep data from becoming links; nobody sees them.
    sees: () => `${person.sees(where)}\n${person.sees()}`.replaceAll('\u2060', ''),
  };
}
