import type { AuthFailure, KeySubmitOutcome, SignInResult, SignInState } from '../auth/types.js';
import { codeForm, command, keyForm, tryAgain } from './actions.js';
import { lasting } from './times.js';
import type { Action, Line, Mark, Reply } from './types.js';
import { ASK_OPERATOR, counted, failureNext, failureSentence, oneLine } from './wording.js';

/** Why a named server needs no sign-in, or not from this person. */
export type Note = 'no-auth' | 'disabled' | 'shared-key' | 'admins-only' | 'headers-refused' | 'no-answer';

/** One server on a sign-in message, with all that its line follows from. No clock: the same facts give the same line. */
export type SignInItem = { readonly server: string } & (
  | { readonly kind: 'starting' }
  | { readonly kind: 'sign-in'; readonly state: SignInState; readonly lifetimeMs: number }
  | { readonly kind: 'failed'; readonly failure: AuthFailure }
  | { readonly kind: 'key'; readonly names: readonly string[]; readonly tried?: KeySubmitOutcome }
  | { readonly kind: 'note'; readonly note: Note }
);

export interface SignInMessage {
  readonly items: readonly SignInItem[];
  /** Servers that found no room on this message. */
  readonly more: number;
  readonly forms: boolean;
}

const CODE_HINT = 'for example /mcp confirm 482 913';
const ALL_TRIES = 5;

type SignIn = Extract<SignInItem, { kind: 'sign-in' }>;
type Pending = Extract<SignInState, { kind: 'pending' }>;

/** Nothing can still come for it by itself. A key form may stay open for ever. */
export function hasEnded(item: SignInItem): boolean {
  if (item.kind === 'starting') return false;
  return item.kind !== 'sign-in' || item.state.kind === 'ended' || item.state.kind === 'unknown';
}

export function isConnected(item: SignInItem): boolean {
  if (item.kind === 'key') return item.tried?.kind === 'kept';
  return item.kind === 'sign-in' && item.state.kind === 'ended' && item.state.result.kind === 'connected';
}

/** The message that holds sign-in links, at any point of its life. */
export function signInView({ items, more, forms }: SignInMessage): Reply {
  const counting = items.filter((item) => item.kind !== 'note');
  const connected = counting.filter(isConnected).length;
  const open = items.filter((item) => !hasEnded(item));
  const links = items.flatMap((item) => (pendingOf(item) === undefined ? [] : [item as SignIn]));
  return {
    title: counting.length > 1 ? 'Sign in' : '',
    ...(counting.length > 1 ? { aside: `${connected} of ${counting.length} connected` } : {}),
    lines: [
      ...items.map((item) => itemLine(item, forms)),
      ...linkLife(links),
      ...(more > 0
        ? [{ cells: [`${counted(more, 'more server needs', 'more servers need')} a sign-in.`] }]
        : []),
    ],
    actions: [...cancelActions(open), ...restActions(more, open.length)],
  };
}

function pendingOf(item: SignInItem): Pending | undefined {
  return item.kind === 'sign-in' && item.state.kind === 'pending' ? item.state : undefined;
}

function linkLife(links: readonly SignIn[]): readonly Line[] {
  if (links.length === 0) return [];
  const life = lasting(Math.min(...links.map((link) => link.lifetimeMs)));
  return [{ cells: [links.length === 1 ? `The link works for ${life}.` : `The links work for ${life}.`] }];
}

function cancelActions(open: readonly SignInItem[]): readonly Action[] {
  const [only] = open;
  if (only === undefined) return [];
  return [open.length === 1 ? command('Cancel', 'cancel', only.server) : command('Cancel all', 'cancel')];
}

function restActions(more: number, open: number): readonly Action[] {
  return more > 0 && open === 0 ? [command(`Sign in to the rest (${more})`, 'auth')] : [];
}

function line(mark: Mark | undefined, text: string, action?: Action): Line {
  return {
    ...(mark === undefined ? {} : { mark }),
    cells: [text],
    ...(action === undefined ? {} : { action }),
  };
}

function itemLine(item: SignInItem, forms: boolean): Line {
  const { server } = item;
  switch (item.kind) {
    case 'starting':
      return line('attention', `${server}: asking its provider…`);
    case 'failed':
      return failureLine(server, item.failure);
    case 'key':
      return keyLine(item);
    case 'note':
      return noteLine(server, item.note);
    case 'sign-in':
      return stateLine(server, item.state, forms);
  }
}

function stateLine(server: string, state: SignInState, forms: boolean): Line {
  switch (state.kind) {
    case 'pending':
      return pendingLine(server, state);
    case 'finishing':
      return line('attention', `${server}: finishing…`);
    case 'waiting-for-code':
      return line('attention', codeSentence(server, state.triesLeft), forms ? codeForm : undefined);
    case 'ended':
      return resultLine(server, state.result, state.method);
    case 'unknown':
      return line('failed', `${server}: the link no longer works.`, tryAgain(server));
  }
}

function pendingLine(server: string, state: Pending): Line {
  return state.method === 'key-form'
    ? line('attention', `${server} — give its key on a page of this gateway`, link('Add key', state.url))
    : line(
        'attention',
        `${server} — sign in at ${oneLine(state.host, 60)} (opens a page of this gateway)`,
        link('Sign in', state.url),
      );
}

function link(label: string, url: string): Action {
  return { kind: 'link', label, url };
}

function codeSentence(server: string, triesLeft: number): string {
  const how = `give the six digits that the page shows, ${CODE_HINT}`;
  // Without the number of tries: a message may be edited four times a sign-in. The answer to the code has it.
  return triesLeft >= ALL_TRIES
    ? `${server}: one step left: ${how}`
    : `${server}: that was not the code: ${how}`;
}

/** The outcome of a sign-in, worded once for messages and answers. */
export function resultLine(server: string, result: SignInResult, method: 'oauth' | 'key-form'): Line {
  switch (result.kind) {
    case 'connected':
      return line('ok', connectedSentence(server, result));
    case 'declined':
      return line('failed', `${server}: you declined the request.`, tryAgain(server));
    case 'expired':
      return line(
        'failed',
        `${server}: the link expired after ${lasting(result.lifetimeMs)}.`,
        tryAgain(server),
      );
    case 'cancelled':
      return line('neutral', `${server}: cancelled`);
    case 'replaced':
      return line('neutral', `${server}: a newer link took the place of this one`);
    case 'wrong-code':
      return line('failed', `${server}: the code was wrong five times; nothing was kept.`, tryAgain(server));
    case 'interrupted':
      return line('failed', `${server}: the gateway was interrupted; nothing was kept.`, tryAgain(server));
    case 'failed':
      if (method === 'key-form' && result.failure.code === 'credential-refused')
        return refusedKey(server, tryAgain(server));
      return failureLine(server, result.failure);
  }
}

function connectedSentence(
  server: string,
  result: {
    readonly tools?: number;
    readonly unproven?: boolean;
    readonly masked?: Readonly<Record<string, string>>;
  },
): string {
  const key = result.masked === undefined ? '' : ` · key ${Object.values(result.masked).join(', ')}`;
  if (result.unproven === true) return `${server}: saved${key}; it is first checked when a tool is called`;
  if (result.tools === undefined) return `${server} connected${key} · not checked yet, it did not answer`;
  return `${server} connected${key} · ${counted(result.tools, 'tool')}`;
}

function refusedKey(server: string, action: Action): Line {
  return line('failed', `${server}: the server did not accept this key; nothing was changed.`, action);
}

function keyLine({ server, names, tried }: Extract<SignInItem, { kind: 'key' }>): Line {
  const again: Action = { ...keyForm(server, names), label: 'Try again' };
  switch (tried?.kind) {
    case undefined:
      return line('attention', `${server} — give its key; only you see it`, keyForm(server, names));
    case 'kept':
      return line('ok', connectedSentence(server, tried));
    case 'refused':
      return refusedKey(server, again);
    case 'malformed':
      return line('failed', `${server}: ${oneLine(tried.name)} was not saved: ${oneLine(tried.why)}.`, again);
    case 'not-checked':
      return line('failed', `${server}: ${failureSentence(tried.failure)}, so the key was not saved.`, again);
  }
}

function failureLine(server: string, failure: AuthFailure): Line {
  const sentence = `${server}: ${failureSentence(failure)}.`;
  switch (failureNext(failure)) {
    case 'try-again':
      return line('failed', sentence, tryAgain(server));
    case 'cancel':
      return line('failed', `${sentence} Cancel some first.`, command('Cancel all', 'cancel'));
    case 'operator':
      return line('failed', `${sentence} ${ASK_OPERATOR} to look at it.`);
  }
}

function noteLine(server: string, note: Note): Line {
  switch (note) {
    case 'no-auth':
      return line('ok', `${server} needs no sign-in.`);
    case 'disabled':
      return line('neutral', `${server} is disabled. ${ASK_OPERATOR} to enable it.`);
    case 'shared-key':
      return line('ok', `${server} uses a key of this gateway, for everyone. There is nothing to give.`);
    case 'admins-only':
      return line('attention', `${server} is shared by everyone: an admin has to sign in.`);
    case 'headers-refused':
      return line('failed', `${server} refuses the headers in the config. ${ASK_OPERATOR} to look at it.`);
    case 'no-answer':
      return line('failed', `${server} has not answered yet.`, tryAgain(server));
  }
}
