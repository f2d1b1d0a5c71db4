import { command, rowAction } from '../actions.js';
import type { ServerFacts } from '../services.js';
import { authStatus, isWanting } from '../status.js';
import type { Action, Line, Reply } from '../types.js';
import { ASK_OPERATOR, failureNext, failureSentence, oneLine, statusWords } from '../wording.js';
import { serverLine } from './outcome.js';
import { storageTrouble } from './sentences.js';
import { mayAct, type Viewer } from './status.js';

/** Why a server could not be used, and what this person can do about it. */
export function notReady(one: ServerFacts, viewer: Viewer): Reply {
  const { server } = one;
  const status = authStatus(one, viewer.nowMs);
  const result = one.probe?.result;
  const again = command('Test again', 'test', server.name);
  // Storage that fails is no fault of the server's, and its paths are for the log. What cannot be read, a sign-in mends.
  const stored = result?.kind === 'unreachable' && result.failure.code === 'store-unavailable';
  if (stored && !isWanting(status)) return storageTrouble();
  if (result?.kind === 'unreachable' && !stored) {
    const operator = failureNext(result.failure) === 'operator' ? ` ${ASK_OPERATOR} to look at it.` : '';
    const detail: Line = {
      cells: ['detail', `${result.failure.code}: ${oneLine(result.failure.detail, 200)}`],
    };
    return {
      title: '',
      lines: [
        serverLine(server.name, 'failed', `${server.name}: ${failureSentence(result.failure)}.${operator}`),
        detail,
      ],
      actions: [again],
    };
  }
  const words = statusWords(status, viewer.nowMs);
  const mine = isWanting(status) && mayAct(one, viewer);
  const action: Action | undefined = mine ? rowAction(server, status, viewer.forms) : undefined;
  const who = mine || status.kind === 'waiting-for-code' ? '' : ` ${otherHelp(one, viewer)}`;
  return {
    title: '',
    lines: [serverLine(server.name, 'attention', `${server.name}: ${words}.${who}`)],
    actions: [...(action === undefined ? [] : [action]), again],
  };
}

function otherHelp(one: ServerFacts, viewer: Viewer): string {
  return mayAct(one, viewer)
    ? `${ASK_OPERATOR} to look at it.`
    : 'It is shared by everyone: an admin has to sign in.';
}
