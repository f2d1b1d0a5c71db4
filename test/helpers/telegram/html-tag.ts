import { unescaped } from './html-escapes.js';

export interface StartTag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The index behind its `>`. */
  readonly end: number;
}

const NAME = /<([^\s>]*)/y;
const ATTRIBUTE = /\s*([^\s=>]+)(?=[\s=>]|$)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+))|(?!\s*=))/y;
const CLOSE = /\s*>/y;

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/** The start tag at `begin`, or what is wrong with it. */
export function startTagAt(html: string, begin: number, known: readonly string[]): StartTag | string {
  const named = matchAt(NAME, html, begin);
  const name = named?.[1]?.toLowerCase() ?? '';
  let at = begin + 1 + name.length;
  if (at >= html.length) return 'Unclosed start tag';
  if (!known.includes(name)) return `Unsupported start tag "${name}"`;
  const attributes = new Map<string, string>();
  for (;;) {
    const close = matchAt(CLOSE, html, at);
    if (close !== null) return { name, attributes, end: at + close[0].length };
    const attribute = matchAt(ATTRIBUTE, html, at);
    if (attribute === null)
      return /^\s*=/.test(html.slice(at))
        ? `Empty attribute name in the tag "${name}"`
        : 'Unclosed start tag';
    const [whole, key = '', ...values] = attribute;
    attributes.set(key.toLowerCase(), unescaped(values.find((value) => value !== undefined) ?? ''));
    at += whole.length;
  }
}
