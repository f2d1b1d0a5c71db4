/** What the bot may do, and what for. Nothing less will do, and it asks for nothing more. */
export const BOT_SCOPES = {
  commands: 'people type /mcp',
  'chat:write': 'the bot answers, for the person who asked alone, and changes its answers later',
  'im:write': 'it opens the private chat with a person, where news go that come late',
  'im:history': 'it is sent what people write to it in that private chat, and nothing from other chats',
  'app_mentions:read': 'it is sent messages with @bot in them: threads have no slash commands',
  'users:read': 'the name behind such a text, and whether a colleague is of the same organisation',
} as const;

/** What the app is told of, and what for. */
export const BOT_EVENTS = {
  app_mention: '@bot mcp … in channels and threads',
  'message.im': 'text in the private chat with the bot',
  app_uninstalled: 'the app was removed from a workspace: nothing is sent there any more',
  tokens_revoked: 'the same, where only its token was taken away',
} as const;

/** Of the app-level token, for Socket Mode. */
export const APP_SCOPE = 'connections:write';
