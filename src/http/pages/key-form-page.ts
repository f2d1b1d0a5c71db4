import { html } from 'hono/html';
import type { ReturnOutcome } from '../../auth/sign-in/types.js';
import type { PendingState } from './connect-page.js';
import type { Page } from './layout.js';
import { pairMark } from './marks.js';
import { askedBy, leadsTo } from './parts.js';
import { type Markup, name, oneLine, plainHost, timeLeft } from './text.js';

export type Refusal = Pick<Extract<ReturnOutcome, { kind: 'again' }>, 'why' | 'triesLeft'>;

/** Set before each key's name in the form, so that a key may be called `token` too. */
export const KEY_FIELD_PREFIX = 'key:';

function refusalSentence({ why, triesLeft }: Refusal, host: string): string {
  const tries = triesLeft === 1 ? '1 try left.' : `${triesLeft} tries left.`;
  switch (why) {
    case 'refused':
      return `${host} did not accept this key, so it was not saved. ${tries}`;
    case 'malformed':
      return `A key is missing, or holds characters that cannot be sent. ${tries}`;
    case 'unreachable':
      return `${host} could not be reached to check the key, so it was not saved. Try again in a minute.`;
  }
}

/** Typed unseen, kept by no browser, and never filled in again by us: what was typed does not come back. */
function keyField(key: string, index: number, refused: boolean): Markup {
  const complaint = refused ? html` aria-invalid="true" aria-describedby="refusal"` : html``;
  return html`<label for="key-${index}">${oneLine(key)}</label>
<input id="key-${index}" name="${KEY_FIELD_PREFIX}${key}" type="password" required maxlength="4096" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" inputmode="text" data-1p-ignore data-lpignore="true"${complaint}>`;
}

/** Where a person gives the keys that a server's `${NAME}`s stand for, when their chat has no private form. */
export function keyFormPage(state: PendingState, pageToken: string, nowMs: number, refusal?: Refusal): Page {
  const host = plainHost(state.host) ?? 'an address that cannot be shown';
  const fields = state.fields ?? [];
  const many = fields.length > 1;
  const what = `Add your ${many ? 'keys' : 'key'} for`;
  const heading = `${what} ${oneLine(state.server)}`;
  return {
    title: refusal === undefined ? heading : `Not accepted: ${heading}`,
    content: html`${pairMark(state.account.platform, state.server)}
<h1>${what} ${name(state.server)}</h1>
${leadsTo(many ? 'The keys go to' : 'The key goes to', host)}
${askedBy(state.account, state.server)}
<form method="post" autocomplete="off">
${refusal === undefined ? html`` : html`<p class="note failed" role="alert" id="refusal">${refusalSentence(refusal, host)}</p>`}
<input type="hidden" name="token" value="${pageToken}">
${fields.map((key, index) => keyField(key, index, refusal !== undefined && refusal.why !== 'unreachable'))}
<button class="button" type="submit">Check and save</button>
</form>
<p class="quiet">${many ? 'They are' : 'It is'} saved sealed (encrypted), shown to nobody, and sent to this host only. This link ends in ${timeLeft(state.expiresAtMs, nowMs)}.</p>`,
  };
}
