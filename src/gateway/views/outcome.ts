import type { SignInResult } from '../../auth/sign-in-types.js';
import type { AuthFailure, KeySubmitOutcome } from '../../auth/types.js';
import { command, keyForm, tryAgain } from '../actions.js';
import { lasting } from '../times.js';
import type { Action, Line, Mark } from '../types.js';
import { ASK_OPERATOR, counted, failureNext, failureSentence, oneLine } from '../wording.js';

export interface KeyItem {
  readonly server: string;
  readonly names: readonly string[];
  readonly tried?: KeySubmitOutcome;
}

/** A sentence of its own. */
export function line(mark: Mark | undefined, text: string, action?: Action): Line {
  return {
    ...(mark === undefined ? {} : { mark }),
    cells: [text],
    ...(action === undefined ? {} : { action }),
  };
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
  const key =
    result.masked === undefined ? '' : ` · key ${oneLine(Object.values(result.masked).join(', '), 60)}`;
  if (result.unproven === true) return `${server}: saved${key}; it is first checked when a tool is called`;
  if (result.tools === undefined) return `${server} connected${key} · not checked yet, it did not answer`;
  return `${server} connected${key} · ${counted(result.tools, 'tool')}`;
}

function refusedKey(server: string, action: Action): Line {
  return line('failed', `${server}: the server did not accept this key; nothing was changed.`, action);
}

/** A key that this person gives, or gave, in the chat. */
export function keyLine({ server, names, tried }: KeyItem): Line {
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

/** What did not work, and what to do now. */
export function failureLine(server: string, failure: AuthFailure): Line {
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
