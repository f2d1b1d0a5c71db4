import { LONGEST_TEXT, wordsIn } from '../../common/words.js';

/** `<https://a|b>`, `<mailto:a@b|a@b>`: what a client makes of an address that was typed. */
const LINK = /<(?:https?:\/\/|mailto:)?([^<>|\n]+)(?:\|([^<>\n]*))?>/gi;
const MENTION = /^\s*<@([UW][A-Z0-9]{1,31})(?:\|[^<>\n]*)?>[,:]?/;
/** Typed with a slash it is a command to the client, but in threads and behind a space. */
const COMMAND = /^\s*\/?mcp(?!\S)/i;

/** What was typed, without Slack's own markup (docs.slack.dev/messaging/formatting-message-text, "Escaping"). */
function asTyped(text: string): string {
  return text
    .replaceAll(LINK, (whole, target: string, label?: string) =>
      /^[@#!]/.test(target) ? whole : (label ?? target),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export function wordsOf(text: string): readonly string[] {
  return wordsIn(asTyped(text.slice(0, 2 * LONGEST_TEXT)));
}

/** A message's text: whom it begins with, and the words of the command, if it is one. */
export interface Address {
  readonly mention?: string;
  readonly words?: readonly string[];
}

export function readAddress(text: string): Address {
  const [mention = '', bot] = MENTION.exec(text) ?? [];
  const rest = text.slice(mention.length);
  const command = COMMAND.exec(rest)?.[0];
  return {
    ...(bot === undefined ? {} : { mention: bot }),
    ...(command === undefined ? {} : { words: wordsOf(rest.slice(command.length)) }),
  };
}
