import { command } from '../actions.js';
import { lasting } from '../times.js';
import { type Action, type Actor, actorId, type Mark, type Reply } from '../types.js';
import { ASK_OPERATOR, oneLine } from '../wording.js';

/** One sentence, and what can be pressed after it. */
export function sentence(text: string, mark?: Mark, ...actions: readonly Action[]): Reply {
  return { title: '', lines: [{ ...(mark === undefined ? {} : { mark }), cells: [text] }], actions };
}

/** Who is not allowed learns their own id, for `access.users`, and nothing about servers or people. */
export function strangerView(actor: Actor): Reply {
  return sentence(
    `You may not use this gateway yet. Whoever runs it can let you in: your id is ${oneLine(actorId(actor), 120)}.`,
  );
}

/** Where `access.groups` leaves this one out. The id is for who runs the gateway. */
export function notInThisGroup(group: string): Reply {
  return sentence(
    `/mcp is not open in this group; use it in our private chat. Whoever runs this gateway can open it here: the id of this chat is ${oneLine(group, 120)}.`,
  );
}

/** Said once; what is typed until then gets no answer. */
export function tooManyCommands(retryAfterMs: number): Reply {
  return sentence(`Too many commands; try again in ${lasting(Math.max(1_000, retryAfterMs))}.`, 'attention');
}

export function adminsOnly(): Reply {
  return sentence('Only an admin of this gateway may do that.', 'failed', command('Help', 'help'));
}

export function serverGone(): Reply {
  return sentence('That server is no longer in the config.', 'failed', command('Status', 'status'));
}

export function disabledServer(server: string): Reply {
  return sentence(
    `${server} is disabled. ${ASK_OPERATOR} to enable it.`,
    'neutral',
    command('Status', 'status'),
  );
}

export function storageTrouble(): Reply {
  return sentence(
    'The gateway cannot reach its storage right now; nothing was changed. Try again in a moment.',
    'failed',
  );
}

/** `id` stands in the log too. */
export function surprise(id: string): Reply {
  return sentence(
    `Something went wrong here. Try again; if it happens again, tell whoever runs this gateway: ${id}.`,
    'failed',
  );
}
