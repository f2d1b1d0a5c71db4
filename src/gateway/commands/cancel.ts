import type { SignInState } from '../../auth/sign-in/types.js';
import { command } from '../actions.js';
import { actorId, type Line } from '../types.js';
import { serverLine } from '../views/outcome.js';
import { answer, type Command } from './command.js';

const WITHDRAWN = 'Cancelled: I no longer wait for what I asked you for.';

/** Ends this person's pending sign-ins. Their own messages say so too, by the notifier. */
export const cancel: Command = async ({ servers }, { services, boards, invocation, actor, note }) => {
  const ended = await services.signIns.cancel(actorId(actor), servers[0]);
  for (const state of ended) if (state.kind !== 'unknown') note('cancel', 'cancelled', state.server);
  const board = invocation.message && (await boards.onMessage(actor, invocation.message));
  if (board !== undefined) return { kind: 'board', board };
  const lines = ended.flatMap(cancelledLine);
  if (lines.length > 0) return answer({ title: '', lines, actions: [] });
  if (invocation.withdrawn) return answer({ title: '', lines: [{ cells: [WITHDRAWN] }], actions: [] });
  const what = servers[0] === undefined ? 'No sign-in of yours' : `No sign-in of yours for ${servers[0]}`;
  return answer({
    title: '',
    lines: [{ cells: [`${what} is under way, so there is nothing to cancel.`] }],
    actions: [command('Status', 'status')],
  });
};

function cancelledLine(state: SignInState): readonly Line[] {
  return state.kind === 'unknown' ? [] : [serverLine(state.server, 'neutral', `${state.server}: cancelled`)];
}
