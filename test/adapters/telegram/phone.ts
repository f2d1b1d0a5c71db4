import type { InlineKeyboardButton } from 'grammy/types';
import type { RenderedMessage } from '../../../src/adapters/telegram/outgoing/render.js';

/** A message as text: what is bold between `*`, what is copied by a tap between backquotes, then the buttons, links with an arrow. */
export function onPhone({ text, keyboard }: RenderedMessage): string {
  const shown = text
    .replaceAll(/<\/?b>/g, '*')
    .replaceAll(/<\/?code>/g, '`')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u2060', '');
  const buttons = keyboard.map((row) => row.map(drawn).join(' '));
  return [shown, ...(buttons.length === 0 ? [] : ['', ...buttons])].join('\n');
}

function drawn(button: InlineKeyboardButton): string {
  return 'url' in button ? `[${button.text} ↗]` : `[${button.text}]`;
}
