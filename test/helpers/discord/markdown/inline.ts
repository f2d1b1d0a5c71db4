import type { Dialect, Node, Style } from './nodes.js';

interface Rule {
  readonly pattern: RegExp;
  readonly dialect: Dialect;
  node(match: RegExpExecArray, dialect: Dialect): Node | undefined;
}

const styled = (style: Style, pattern: RegExp): Rule => ({
  pattern,
  dialect: 'title',
  node: ([, inside = ''], dialect) => ({ kind: 'styled', style, inside: inline(inside, dialect) }),
});

const mention = (
  pattern: RegExp,
  of: Extract<Node, { kind: 'mention' }>['of'],
  dialect: Dialect = 'full',
): Rule => ({
  pattern,
  dialect,
  node: ([, id = '']) => ({ kind: 'mention', of, id }),
});

const bare = (url: string): Node => ({
  kind: 'link',
  url,
  inside: [{ kind: 'text', text: url }],
  masked: false,
});

/** In the order in which Discord's clients try them, each at the place where the text before it ends. */
const RULES: readonly Rule[] = [
  {
    pattern: /\\([^0-9A-Za-z\s])/y,
    dialect: 'title',
    node: ([, text = '']) => ({ kind: 'text', text }),
  },
  { pattern: /<(https?:\/\/[^\s<>]+)>/y, dialect: 'full', node: ([, url = '']) => bare(url) },
  {
    pattern: /https?:\/\/[^\s<]+[^<.,:;"')\]\s]/y,
    dialect: 'full',
    node: ([url]) => bare(withoutStrayParenthesis(url)),
  },
  {
    pattern:
      /\[((?:\\.|[^[\]\\]|\[[^[\]]*\])+)\]\(\s*<?((?:https?|discord):\/\/[^\s<>]*?)>?(?:\s+['"][^'"]*['"])?\s*\)/y,
    dialect: 'full',
    node: masked,
  },
  mention(/<@!?(\d+)>/y, 'user'),
  mention(/<@&(\d+)>/y, 'role'),
  mention(/<#(\d+)>/y, 'channel'),
  mention(/<\/([-\w ]+:\d+)>/y, 'command'),
  mention(/<id:(\w+)>/y, 'guide'),
  mention(/@(everyone)/y, 'everyone'),
  mention(/@(here)/y, 'here'),
  {
    pattern: /<a?:(\w+):\d+>/y,
    dialect: 'title',
    node: ([, name = '']) => ({ kind: 'emoji', name }),
  },
  {
    pattern: /<t:(-?\d+)(?::[tTdDfFRsS])?>/y,
    dialect: 'full',
    node: ([, seconds]) => ({ kind: 'time', seconds: Number(seconds) }),
  },
  {
    pattern: /(`+)([\s\S]*?[^`])\1(?!`)/y,
    dialect: 'title',
    node: ([, , text = '']) => ({ kind: 'code', text: text.trim(), block: false }),
  },
  styled('bold', /\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y),
  styled('underline', /__((?:\\[\s\S]|[^\\])+?)__(?!_)/y),
  styled('italic', /\*(?=\S)((?:\\[\s\S]|\*\*|[^\\*])+?)(?<=\S)\*(?!\*)/y),
  styled('italic', /_((?:\\[\s\S]|__|[^\\_])+?)_(?!\w)/y),
  styled('strike', /~~([\s\S]+?)~~(?!_)/y),
  styled('spoiler', /\|\|([\s\S]+?)\|\|/y),
];

/** A link whose text is itself an address stays as it was typed. */
function masked([, label = '', url = '']: RegExpExecArray, dialect: Dialect): Node | undefined {
  if (/https?:\/\//.test(label) || label.trim() === '') return undefined;
  return { kind: 'link', url, inside: inline(label, dialect), masked: true };
}

function withoutStrayParenthesis(url: string): string {
  const opened = url.split('(').length;
  return url.endsWith(')') && url.split(')').length > opened ? url.slice(0, -1) : url;
}

/** A word is not entered in the middle: `snake_case_name` is no italic. */
const WORD = /[0-9A-Za-z]+(?:_+[0-9A-Za-z]+)*(?!:\/\/)/y;

export function inline(source: string, dialect: Dialect): readonly Node[] {
  const nodes: Node[] = [];
  let at = 0;
  while (at < source.length) {
    const { node, length } = nodeAt(source, at, dialect);
    nodes.push(node);
    at += length;
  }
  return nodes;
}

function nodeAt(source: string, at: number, dialect: Dialect): { node: Node; length: number } {
  for (const rule of RULES) {
    if (rule.dialect === 'full' && dialect === 'title') continue;
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(source);
    const node = match === null ? undefined : rule.node(match, dialect);
    if (match === null || node === undefined) continue;
    const whole = node.kind === 'link' && !node.masked && match[0].startsWith('http') ? node.url : match[0];
    return { node, length: whole.length };
  }
  WORD.lastIndex = at;
  const text = WORD.exec(source)?.[0] ?? source.slice(at, at + 1);
  return { node: { kind: 'text', text }, length: text.length };
}
