import { html } from 'hono/html';
import type { AccountLabel, SignInState } from '../../auth/sign-in/types.js';
import { chatLink, chatName, hostName, type Markup, name, oneLine } from './text.js';

/** A sign-in that the gateway knows. */
export type KnownState = Exclude<SignInState, { kind: 'unknown' }>;

/** "Telegram · @ana": whose chat account it is. */
export function accountName(account: AccountLabel): Markup {
  return html`${name(account.platform, 32)} · ${name(account.name)}`;
}

/** Who asked, and what their having asked means, before anything happens (threat 1). */
export function askedBy(account: AccountLabel, server: string): Markup {
  return html`<div class="note attention"><p><b>${accountName(account)}</b> asked for this.</p>
<p><strong>Only continue if this is your account.</strong> Whoever owns it will be able to use your ${name(server)} through this gateway.</p></div>`;
}

/** Where it leads: the one thing on the page to compare with what one expects. */
export function leadsTo(label: string, host: string): Markup {
  return html`<dl><dt>${label}</dt><dd class="host">${hostName(host)}</dd></dl>`;
}

/** A command as it is typed in the chat. */
export function command(text: string): Markup {
  return html`<code>/mcp ${oneLine(text)}</code>`;
}

/** "Type `/mcp auth linear` in Telegram to …" */
export function askAgain(state: KnownState, purpose = 'to try again'): Markup {
  return html`Type ${command(`auth ${state.server}`)} in ${name(chatName(state.account.platform))} ${purpose}.`;
}

/** The way back to the chat: a link where the platform has one, else nothing. `plain` beside a button that matters more. */
export function backToChat(account: AccountLabel, look: 'button' | 'button plain' = 'button'): Markup {
  const url = chatLink(account.backUrl);
  if (url === undefined) return html``;
  return html`<p><a class="${look}" href="${url}" rel="noreferrer">Back to ${name(chatName(account.platform))}</a></p>`;
}
