import type { SignInState } from '../../auth/sign-in/types.js';
import type { AuthFailure, KeySubmitOutcome } from '../../auth/types.js';
import { codeForm, command, pasteForm, tryAgain } from '../actions.js';
import { lasting } from '../times.js';
import type { Action, Line, Reply } from '../types.js';
import { ASK_OPERATOR, counted, oneLine } from '../wording.js';
import { failureLine, keyLine, resultLine, serverLine } from './outcome.js';

/** Why a named server needs no sign-in, or not from this person. */
export type Note =
  | 'no-auth'
  | 'disabled'
  | 'shared-key'
  | 'service-account'
  | 'admins-only'
  | 'headers-refused'
  | 'no-answer';

/** What an agent lacks to answer: a sign-in, a key, or more access than there is. */
export type Asked = 'sign-in' | 'key' | 'access';

/** Stands on a message as it was when that was made: it says all about itself. */
export type FixedItem =
  | { readonly kind: 'failed'; readonly failure: AuthFailure }
  | { readonly kind: 'key'; readonly names: readonly string[]; readonly tried?: KeySubmitOutcome }
  | { readonly kind: 'note'; readonly note: Note };

/** One server on a sign-in message, with all that its line follows from. No clock: the same facts give the same line. */
export type SignInItem = { readonly server: string } & (
  | { readonly kind: 'starting' }
  /** `leftMs`: of a code that is to be typed, in steps. */
  | {
      readonly kind: 'sign-in';
      readonly state: SignInState;
      readonly lifetimeMs: number;
      readonly leftMs?: number;
    }
  | FixedItem
);

export interface SignInMessage {
  readonly items: readonly SignInItem[];
  /** Servers that found no room on this message. */
  readonly more: number;
  readonly forms: boolean;
  /** They may send an address in plain words, where this message is. */
  readonly hears?: boolean;
  /** An agent asked for it: said as long as it is still to be done. */
  readonly asked?: Asked;
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
export function signInView({ items, more, forms, hears = false, asked }: SignInMessage): Reply {
  const counting = items.filter((item) => item.kind !== 'note');
  const connected = counting.filter(isConnected).length;
  const open = items.filter((item) => !hasEnded(item));
  const links = items.flatMap((item) => (pendingOf(item) === undefined ? [] : [item as SignIn]));
  return {
    title: counting.length > 1 ? 'Sign in' : '',
    ...(counting.length > 1 ? { aside: `${connected} of ${counting.length} connected` } : {}),
    lines: [
      ...askedLines(
        asked,
        items.filter((item) => !isConnected(item) && (item.kind === 'key' || !hasEnded(item))),
      ),
      ...items.map((item) => itemLine(item, forms)),
      ...linkLife(links, hears),
      ...(more > 0
        ? [{ cells: [`${counted(more, 'more server needs', 'more servers need')} a sign-in.`] }]
        : []),
    ],
    actions: [
      ...(links.some(isPaste) && (forms || !hears) ? [pasteForm] : []),
      ...cancelActions(open),
      ...restActions(more, open.length),
    ],
  };
}

/** Whoever gets this did not ask for it themselves: why it comes stands first. */
function askedLines(asked: Asked | undefined, open: readonly SignInItem[]): readonly Line[] {
  const [only] = open;
  if (asked === undefined || only === undefined) return [];
  return [{ cells: [askedSentence(asked, oneLine(only.server, 40))] }];
}

function askedSentence(asked: Asked, server: string): string {
  switch (asked) {
    case 'sign-in':
      return `To answer you I need ${server}. Sign in once, and I go on by myself.`;
    case 'key':
      return `To answer you I need ${server}. Give its key once, and I go on by myself.`;
    case 'access':
      return `To answer you I need more access to ${server}. Give it once, and I go on by myself.`;
  }
}

function pendingOf(item: SignInItem): Pending | undefined {
  return item.kind === 'sign-in' && item.state.kind === 'pending' ? item.state : undefined;
}

const isPaste = ({ state }: SignIn): boolean => state.kind === 'pending' && state.paste === true;
const isDevice = ({ state }: SignIn): boolean => state.kind === 'pending' && state.userCode !== undefined;

/** How long what stands above works, and what comes of it: one line for each way of coming back. */
function linkLife(all: readonly SignIn[], hears: boolean): readonly Line[] {
  const devices = all.filter(isDevice);
  const pastes = all.filter(isPaste);
  const links = all.filter((link) => !isDevice(link) && !isPaste(link));
  const said = [
    ...(links.length === 0 ? [] : [`${works(links)} ${opens(links)}`]),
    ...(pastes.length === 0 ? [] : [works(pastes), comesBack(pastes, hears)]),
    ...(devices.length === 0 ? [] : [typed(devices)]),
  ];
  return said.map((text) => ({ cells: [text] }));
}

function works(links: readonly SignIn[]): string {
  const life = lasting(Math.min(...links.map((link) => link.lifetimeMs)));
  return links.length === 1 ? `The link works for ${life}.` : `The links work for ${life}.`;
}

function opens(links: readonly SignIn[]): string {
  return links.length === 1 ? 'It opens a page of this gateway.' : 'They open pages of this gateway.';
}

/** Nobody expects to be asked for what looks like an error. */
function comesBack(links: readonly SignIn[], hears: boolean): string {
  const how = hears ? 'send it to me here' : `give it with the button “${pasteForm.label}”`;
  return links.length === 1
    ? `The page at the end will not open. Copy its address and ${how}.`
    : `The pages at the end will not open. Copy the address of each and ${how}.`;
}

/** Who was sent a code by somebody else must not type it: it would sign that other person in (RFC 8628 §5.4). */
function typed(devices: readonly SignIn[]): string {
  const left = lasting(Math.min(...devices.map(({ leftMs, lifetimeMs }) => leftMs ?? lifetimeMs)));
  return devices.length === 1
    ? `The code works for ${left} more. Tell it to nobody.`
    : `The codes work for ${left} more. Tell them to nobody.`;
}

function cancelActions(open: readonly SignInItem[]): readonly Action[] {
  const [only] = open;
  if (only === undefined) return [];
  return [open.length === 1 ? command('Cancel', 'cancel', only.server) : command('Cancel all', 'cancel')];
}

function restActions(more: number, open: number): readonly Action[] {
  return more > 0 && open === 0 ? [command(`Sign in to the rest (${more})`, 'auth')] : [];
}

function itemLine(item: SignInItem, forms: boolean): Line {
  const { server } = item;
  switch (item.kind) {
    case 'starting':
      return serverLine(server, 'attention', `${server}: asking its provider…`);
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
      return serverLine(server, 'attention', `${server}: finishing…`);
    case 'waiting-for-code':
      return serverLine(
        server,
        'attention',
        codeSentence(server, state.triesLeft),
        forms ? codeForm : undefined,
      );
    case 'ended':
      return resultLine(server, state.result, state.method);
    case 'unknown':
      return serverLine(server, 'failed', `${server}: the link no longer works.`, tryAgain(server));
  }
}

function pendingLine(server: string, state: Pending): Line {
  const { userCode } = state;
  if (userCode !== undefined) {
    const text = `${server} — type ${oneLine(userCode, 40)} at ${oneLine(state.host, 60)}`;
    return serverLine(server, 'attention', text, link('Open page', state.url));
  }
  return state.method === 'key-form'
    ? serverLine(server, 'attention', `${server} — give its key`, link('Add key', state.url))
    : serverLine(
        server,
        'attention',
        `${server} — sign in at ${oneLine(state.host, 60)}`,
        link('Sign in', state.url),
      );
}

function link(label: string, url: string): Action {
  return { kind: 'link', label, url };
}

export function codeSentence(server: string, triesLeft: number): string {
  const how = `Give the six digits that the page shows, ${CODE_HINT}`;
  if (triesLeft >= ALL_TRIES) return `${server}: one step left. ${how}`;
  const left = counted(triesLeft, 'try', 'tries');
  return `${server}: that was not the code, ${left} left. ${how}`;
}

function noteLine(server: string, note: Note): Line {
  switch (note) {
    case 'no-auth':
      return serverLine(server, 'ok', `${server} needs no sign-in.`);
    case 'disabled':
      return serverLine(server, 'neutral', `${server} is disabled. ${ASK_OPERATOR} to enable it.`);
    case 'shared-key':
      return serverLine(
        server,
        'ok',
        `${server} uses a key of this gateway, for everyone. There is nothing to give.`,
      );
    case 'service-account':
      return serverLine(server, 'ok', `${server} is signed in to by this gateway itself, for everyone.`);
    case 'admins-only':
      return serverLine(server, 'attention', `${server} is shared by everyone: an admin has to sign in.`);
    case 'headers-refused':
      return serverLine(
        server,
        'failed',
        `${server} refuses the headers in the config. ${ASK_OPERATOR} to look at it.`,
      );
    case 'no-answer':
      return serverLine(server, 'failed', `${server} has not answered yet.`, tryAgain(server));
  }
}
