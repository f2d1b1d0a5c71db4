import type { PasteOutcome } from '../../auth/sign-in/types.js';
import { codeForm, command, pasteForm } from '../actions.js';
import { actorId, type Line } from '../types.js';
import { resultLine, serverLine } from '../views/outcome.js';
import { codeSentence } from '../views/sign-in.js';
import { counted } from '../wording.js';
import { type Answer, answer, type Command, type CommandContext } from './command.js';

/** What the browser shows: six digits, or the address of a page that did not open. Only who started the sign-in can give it. */
export const confirm: Command = async ({ digits = '', address }, context) => {
  if (address !== undefined) return confirmByAddress(address, context);
  const { services, boards, invocation, actor, forms } = context;
  const outcome = await services.signIns.confirm(actorId(actor), digits);
  context.note('confirm', outcome.kind, outcome.kind === 'ended' ? outcome.state.server : undefined);
  const board = invocation.message && (await boards.onMessage(actor, invocation.message));
  if (board !== undefined) return { kind: 'board', board };
  const again = forms ? [codeForm] : [];
  switch (outcome.kind) {
    case 'ended': {
      const { server, result, method } = outcome.state;
      return answer({ title: '', lines: [resultLine(server, result, method)], actions: [] });
    }
    case 'wrong': {
      const left = counted(outcome.triesLeft, 'try', 'tries');
      const text = `That is not the code; ${left} left. Give the six digits that the page shows.`;
      return answer({ title: '', lines: [{ mark: 'failed', cells: [text] }], actions: again });
    }
    case 'nothing-waiting': {
      const text = 'No sign-in of yours waits for a code. Start one with /mcp auth.';
      return answer({ title: '', lines: [{ cells: [text] }], actions: [command('Sign in', 'auth')] });
    }
  }
};

const NOT_REMOVED: Line = {
  mark: 'attention',
  cells: ['Your message with the address could not be deleted; delete it yourself.'],
};

/** The address is looked at by who sends it: of anybody else's sign-in nothing is said, not even that there is one. */
async function confirmByAddress(address: string, context: CommandContext): Promise<Answer> {
  const { services, boards, invocation, actor, forms, removed } = context;
  const outcome = await services.signIns.paste(actorId(actor), address);
  context.note('confirm', outcome.kind, outcome.kind === 'ended' ? outcome.state.server : undefined);
  const kept = removed === false ? [NOT_REMOVED] : [];
  const board = invocation.message && (await boards.onMessage(actor, invocation.message));
  // The message says by itself what came of its sign-ins.
  if (board !== undefined && outcome.kind === 'ended') return { kind: 'board', board };
  const line = outcomeLine(outcome);
  if (board !== undefined) return { kind: 'board', board, remark: line };
  const over = outcome.kind === 'ended' || outcome.kind === 'used';
  const again = over ? [] : [...(forms ? [pasteForm] : []), command('Sign in', 'auth')];
  return answer({ title: '', lines: [line, ...kept], actions: again });
}

function outcomeLine(outcome: PasteOutcome): Line {
  switch (outcome.kind) {
    case 'ended':
      return resultLine(outcome.state.server, outcome.state.result, outcome.state.method);
    case 'used':
      return usedLine(outcome.state);
    case 'no-address':
      return {
        mark: 'failed',
        cells: ['That is not the address of the last page: it has code= and state= in it. Copy it whole.'],
      };
    case 'not-theirs':
      return {
        mark: 'failed',
        cells: ['That address belongs to no sign-in that you have open. Start one with /mcp auth.'],
      };
  }
}

function usedLine(state: Extract<PasteOutcome, { kind: 'used' }>['state']): Line {
  switch (state.kind) {
    case 'ended':
      return resultLine(state.server, state.result, state.method);
    case 'finishing':
      return serverLine(state.server, 'attention', `${state.server}: finishing…`);
    case 'waiting-for-code':
      return serverLine(state.server, 'attention', codeSentence(state.server, state.triesLeft));
  }
}
