import type { Finding } from '../../common/finding.js';
import { membersOf, textOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';

const INVITE = '`mcp-chat-gateway discord-invite` prints the address that adds it.';
const MOST_NAMED = 5;

interface Guild {
  readonly id: string;
  readonly name: string;
}

/** Where the bot is, against where the config wants it. */
export function guildFindings(body: unknown, wanted: readonly string[] | undefined): readonly Finding[] {
  const guilds = readGuilds(body);
  if (wanted === undefined)
    return [guilds.length === 0 ? NOWHERE : { mark: 'ok', text: `is in ${listed(guilds)}` }];
  const present = guilds.filter(({ id }) => wanted.includes(id));
  const silent = guilds.filter(({ id }) => !wanted.includes(id));
  return [
    ...(present.length === 0 ? [] : [{ mark: 'ok', text: `is in ${listed(present)}` } as const]),
    ...wanted.filter((id) => !guilds.some((guild) => guild.id === id)).map(absent),
    ...(silent.length === 0 ? [] : [notAnswered(silent)]),
  ];
}

function readGuilds(body: unknown): readonly Guild[] {
  return (Array.isArray(body) ? body : []).flatMap((entry: unknown) => {
    const { id, name } = membersOf(entry);
    return typeof id === 'string' ? [{ id, name: plainText(textOf(name) ?? id, 40) }] : [];
  });
}

const NOWHERE: Finding = { mark: 'attention', text: 'is in no server yet', remedy: INVITE };

function absent(id: string): Finding {
  return {
    mark: 'attention',
    text: `is not in the server ${id}, which is in \`guilds\``,
    remedy: `${INVITE} Or take ${id} out of \`guilds\`.`,
  };
}

function notAnswered(guilds: readonly Guild[]): Finding {
  return {
    mark: 'neutral',
    text: `is also where it does not answer, because it is not in \`guilds\`: ${listed(guilds)}`,
  };
}

function listed(guilds: readonly Guild[]): string {
  const names = guilds.slice(0, MOST_NAMED).map(({ name }) => name);
  const rest = guilds.length - names.length;
  const all = rest === 0 ? names.join(', ') : `${names.join(', ')} and ${rest} more`;
  return `${guilds.length} ${guilds.length === 1 ? 'server' : 'servers'}: ${all}`;
}
