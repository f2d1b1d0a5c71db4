import type { SignInMethod, SignInResult } from '../../auth/sign-in/types.js';
import type { AuthFailure, KeySubmitOutcome, MoreAccess } from '../../auth/types.js';
import { command, giveAccess, keyForm, tryAgain } from '../actions.js';
import { lasting } from '../times.js';
import type { Action, Line, Mark } from '../types.js';
import { ASK_OPERATOR, counted, failureNext, failureSentence, oneLine, scopeWords } from '../wording.js';

export interface KeyItem {
  readonly server: string;
  readonly names: readonly string[];
  readonly tried?: KeySubmitOutcome;
}

/** A sentence about one server, which it begins with. */
export function serverLine(subject: string, mark: Mark, text: string, action?: Action): Line {
  return { mark, cells: [text], subject, ...(action === undefined ? {} : { action }) };
}

/** The outcome of a sign-in, worded once for messages and answers. */
export function resultLine(server: string, result: SignInResult, method: SignInMethod): Line {
  switch (result.kind) {
    case 'connected':
      if (result.wants !== undefined) return wantingLine(server, result.wants);
      return serverLine(server, 'ok', connectedSentence(server, result));
    case 'declined':
      return serverLine(server, 'failed', `${server}: you declined the request.`, tryAgain(server));
    case 'expired':
      return serverLine(
        server,
        'failed',
        `${server}: the ${method === 'device' ? 'code' : 'link'} expired after ${lasting(result.lifetimeMs)}.`,
        tryAgain(server),
      );
    case 'cancelled':
      return serverLine(server, 'neutral', `${server}: cancelled`);
    case 'replaced': {
      const what = method === 'device' ? 'code' : 'link';
      const text =
        result.by === undefined
          ? `a newer ${what} took the place of this one`
          : `${oneLine(result.by, 60)} started a newer sign-in for everyone; this ${what} no longer works`;
      return serverLine(server, 'neutral', `${server}: ${text}`);
    }
    case 'wrong-code':
      return serverLine(
        server,
        'failed',
        `${server}: the code was wrong five times; nothing was kept.`,
        tryAgain(server),
      );
    case 'interrupted':
      return serverLine(
        server,
        'failed',
        `${server}: the gateway was interrupted; nothing was kept.`,
        tryAgain(server),
      );
    case 'failed':
      if (method === 'key-form' && result.failure.code === 'credential-refused')
        return refusedKey(server, tryAgain(server));
      return failureLine(server, result.failure);
  }
}

/** Connected, and not for everything: what the server asks for, and how to give it. */
function wantingLine(server: string, { scopes, exhausted }: MoreAccess): Line {
  const asked = scopes.length === 0 ? '' : `: ${scopeWords(scopes)}`;
  return exhausted
    ? serverLine(
        server,
        'attention',
        `${server} still asks for more access than its provider gives${asked}. ${ASK_OPERATOR} to look at it.`,
      )
    : serverLine(server, 'attention', `${server} asks for more access${asked}`, giveAccess(server));
}

function connectedSentence(
  server: string,
  result: {
    readonly tools?: number;
    readonly unproven?: boolean;
    readonly masked?: Readonly<Record<string, string>>;
    readonly interrupted?: true;
  },
): string {
  const key =
    result.masked === undefined ? '' : ` · key ${oneLine(Object.values(result.masked).join(', '), 60)}`;
  if (result.unproven === true) return `${server}: saved${key}; it is first checked when a tool is called`;
  if (result.interrupted === true)
    return `${server} connected${key} · the gateway was interrupted before it could say so`;
  if (result.tools === undefined) return `${server} connected${key} · not checked yet, it did not answer`;
  return `${server} connected${key} · ${counted(result.tools, 'tool')}`;
}

function refusedKey(server: string, action: Action): Line {
  return serverLine(
    server,
    'failed',
    `${server}: the server did not accept this key; nothing was changed.`,
    action,
  );
}

/** A key that this person gives, or gave, in the chat. */
export function keyLine({ server, names, tried }: KeyItem): Line {
  const again: Action = { ...keyForm(server, names), label: 'Try again' };
  switch (tried?.kind) {
    case undefined:
      return serverLine(
        server,
        'attention',
        `${server} — give its key; only you see it`,
        keyForm(server, names),
      );
    case 'kept':
      return serverLine(server, 'ok', connectedSentence(server, tried));
    case 'refused':
      return refusedKey(server, again);
    case 'malformed':
      return serverLine(
        server,
        'failed',
        `${server}: ${oneLine(tried.name)} was not saved: ${oneLine(tried.why)}.`,
        again,
      );
    case 'not-checked':
      return serverLine(
        server,
        'failed',
        `${server}: ${failureSentence(tried.failure)}, so the key was not saved.`,
        again,
      );
  }
}

/** What did not work, and what to do now. */
export function failureLine(server: string, failure: AuthFailure): Line {
  const sentence = `${server}: ${failureSentence(failure)}.`;
  switch (failureNext(failure)) {
    case 'try-again':
      return serverLine(server, 'failed', sentence, tryAgain(server));
    case 'cancel':
      return serverLine(server, 'failed', `${sentence} Cancel some first.`, command('Cancel all', 'cancel'));
    case 'operator':
      return serverLine(server, 'failed', `${sentence} ${ASK_OPERATOR} to look at it.`);
  }
}
