/** What this adapter says by itself: everything else comes from the gateway as a Reply. */

export const WORKING = '<i>Working…</i>';
export const INTERRUPTED = 'I was interrupted before I could answer. Type the command again.';

/** Stands where everybody reads it: it tells nothing about servers, statuses or people. */
export const ONLY_IN_PRIVATE = 'I answer this only in private.';
export const OPEN_CHAT = 'Open our chat';

export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
export const EXPIRED_BUTTON = 'This button has expired. Type /mcp for a new one.';
export const STILL_AT_WORK = 'The button that you pressed before is still at work. Try again in a moment.';
export const ASKED_IN_PRIVATE = 'I ask you for that in our private chat.';
export const FOREIGN_LINK = 'This link was made for somebody else. Type /mcp to see your own servers.';
export const TRY_AGAIN = 'That did not work just now. Try again in a moment.';
export const ONLY_MCP = 'I understand /mcp and what follows it.';

export const NOT_DELETED =
  'I could not delete your message with the key. Delete it yourself, and replace the key at its provider soon: whoever gets at your Telegram could read it.';
/** The same of a key that was not asked for, or not so, or not any more. */
export const NOT_DELETED_NOR_USED =
  'I could not delete your message with the key. I did not use it. Delete it yourself, and replace the key at its provider: whoever gets at your Telegram could read it. /mcp auth asks for the new one.';
export const LATE_ANSWER =
  'That question is no longer open. I deleted your answer and did not use it. /mcp auth asks again.';
export const UNASKED_KEY =
  'That looks like a key, and I did not ask for one. I deleted your message and did not use it. /mcp auth asks for what is missing.';
export const FORWARDED_KEY =
  'I take a key only from a message of your own. I deleted the one that you forwarded and did not use it: paste it here.';
export const KEY_ELSEWHERE =
  'I take a key only as the answer to my question. I deleted the one that replied to something else and did not use it: paste it here.';
export const KEY_AS_FILE =
  'I take a key only as text. I deleted what you sent and did not use it: paste the key here.';
export const ADDRESS_NOT_DELETED =
  'I could not delete your message with the address; delete it yourself. What is in it works once, and not for others.';
export const ADDRESS_IN_GROUP = 'I take that address only in our private chat. Send it to me there.';
const KEY_FROM_GROUP =
  'I did not use it. Replace it at its provider, then give the new one with /mcp auth in our private chat.';
export const KEY_IN_GROUP = `You sent a key where others may have read it. I deleted it. ${KEY_FROM_GROUP}`;
export const KEY_LEFT_IN_GROUP = `You sent a key where others may have read it. I may not delete it here: delete it yourself. ${KEY_FROM_GROUP}`;
/** Stands where everybody reads it, for who cannot be told alone: it does not say who, or whether it still stands there. */
export const KEY_SEEN_IN_GROUP =
  'A message here held what looks like a key, and others may have read it. I did not use it. If it was yours: delete it where it still stands, replace the key at its provider, and give the new one in our private chat.';
export const KEY_WHISPERED =
  'A group is no place for a key. Nobody but me saw it, and I did not use it. Give it with /mcp auth in our private chat.';
