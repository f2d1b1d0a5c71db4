import { html } from 'hono/html';
import type { SignInState } from '../../auth/sign-in/types.js';
import type { Page } from './layout.js';
import { pairMark } from './marks.js';
import { askedBy, leadsTo } from './parts.js';
import { hostName, name, oneLine, plainHost, timeLeft } from './text.js';

export type PendingState = Extract<SignInState, { kind: 'pending' }>;

/** Behind the link in the chat: who asked, for what, and where it leads, before anything happens. One button. */
export function connectPage(state: PendingState, pageToken: string, nowMs: number): Page {
  const host = plainHost(state.host) ?? 'an address that cannot be shown';
  return {
    title: `Connect ${oneLine(state.server)}`,
    content: html`${pairMark(state.account.platform, state.server)}
<h1>Connect ${name(state.server)}</h1>
${leadsTo('You sign in at', host)}
${askedBy(state.account, state.server)}
<form method="post">
<input type="hidden" name="token" value="${pageToken}">
<button class="button" type="submit">Continue to ${hostName(host)}</button>
</form>
<p class="quiet">This link ends in ${timeLeft(state.expiresAtMs, nowMs)}. Not yours? Close this page: nothing has happened yet.</p>`,
  };
}
