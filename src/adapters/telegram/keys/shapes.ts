import { returnAddress } from '../../../gateway/types.js';

/** One word, long, of letters and digits: nobody says that to a bot, and many keys look like it. */
const LIKE_A_KEY = /^(?=\S*[A-Za-z])(?=\S*\d)\S{20,}$/;

/** A command for a bot (Bot API, "BotCommand"), perhaps for the one that the gateway is mounted into. */
const LIKE_A_COMMAND = /^\/(?:[a-z0-9_]{1,32}|[A-Za-z]\w{0,31})(?:@\w{1,64})?(?!\S)/;

/** Addresses are what people send each other. */
export function looksLikeKey(text: string): boolean {
  return LIKE_A_KEY.test(text.trim()) && !text.includes('://');
}

/** "The key is …": each word counts. */
export function holdsKey(text: string): boolean {
  return text.split(/\s+/u).some(looksLikeKey);
}

/** `either`: keys in base64 may begin with a slash, and a bot may have commands such as `/order_4f9a8b7c…`. */
export function commandIn(text: string): 'none' | 'command' | 'either' {
  if (!LIKE_A_COMMAND.test(text)) return 'none';
  return text.includes('@') || !looksLikeKey(text) ? 'command' : 'either';
}

/** Of a page that did not open: it holds a code. */
export function isAddress(text: string): boolean {
  return returnAddress(text) !== undefined;
}
