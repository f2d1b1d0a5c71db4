/** What this adapter says by itself: everything else comes from the gateway as a Reply. */

/** Stands where everybody reads it: it tells nothing about servers, statuses or people. */
export const ONLY_IN_PRIVATE = 'I answer this only in private: type /mcp here.';
/** Stands there too, for who can be told nowhere else: it does not say who, or whether the key still stands there. */
export const KEY_SEEN_IN_CHANNEL =
  'A message here held what looks like a key, and others may have read it. I did not use it. If it was yours: delete it where it still stands, replace the key at its provider, and type /mcp auth here to give the new one.';

export const NOT_HERE = 'I do not answer in this channel.';
export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
export const EXPIRED_BUTTON = 'This button has expired. Type /mcp for a new one.';
export const STILL_AT_WORK = 'The button that you pressed before is still at work. Try again in a moment.';
export const TRY_AGAIN = 'That did not work just now. Try again in a moment.';
export const INTERRUPTED = 'I was interrupted before I could answer. Type the command again.';
export const ONLY_MCP = 'I understand /mcp and what follows it.';

/** Discord has no field that hides what is typed. */
export const VISIBLE_WHILE_TYPED =
  'What you type here can be seen on your screen until you submit it. I do not show it again.';

export function notDigits(digits: number): string {
  return `That were not ${digits} digits. Press the button again and give the ${digits} digits that the page shows.`;
}
