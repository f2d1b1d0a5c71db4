import type { Markup } from '../face.js';
import { parseMarkdown } from './blocks.js';
import type { Dialect, Node } from './nodes.js';

export interface Names {
  user(id: string): string;
  channel(id: string): string;
  role(id: string): string;
}

export interface Shown {
  readonly text: string;
  readonly markup: readonly Markup[];
}

function mentionText(node: Extract<Node, { kind: 'mention' }>, names: Names): string {
  switch (node.of) {
    case 'user':
      return `@${names.user(node.id)}`;
    case 'role':
      return `@${names.role(node.id)}`;
    case 'channel':
      return `#${names.channel(node.id)}`;
    case 'command':
      return `/${node.id.split(':')[0]}`;
    case 'guide':
      return node.id;
    default:
      return `@${node.of}`;
  }
}

const joined = (parts: readonly Shown[]): Shown => ({
  text: parts.map(({ text }) => text).join(''),
  markup: parts.flatMap(({ markup }) => markup),
});

function show(node: Node, names: Names): Shown {
  switch (node.kind) {
    case 'text':
      return { text: node.text, markup: [] };
    case 'styled': {
      const inside = joined(node.inside.map((one) => show(one, names)));
      return { text: inside.text, markup: [{ kind: node.style, text: inside.text }, ...inside.markup] };
    }
    case 'code':
      return {
        text: node.text,
        markup: [{ kind: node.block ? 'code-block' : 'code', text: node.text }],
      };
    case 'link': {
      const inside = joined(node.inside.map((one) => show(one, names)));
      const kind = node.masked ? 'masked-link' : 'link';
      const text = node.masked ? `${inside.text} (${node.url})` : inside.text;
      return { text, markup: [{ kind, text: inside.text, url: node.url }] };
    }
    case 'mention': {
      const text = mentionText(node, names);
      return { text, markup: [{ kind: 'mention', text }] };
    }
    case 'emoji':
      return { text: `:${node.name}:`, markup: [{ kind: 'emoji', text: node.name }] };
    case 'time': {
      const date = new Date(node.seconds * 1000);
      const text = Number.isNaN(date.getTime()) ? 'Invalid date' : date.toISOString();
      return { text, markup: [{ kind: 'time', text }] };
    }
  }
}

/** A text as a client shows it, and what of it is more than text. */
export function shownText(source: string, names: Names, dialect: Dialect = 'full'): Shown {
  return joined(parseMarkdown(source, dialect).map((node) => show(node, names)));
}
