import { escapeHtml } from './escape-html.js';
import { inert } from './inert.js';

/** HTML for Telegram, and its length as Telegram counts it: UTF-16 units after entities are parsed (sendMessage). */
export interface Rich {
  readonly html: string;
  readonly length: number;
}

export function joined(parts: readonly Rich[], separator = ''): Rich {
  const between = Math.max(0, parts.length - 1) * separator.length;
  return {
    html: parts.map((part) => part.html).join(separator),
    length: parts.reduce((length, part) => length + part.length, between),
  };
}

/** Signs of our own that need no care: marks, dashes, spaces. */
export function sign(text: string): Rich {
  return { html: text, length: text.length };
}

export function bold(text: string): Rich {
  return tagged('b', inert(text));
}

/** A tap copies it, and nothing in it becomes a link: `code` cannot hold other entities (Bot API, "Formatting options"). */
export function code(text: string): Rich {
  return tagged('code', text);
}

/** Text of others: addresses can be copied, nothing can be pressed. */
export function data(text: string): Rich {
  return withCopies(text, (between) => plain(inert(between)));
}

/**
 * A sentence of ours, which may have text of others in it. `/mcp` in it stays a link: Telegram links that word alone, so
 * that pressing it (whoever wrote it) says `/mcp`, which shows the servers and changes nothing.
 */
export function prose(text: string): Rich {
  return withCopies(text, (between) =>
    joined(between.split(OUR_COMMAND).map((part) => (part === '/mcp' ? sign(part) : plain(inert(part))))),
  );
}

const OUR_COMMAND = /(?<![\p{L}\p{N}_/@#])(\/mcp)(?![\p{L}\p{N}_/@])/gu;
/** A whole address, or a person's id as an operator needs it, where a word starts. */
const COPIED = /(?<=^|[\s("'“<[])([a-z][a-z\d+.-]*:\/\/[^\s<>"'()]*[^\s<>"'().,:;!?]|telegram:\d{1,16}\b)/giu;

function withCopies(text: string, rest: (between: string) => Rich): Rich {
  if (!text.includes(':')) return rest(text);
  // Split at a pattern with one group: what it matched stands at the odd places.
  const parts = text.split(COPIED);
  return joined(parts.map((part, at) => (at % 2 === 1 ? code(part) : rest(part))));
}

function plain(text: string): Rich {
  return { html: escapeHtml(text), length: text.length };
}

function tagged(tag: 'b' | 'code', text: string): Rich {
  return { html: `<${tag}>${escapeHtml(text)}</${tag}>`, length: text.length };
}
