import { codeForm, command } from '../actions.js';
import { actorId } from '../types.js';
import { resultLine } from '../views/outcome.js';
import { counted } from '../wording.js';
import { answer, type Command } from './command.js';

/** The six digits that the browser shows. Only who started the sign-in can give them: they are looked up by actor. */
export const confirm: Command = async ({ digits = '' }, { services, boards, invocation, actor, forms }) => {
  const outcome = await services.signIns.confirm(actorId(actor), digits);
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
