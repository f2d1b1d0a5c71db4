import { html } from 'hono/html';
import type { SignInResult, SignInState } from '../../auth/sign-in/types.js';
import type { AuthFailure, MoreAccess } from '../../auth/types.js';
import { failureText, type Remedy } from './failure-sentences.js';
import type { Page } from './layout.js';
import { type Tone, toneMark } from './marks.js';
import { accountName, askAgain, backToChat, command, type KnownState } from './parts.js';
import { chatName, lifetime, type Markup, name, oneLine } from './text.js';

export type EndedState = Extract<SignInState, { kind: 'ended' }>;

/** What one result says: what happened, then what to do. */
interface Told {
  readonly tone: Tone;
  /** … after the server's name, where it is `named`. */
  readonly heading: string;
  readonly named?: true;
  readonly happened: Markup;
  readonly next: Markup;
}

type Connected = Extract<SignInResult, { kind: 'connected' }>;

function tools(count: number): string {
  return count === 1 ? '1 tool' : `${count} tools`;
}

/** " with the key sk-…9f3c": enough to tell which one it was. */
function withKeys({ masked }: Connected): Markup {
  const keys = Object.values(masked ?? {});
  if (keys.length === 0) return html``;
  return html` with the key${keys.length === 1 ? '' : 's'} <span class="host">${oneLine(keys.join(', '))}</span>`;
}

function wanting(state: EndedState, { exhausted }: MoreAccess): Told {
  const chat = name(chatName(state.account.platform));
  return {
    tone: 'neutral',
    heading: 'asks for more access',
    named: true,
    happened: exhausted
      ? html`It is connected, and still asks for more than its provider gives.`
      : html`It is connected, and needs more for some of what it does.`,
    next: html`Go back to ${chat} to see what it asks for.`,
  };
}

function connected(state: EndedState, result: Connected): Told {
  if (result.wants !== undefined) return wanting(state, result.wants);
  const happened =
    result.unproven === true
      ? html`The key is saved; it is first checked when a tool is called.`
      : result.interrupted === true
        ? html`The gateway was interrupted before it could say so.`
        : result.tools === undefined
          ? html`It did not answer just now, so its tools are not counted yet.`
          : html`<b>${accountName(state.account)}</b> can use its ${tools(result.tools)}${withKeys(result)}.`;
  return {
    tone: 'ok',
    heading: 'is connected',
    named: true,
    happened,
    next: html`You can go back to ${name(chatName(state.account.platform))}.`,
  };
}

function remedySentence(remedy: Remedy, state: EndedState): Markup {
  switch (remedy) {
    case 'again':
      return askAgain(state);
    case 'later':
      return html`Wait a minute. ${askAgain(state)}`;
    case 'operator':
      return html`Whoever runs this gateway can put it right. ${askAgain(state, 'after that')}`;
    case 'cancel-first':
      return html`Type ${command('cancel')} in ${name(chatName(state.account.platform))}, then ${command(`auth ${state.server}`)}.`;
  }
}

function failed(state: EndedState, failure: AuthFailure): Told {
  const { sentence, remedy } = failureText(failure, state.server);
  return {
    tone: 'failed',
    heading: 'could not be connected',
    named: true,
    happened: html`${sentence}`,
    next: remedySentence(remedy, state),
  };
}

const stopped = (tone: Tone, heading: string, happened: Markup, next: Markup): Told => ({
  tone,
  heading,
  happened,
  next,
});

function replaced(state: EndedState, by: string | undefined): Told {
  const server = name(state.server);
  const chat = name(chatName(state.account.platform));
  return by === undefined
    ? stopped(
        'neutral',
        'There is a newer link',
        html`Another sign-in to ${server} was started after this one, which ended it.`,
        html`Use the newest link in ${chat}, or type ${command(`auth ${state.server}`)} there.`,
      )
    : stopped(
        'neutral',
        'There is a newer sign-in',
        html`<b>${name(by)}</b> started another sign-in to ${server}, for everyone, which ended this one.`,
        html`If nothing comes of that one, type ${command(`auth ${state.server}`)} in ${chat}.`,
      );
}

function told(state: EndedState): Told {
  const { result } = state;
  const server = name(state.server);
  const chat = name(chatName(state.account.platform));
  switch (result.kind) {
    case 'connected':
      return connected(state, result);
    case 'failed':
      return failed(state, result.failure);
    case 'declined':
      return stopped(
        'neutral',
        'You declined',
        html`So nothing was changed for ${server}.`,
        html`Changed your mind? ${askAgain(state, 'for a new link')}`,
      );
    case 'expired':
      return stopped(
        'neutral',
        'This link has expired',
        html`It was good for ${lifetime(result.lifetimeMs)}. Nothing was changed for ${server}.`,
        askAgain(state, 'for a new link'),
      );
    case 'cancelled':
      return stopped(
        'neutral',
        'This sign-in was cancelled',
        html`It was ended in ${chat}. Nothing was changed for ${server}.`,
        askAgain(state, 'for a new link'),
      );
    case 'replaced':
      return replaced(state, result.by);
    case 'wrong-code':
      return stopped(
        'failed',
        'Five wrong codes',
        html`So this sign-in to ${server} was dropped, and nothing of it was kept.`,
        askAgain(state),
      );
    case 'interrupted':
      return stopped(
        'failed',
        'The sign-in was interrupted',
        html`The gateway stopped in the middle of it. Nothing was changed for ${server}.`,
        askAgain(state),
      );
  }
}

/** The name is kept apart from the words: one written from right to left would carry them to its other side. */
function toldPage({ tone, heading, named, happened, next }: Told, state: KnownState): Page {
  return {
    title: named ? `${oneLine(state.server)} ${heading}` : heading,
    content: html`${toneMark(tone)}
<h1>${named ? html`${name(state.server)} ` : html``}${heading}</h1>
<p class="lead">${happened}</p>
<p>${next}</p>
${backToChat(state.account)}`,
  };
}

/** How a sign-in ended, for the browser that ended it. */
export function endedPage(state: EndedState): Page {
  return toldPage(told(state), state);
}

function standing(state: KnownState): { happened: Markup; next: Markup } {
  const chat = name(chatName(state.account.platform));
  switch (state.kind) {
    case 'pending':
      return {
        happened: html`The sign-in to ${name(state.server)} is still open.`,
        next: html`Use the link in ${chat}.`,
      };
    case 'finishing':
      return {
        happened: html`The sign-in to ${name(state.server)} is being finished right now.`,
        next: html`The result appears in ${chat}.`,
      };
    case 'waiting-for-code':
      return {
        happened: html`The sign-in to ${name(state.server)} waits for its six digits, which only the browser that came back from the provider shows.`,
        next: html`Give them in ${chat}. Lost them? ${askAgain(state, 'to start over')}`,
      };
    case 'ended':
      return state.result.kind === 'connected'
        ? { happened: html`${name(state.server)} is connected.`, next: html`You can go back to ${chat}.` }
        : told(state);
  }
}

/** A link, or the way back from the provider, that somebody opened a second time: it does nothing, and says how things stand. */
export function usedPage(state: KnownState): Page {
  const heading =
    state.kind === 'finishing' ? 'This sign-in is being finished' : 'This link was already used';
  return toldPage({ tone: 'neutral', heading, ...standing(state) }, state);
}
