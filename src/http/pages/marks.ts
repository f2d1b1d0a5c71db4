import { html } from 'hono/html';
import type { Markup } from './text.js';

/** How a page feels before it is read. Never the only carrier of what it says: the heading says it too. */
export type Tone = 'ok' | 'attention' | 'failed' | 'neutral';

const DRAWINGS: Readonly<Record<Tone, Markup>> = {
  ok: html`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  attention: html`<path d="M12 6v7.5M12 17.6v.2"/>`,
  failed: html`<path d="m7 7 10 10M17 7 7 17"/>`,
  neutral: html`<path d="M6.5 12h11"/>`,
};

export function toneMark(tone: Tone): Markup {
  return html`<div class="marks" aria-hidden="true"><span class="tile mark ${tone}"><svg viewBox="0 0 24 24">${DRAWINGS[tone]}</svg></span></div>`;
}

/** The first letter of a name, as its tile. */
function initial(text: string): string {
  const letter = /[\p{L}\p{N}]/u.exec(text);
  return letter === null ? '·' : letter[0].toUpperCase();
}

/** From the chat to the server: what will be joined. */
export function pairMark(from: string, to: string): Markup {
  return html`<div class="marks" aria-hidden="true"><span class="tile">${initial(from)}</span><span class="dots"></span><span class="tile to">${initial(to)}</span></div>`;
}
