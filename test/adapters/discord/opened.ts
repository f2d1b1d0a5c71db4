import { expect } from 'vitest';
import { createDiscordAdapter } from '../../../src/adapters/discord/adapter.js';
import type { DiscordOptions } from '../../../src/adapters/discord/options.js';
import type { ChatAdapter, ChatGateway } from '../../../src/gateway/types.js';
import type { Person } from '../../contracts/chat-adapter.js';
import { startDiscord } from '../../helpers/discord/discord.js';
import type {
  Discord,
  DiscordChannel,
  DiscordGuild,
  DiscordPerson,
  DiscordOptions as PlatformOptions,
} from '../../helpers/discord/face.js';

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

export async function openDiscord(
  gateway: ChatGateway,
  options: Partial<DiscordOptions> = {},
  platform: PlatformOptions = {},
): Promise<OpenedDiscord> {
  const discord = await startDiscord(platform);
  const ana = discord.person('Ana');
  const ben = discord.person('Ben');
  const guild = discord.guild('Acme', [ana, ben]);
  const adapter = createDiscordAdapter({
    token: discord.token,
    apiRoot: discord.api,
    mode: 'gateway',
    commands: true,
    ...options,
  });
  await adapter.start(gateway);
  await expect.poll(() => discord.gateway.ready, { timeout: 10_000 }).toBe(1);
  await expect.poll(() => discord.commands().length, { timeout: 10_000 }).toBe(1);
  return {
    discord,
    adapter,
    ana,
    ben,
    guild,
    general: guild.channel('general'),
    async close() {
      await adapter.stop();
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
