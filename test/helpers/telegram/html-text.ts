import { settleCode } from './code-entities.js';
import { unescaped } from './html-escapes.js';
import { type StartTag, startTagAt } from './html-tag.js';
import { badRequest } from './refusal.js';
import type { Entity } from './shapes.js';
import { isAddress } from './web-address.js';

/** What each tag of Telegram's HTML becomes (Bot API, "HTML style"). Any other tag is refused. */
const TYPES: Readonly<Record<string, string>> = {
  a: 'text_link',
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
};

interface Open {
  readonly tag: StartTag;
  readonly offset: number;
}

const unparsable = (why: string): Error => badRequest(`can't parse entities: ${why}`);

function entityOf({ tag, offset }: Open, text: string): Entity | undefined {
  const base = { type: TYPES[tag.name] ?? '', offset, length: text.length - offset };
  if (base.length === 0) return undefined;
  if (tag.name === 'a') {
    const url = tag.attributes.get('href') ?? text.slice(offset);
    // An address that the platform does not take leaves plain text, without a word.
    return isAddress(url) ? { ...base, url } : undefined;
  }
  if (tag.name === 'blockquote' && tag.attributes.has('expandable'))
    return { ...base, type: 'expandable_blockquote' };
  const language = /^language-(.+)$/.exec(tag.attributes.get('class') ?? '')?.[1];
  return language === undefined ? base : { ...base, language };
}

/** Reads from start to end; what it has so far is in its fields. */
class HtmlReader {
  readonly #html: string;
  readonly #open: Open[] = [];
  readonly entities: Entity[] = [];
  text = '';

  constructor(html: string) {
    this.#html = html;
  }

  read(): void {
    let at = 0;
    while (at < this.#html.length) {
      const next = this.#html.indexOf('<', at);
      const end = next === -1 ? this.#html.length : next;
      this.text += unescaped(this.#html.slice(at, end));
      at = end === this.#html.length ? end : this.#tag(end);
    }
    const left = this.#open.at(-1);
    if (left !== undefined)
      throw unparsable(`Can't find end tag corresponding to start tag "${left.tag.name}"`);
  }

  /** The index behind the tag at `begin`. */
  #tag(begin: number): number {
    return this.#html[begin + 1] === '/' ? this.#endTag(begin) : this.#startTag(begin);
  }

  #startTag(begin: number): number {
    const tag = startTagAt(this.#html, begin, Object.keys(TYPES));
    if (typeof tag === 'string') throw this.#fault(tag, begin);
    if (tag.name === 'span' && tag.attributes.get('class') !== 'tg-spoiler')
      throw this.#fault('Tag "span" must have class "tg-spoiler"', begin);
    this.#open.push({ tag, offset: this.text.length });
    return tag.end;
  }

  #endTag(begin: number): number {
    const top = this.#open.pop();
    if (top === undefined) throw this.#fault('Unexpected end tag', begin);
    const [whole, given = ''] = /^<\/([^\s>]*)\s*>/.exec(this.#html.slice(begin)) ?? [];
    if (whole === undefined) throw this.#fault('Unclosed end tag', begin);
    const name = given.toLowerCase();
    if (name !== '' && name !== top.tag.name)
      throw this.#fault('Unmatched end tag', begin, `, expected "</${top.tag.name}>", found "</${name}>"`);
    const entity = entityOf(top, this.text);
    if (entity !== undefined) this.entities.push(entity);
    return begin + whole.length;
  }

  #fault(why: string, index: number, more = ''): Error {
    return unparsable(`${why} at byte offset ${Buffer.byteLength(this.#html.slice(0, index))}${more}`);
  }
}

/** Telegram's HTML, read as strictly as the platform does (TDLib `parse_html`). */
export function parseHtml(html: string): { readonly text: string; readonly entities: readonly Entity[] } {
  const reader = new HtmlReader(html);
  reader.read();
  return { text: reader.text, entities: settleCode(reader.entities) };
}
