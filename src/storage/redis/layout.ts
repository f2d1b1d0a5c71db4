import type { StoredRecord } from '../engine.js';

const DEFAULT_PREFIX = 'mcp-chat-gateway:';

/** What everything is called in Redis, and how a record is written there. */
export class RedisLayout {
  constructor(readonly prefix: string = DEFAULT_PREFIX) {}

  record(name: string, key: string): string {
    return `${this.prefix}record:${encodeURIComponent(name)}/${key}`;
  }

  /** The sorted set of the keys of a name, all of score 0. */
  keys(name: string): string {
    return `${this.prefix}keys:${encodeURIComponent(name)}`;
  }

  /** The sorted set of the keys of those with an end, by their end. */
  ends(name: string): string {
    return `${this.prefix}ends:${encodeURIComponent(name)}`;
  }

  names(): string {
    return `${this.prefix}names`;
  }

  /** Channels do not belong to a database; ours does. */
  channel(url: string): string {
    return `${this.prefix}changes@${new URL(url).pathname.slice(1) || '0'}`;
  }
}

/** The end in the clear, as the seal has it; then the sealed text. */
export function formatContent({ text, expiresAtMs }: StoredRecord): string {
  return `${expiresAtMs ?? ''}\n${text}`;
}

/** What is none of ours becomes a text that no seal fits. */
export function parseContent(content: string): StoredRecord {
  const [, end, text] = /^(\d*)\n(.*)$/s.exec(content) ?? [];
  if (end === undefined || text === undefined) return { text: content };
  const record = end === '' ? { text } : { text, expiresAtMs: Number(end) };
  // Who replaces or takes a record compares it as we write it: one that is never the same would be tried for ever.
  return formatContent(record) === content ? record : { text: content };
}

/** The ranges of bytes in which the key itself and those below it are: `0` is the character after `/`. */
export function rangesOf(prefix: string | undefined): readonly (readonly [from: string, to: string])[] {
  if (prefix === undefined) return [['-', '+']];
  return [
    [`[${prefix}`, `[${prefix}`],
    [`[${prefix}/`, `(${prefix}0`],
  ];
}
