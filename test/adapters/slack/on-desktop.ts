import type { Button } from '../../../src/adapters/slack/outgoing/buttons.js';
import type { TextObject } from '../../../src/adapters/slack/outgoing/mrkdwn.js';
import type { RenderedMessage, SlackBlock } from '../../../src/adapters/slack/outgoing/render.js';

/** A message as text: mrkdwn as it is, plain text behind a bar where it could be taken for mrkdwn, links with an arrow. */
export function onDesktop({ text, blocks }: RenderedMessage): string {
  return [`(${text})`, ...blocks.map(drawn)].join('\n');
}

function drawn(block: SlackBlock): string {
  switch (block.type) {
    case 'header':
      return `# ${block.text.text}`;
    case 'context':
      return block.elements.map((element) => `  ${shown(element)}`).join('\n');
    case 'section':
      return block.accessory === undefined
        ? shown(block.text)
        : `${shown(block.text)}   ${button(block.accessory)}`;
    case 'actions':
      return block.elements.map(button).join(' ');
  }
}

function shown({ type, text }: TextObject): string {
  return type === 'plain_text' && /[*_~`<>&:]/.test(text) ? `| ${text}` : text;
}

function button({ text, url }: Button): string {
  return url === undefined ? `[${text.text}]` : `[${text.text} ↗]`;
}
