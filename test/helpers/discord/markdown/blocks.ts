import { inline } from './inline.js';
import type { Dialect, Node, Style } from './nodes.js';

const FENCE = /```(?:[a-z0-9_+\-.#]*\n)?\n*([\s\S]+?)\n*```/iy;

const LINE_RULES: readonly (readonly [Style, RegExp])[] = [
  ['subtext', /^-# +(\S.*)$/],
  ['heading', /^#{1,3} +(\S.*)$/],
  ['list', /^ *(?:[-*]|\d+\.) +(\S.*)$/],
  ['quote', /^> (.*)$/],
];

function line(source: string): readonly Node[] {
  for (const [style, pattern] of LINE_RULES) {
    const [, inside] = pattern.exec(source) ?? [];
    if (inside !== undefined) return [{ kind: 'styled', style, inside: line(inside) }];
  }
  return inline(source, 'full');
}

/** Lines that begin with something special stand alone; what is between them is read as one, as styles span lines. */
function paragraphs(source: string): readonly Node[] {
  const pieces: string[] = [];
  for (const [at, one] of source.split('\n').entries()) {
    const before = pieces.at(-1);
    const joins = at > 0 && before !== undefined && !isSpecial(one) && !isSpecial(before);
    if (joins) pieces[pieces.length - 1] = `${before}\n${one}`;
    else pieces.push(one);
  }
  return pieces.flatMap((piece, at) => [
    ...(at === 0 ? [] : [{ kind: 'text', text: '\n' } as const]),
    ...(isSpecial(piece) ? line(piece) : inline(piece, 'full')),
  ]);
}

const isSpecial = (source: string): boolean => LINE_RULES.some(([, pattern]) => pattern.test(source));

/** Discord's markdown, as far as it changes what people see or what a tap does. */
export function parseMarkdown(source: string, dialect: Dialect = 'full'): readonly Node[] {
  if (dialect === 'title') return inline(source, dialect);
  const nodes: Node[] = [];
  let from = 0;
  for (let at = source.indexOf('```'); at >= 0; at = source.indexOf('```', Math.max(from, at + 1))) {
    FENCE.lastIndex = at;
    const match = at > 0 && source[at - 1] === '\\' ? null : FENCE.exec(source);
    if (match === null) continue;
    const [whole, text = ''] = match;
    if (at > from) nodes.push(...paragraphs(source.slice(from, at)));
    nodes.push({ kind: 'code', text, block: true });
    from = at + whole.length;
  }
  if (from < source.length) nodes.push(...paragraphs(source.slice(from)));
  return nodes;
}
