import type { Platform } from '../platform.js';
import type { Channel } from '../shapes.js';
import { isInGuild } from '../shapes.js';

/** `@bot`, `@bot-role` and `@Ana` as the client turns them into mentions. */
export function withMentions({ bot, directory }: Platform, channel: Channel, text: string): string {
  const people = [...directory.accounts.values()].filter((account) => account !== bot);
  const known: readonly (readonly [string, string])[] = [
    ...(isInGuild(channel) ? [['bot-role', `<@&${channel.guild.botRoleId}>`] as const] : []),
    ['bot', `<@${bot.id}>`],
    [bot.username, `<@${bot.id}>`],
    ...people.map(({ name, id }) => [name, `<@${id}>`] as const),
  ];
  const longestFirst = known.toSorted(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((so, [name, mention]) => {
    const named = new RegExp(`@${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'g');
    return so.replace(named, mention);
  }, text);
}
