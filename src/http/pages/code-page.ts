import { html } from 'hono/html';
import type { Page } from './layout.js';
import { toneMark } from './marks.js';
import { accountName, backToChat, command, type KnownState } from './parts.js';
import { chatName, name, oneLine, timeLeft } from './text.js';

/** "482 913": two groups are read and typed with fewer slips than six digits in a row. */
function grouped(digits: string): string {
  const plain = digits.replaceAll(/\D/g, '');
  return `${plain.slice(0, 3)} ${plain.slice(3)}`;
}

/**
 * A browser came back that need not be the one of the person who asked: these six digits, given in the chat by that
 * person, join the two (threat 1). So the page says whose chat account it is, and to give them to nobody else.
 */
export function codePage(state: KnownState, digits: string, nowMs: number): Page {
  const shown = grouped(digits);
  const within =
    state.kind === 'waiting-for-code' ? ` within ${timeLeft(state.expiresAtMs, nowMs, 'a minute')}` : '';
  return {
    title: `One more step for ${oneLine(state.server)}`,
    content: html`${toneMark('attention')}
<h1>One more step</h1>
<p class="lead">Give this code in your chat to connect ${name(state.server)} to <b>${accountName(state.account)}</b>.</p>
<p class="digits">${shown}</p>
<p class="typed">Type this in ${name(chatName(state.account.platform))}${within}: ${command(`confirm ${shown}`)}</p>
<p class="note attention"><strong>Only in your own chat, and to nobody else.</strong> If ${accountName(state.account)} is not you, or somebody asks you for this code, close this page: nothing gets connected without it.</p>
${backToChat(state.account)}`,
  };
}
