import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { membersOf } from '../../common/payload.js';
import type { DiscordApi } from '../connection/api.js';
import { isSnowflake } from '../refs.js';

/** Guilds of which `/mcp` is a command of their own, because the config named them. */
const GUILD = 'guild';
/** Written anew at each start. */
const KEPT_MS = 400 * 86_400_000;

export interface NamedGuild {
  readonly application: string;
  readonly guild: string;
  /** As Discord told it. */
  readonly command: unknown;
}

export async function noteGuild(
  memory: AdapterMemory,
  { application, guild, command }: NamedGuild,
): Promise<void> {
  const { id } = membersOf(command);
  if (isSnowflake(id)) await memory.set(`${GUILD}/${guild}`, { application, command: id }, KEPT_MS);
}

/** Takes `/mcp` away where a former start registered it and the config does not name it any more: it would be offered twice, or in vain. */
export async function leaveGuilds(
  memory: AdapterMemory,
  api: DiscordApi,
  application: string,
  named: readonly string[],
  log: Log,
): Promise<void> {
  for (const guild of await memory.keys(GUILD)) {
    if (named.includes(guild)) continue;
    const before = membersOf(await memory.get(`${GUILD}/${guild}`));
    // Of another bot, whose commands this one may not touch.
    if (before.application === application && isSnowflake(before.command)) {
      const path = `/applications/${application}/guilds/${guild}/commands/${before.command}`;
      const answer = await api.call({ method: 'DELETE', path });
      const where = { platform: 'discord', guild };
      if (answer.kind === 'ok') log.info(where, '/mcp is no longer registered here');
      else log.info({ ...where, code: answer.code }, '/mcp was not registered here any more');
    }
    await memory.take(`${GUILD}/${guild}`);
  }
}
