/** What this adapter says by itself: everything else comes from the gateway as a Reply. */

export const WORKING = '<i>Working…</i>';

/** Stands where everybody reads it: it tells nothing about servers, statuses or people. */
export const ONLY_IN_PRIVATE = 'I answer this only in private.';
export const OPEN_CHAT = 'Open our chat';

export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
export const EXPIRED_BUTTON = 'This button has expired. Type /mcp for a new one.';
export const FOREIGN_LINK = 'This link was made for somebody else. Type /mcp to see your own servers.';
export const ONLY_MCP = 'I understand /mcp and what follows it. /mcp help says what there is.';

export const NOT_DELETED =
  'I could not delete your message with the key. Delete it yourself, and replace the key at its provider soon: whoever gets at your Telegram could read it.';
export const KEY_IN_GROUP =
  'You sent a key where others may have read it. I did not use it. Replace it at its provider, then give the new one with /mcp auth in our private chat.';
