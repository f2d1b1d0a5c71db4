import { html } from 'hono/html';
import type { AccountLabel } from '../../auth/sign-in/types.js';
import type { Page } from './layout.js';
import { toneMark } from './marks.js';
import { accountName, backToChat, command, type KnownState } from './parts.js';
import { chatName, codeLink, type Markup, name, oneLine, timeLeft } from './text.js';

/** "482 913": two groups are read and typed with fewer slips than six digits in a row. */
function grouped(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}

/** Before anything that can be pressed: a code of somebody else's sign-in is nothing to give away (threat 1). */
function warning(account: AccountLabel): Markup {
  return html`<p class="note attention"><strong>Only if ${accountName(account)} is you. Give it to nobody else.</strong> If somebody asks you for this code, close this page: nothing gets connected without it.</p>`;
}

/** One tap gives the code from whichever account is signed in to the chat there. From another's it is refused. */
function oneTap({ platform, confirmUrl }: AccountLabel, digits: string): Markup | undefined {
  const url = codeLink(confirmUrl, digits);
  if (url === undefined) return undefined;
  return html`<p><a class="button" href="${url}" rel="noreferrer">Give the code in ${name(chatName(platform))}</a></p>`;
}

/**
 * A browser came back that need not be the one of the person who asked: these six digits, given in the chat by that
 * person, join the two (threat 1). So the page says whose chat account it is, and to give them to nobody else.
 */
export function codePage(state: KnownState, digits: string, nowMs: number): Page {
  const { account } = state;
  const shown = grouped(digits);
  const within =
    state.kind === 'waiting-for-code' ? ` within ${timeLeft(state.expiresAtMs, nowMs, 'a minute')}` : '';
  const tap = oneTap(account, digits);
  return {
    title: `One more step for ${oneLine(state.server)}`,
    content: html`${toneMark('attention')}
<h1>One more step</h1>
<p class="lead">Give this code in your chat${within} to connect ${name(state.server)} to <b>${accountName(account)}</b>.</p>
${warning(account)}
${tap ?? html``}
<p class="digits">${shown}</p>
<p class="typed">${tap === undefined ? 'Type' : 'Or type'} this in ${name(chatName(account.platform))}: ${command(`confirm ${shown}`)}</p>
${backToChat(account, tap === undefined ? 'button' : 'button plain')}`,
  };
}
