import type { Part } from '../../../src/adapters/discord/outgoing/components.js';
import type { RenderedMessage } from '../../../src/adapters/discord/outgoing/render.js';

/** A message as text: markdown as it is, but for backslashes; buttons in brackets, links with an arrow; one beside its row after `    `. */
export function onPhone({ components: [{ components }] }: RenderedMessage): string {
  return components.map(drawn).join('\n');
}

function drawn(part: Part): string {
  switch (part.type) {
    case 10:
      return read(part.content);
    case 9:
      return `${read(part.components[0].content)}    ${button(part.accessory)}`;
    case 1:
      return part.components.map(button).join(' ');
  }
}

function read(content: string): string {
  return content
    .replaceAll(/\\([^A-Za-z\d\s])/g, '$1')
    .replaceAll('\u2060', '')
    .replaceAll('**', '*');
}

function button({ label, url }: { readonly label: string; readonly url?: string }): string {
  return url === undefined ? `[${label}]` : `[${label} ↗]`;
}
