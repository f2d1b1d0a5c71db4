import { BOT_PERMISSIONS, INVITE_SCOPES, inviteUrl } from '../adapters/discord/setup/permissions.js';
import { botIdOf, DISCORD_TOKEN_SOURCE } from '../gateway/config/discord-secrets.js';
import { unfinishedPlatform } from './configured.js';
import { VerbError } from './failure.js';

/** Prints the page that adds the bot to a server; what it asks for goes to standard error. Asks nobody. */
export async function printDiscordInvite(options: { readonly config?: string }): Promise<number> {
  const { file, block } = await unfinishedPlatform(options.config, 'discord');
  const id = typeof block.token === 'string' ? botIdOf(block.token) : undefined;
  if (id === undefined) throw new VerbError(tokenMissing(file), 2);
  process.stdout.write(`${inviteUrl(id)}\n`);
  process.stderr.write(`${explanation().join('\n')}\n`);
  return 0;
}

function tokenMissing(file: string | undefined): string {
  const where = file === undefined ? 'There is no config.yaml in this folder' : `${file} has no bot's token`;
  return `${where}: the address is made from \`platforms.discord.token\`. ${DISCORD_TOKEN_SOURCE}`;
}

function explanation(): readonly string[] {
  const permissions = Object.entries(BOT_PERMISSIONS).map(([name, { reason }]) => [name, reason] as const);
  const asked = [...Object.entries(INVITE_SCOPES), ...permissions];
  const width = Math.max(...asked.map(([name]) => name.length));
  return [
    '',
    'Somebody who manages the server opens it. It asks for:',
    ...asked.map(([name, reason]) => `  ${name.padEnd(width)}  ${reason}`),
  ];
}
