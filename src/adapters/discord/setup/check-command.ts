import type { Finding } from '../../common/finding.js';
import { membersOf } from '../../common/payload.js';
import { isSnowflake } from '../refs.js';
import type { DiscordAsk } from './check-call.js';
import { commandIn, commandPlaces, isSame, listPath } from './command.js';

/** Where `/mcp` has to be registered. */
export interface Registration {
  /** Whether the gateway registers it. */
  readonly commands: boolean;
  readonly guilds?: readonly string[];
}

/** Whether people can choose `/mcp` where they should, with its options. */
export async function commandFindings(
  ask: DiscordAsk,
  application: unknown,
  { commands, guilds }: Registration,
): Promise<readonly Finding[]> {
  const { id } = membersOf(application);
  if (!isSnowflake(id)) return [];
  const findings = commandPlaces(guilds).map(async ({ guild, command }): Promise<readonly Finding[]> => {
    const told = await ask(listPath(id, guild));
    if (told.kind === 'failed') return [told.finding];
    // The bot is not in that server, which is said elsewhere.
    if (told.kind === 'hidden') return [];
    const found = commandIn(told.body);
    const place = placeName(guild, guilds);
    if (found === undefined) return [trouble(`/mcp is not registered ${place}`, commands)];
    if (!commands || isSame(found, command)) return [{ mark: 'ok', text: `/mcp is registered ${place}` }];
    return [trouble(`/mcp is registered ${place}, but not as this version does it`, commands)];
  });
  return (await Promise.all(findings)).flat();
}

function placeName(guild: string | undefined, guilds: readonly string[] | undefined): string {
  if (guild !== undefined) return `in the server ${guild}`;
  return guilds === undefined ? 'for all servers and private chats' : 'for private chats';
}

function trouble(text: string, commands: boolean): Finding {
  const remedy = commands
    ? '`mcp-chat-gateway start` registers it.'
    : 'Register it by your own means, or take `commands: false` out.';
  return { mark: 'attention', text, remedy };
}
