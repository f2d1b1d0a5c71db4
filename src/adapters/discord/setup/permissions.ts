/** What the bot may do in a server, and what for: the bits are Discord's, "Permissions". */
export const BOT_PERMISSIONS = {
  'View Channels': { bit: 1n << 10n, reason: 'messages that mention the bot reach it' },
  'Send Messages': {
    bit: 1n << 11n,
    reason:
      'it says in one line that it answers in private, to who mentions it and takes no private messages',
  },
  'Send Messages in Threads': { bit: 1n << 38n, reason: 'the same in threads' },
  'Read Message History': { bit: 1n << 16n, reason: 'Discord asks for it of replies, as that line is one' },
} as const;

/** OAuth2 scopes of the invitation, and what for. */
export const INVITE_SCOPES = {
  bot: 'the bot becomes a member of the server',
  'applications.commands': 'the server gets the command /mcp',
} as const;

/** The page on which somebody who manages a server adds the bot to it. */
export function inviteUrl(applicationId: string): string {
  const bits = Object.values(BOT_PERMISSIONS).reduce((sum, { bit }) => sum | bit, 0n);
  const url = new URL('https://discord.com/oauth2/authorize');
  url.searchParams.set('client_id', applicationId);
  url.searchParams.set('scope', Object.keys(INVITE_SCOPES).join(' '));
  url.searchParams.set('permissions', String(bits));
  return url.href;
}
