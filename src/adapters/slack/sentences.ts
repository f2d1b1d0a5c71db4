/** What this adapter says by itself: everything else comes from the gateway as a Reply. */

/** Stands above the answer for good, because Slack lets nobody take it away. */
export const ONE_MOMENT = 'One moment: I answer below.';
export const WORKING = 'Working…';
export const INTERRUPTED = 'I was interrupted before I could answer. Type the command again.';

/** Stands where everybody reads it: it tells nothing about servers, statuses or people. */
export const ONLY_IN_PRIVATE = 'I answer this only in private. Write to me in our direct messages.';
/** Stands there too, for who can be told nowhere else: it does not say who, or whether the key still stands there. */
export const KEY_SEEN_IN_CHANNEL =
  'A message here held what looks like a key, and others may have read it. I did not use it. If it was yours: delete it where it still stands, replace the key at its provider, and give the new one with /mcp auth.';

export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
export const EXPIRED_BUTTON = 'This button has expired. Type /mcp for a new one.';
export const STILL_AT_WORK = 'The button that you pressed before is still at work. Try again in a moment.';
export const TOO_LATE = 'That took too long. Press it again.';
export const TRY_AGAIN = 'That did not work just now. Try again in a moment.';
export const ONLY_MCP = 'I understand /mcp and what follows it.';
export const NOT_IN_THIS_CHANNEL = 'I do not answer in this channel.';
export const NOT_IN_THIS_WORKSPACE = 'I do not answer in this workspace.';

export const FILL_IN = 'Fill this in.';
export const VISIBLE = 'Others can see it on your screen while you type.';
export function exactly(digits: number): string {
  return `It has ${digits} digits.`;
}
