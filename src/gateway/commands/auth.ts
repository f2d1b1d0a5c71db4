import type { Server } from '../../auth/types.js';
import { command } from '../actions.js';
import type { Board, BoardItem } from '../boards/boards.js';
import { PAGE_SIZE } from '../paging.js';
import { keysToAsk } from '../status.js';
import type { Reply } from '../types.js';
import { sentence, serverGone } from '../views/sentences.js';
import { type SignInItem, signInView } from '../views/sign-in.js';
import { ASK_OPERATOR, listed } from '../wording.js';
import { beginAll, hasLife } from './auth-begin.js';
import { submitKey } from './auth-key.js';
import { type Plan, planEverything, planNamed, type Wanting } from './auth-plan.js';
import { type Answer, answer, type Command, type CommandContext } from './command.js';
import { serverNamed } from './servers.js';

/** Signs in: to the servers named, or to everything that needs it. A form's fields are the key itself. */
export const auth: Command = async ({ servers: names }, context) => {
  const servers = names.flatMap((name) => serverNamed(context, name) ?? []);
  if (servers.length < names.length) return answer(serverGone());
  const [only] = servers;
  const { fields } = context.invocation;
  if (fields !== undefined && only !== undefined && keysToAsk(only).length > 0) {
    return submitKey(only, fields, context);
  }
  return only === undefined ? authEverything(context) : authNamed(servers, context);
};

async function authNamed(servers: readonly Server[], context: CommandContext): Promise<Answer> {
  const { invocation, boards, actor } = context;
  const existing = invocation.message && (await boards.onMessage(actor, invocation.message));
  return begin(await planNamed(servers, context), existing, context);
}

async function authEverything(context: CommandContext): Promise<Answer> {
  const wanting = await planEverything(context);
  if (wanting.plans.length === 0) return answer(nothingToDo(wanting));
  return begin(wanting.plans, undefined, context);
}

/** Eight on a message; the rest gets its turn when these have ended. */
async function begin(
  plans: readonly Plan[],
  existing: Board | undefined,
  context: CommandContext,
): Promise<Answer> {
  const now = plans.slice(0, PAGE_SIZE);
  const board = await beginAll(now, plans.length - now.length, existing, context);
  if (board.items.some(hasLife)) return { kind: 'board', board };
  const items = board.items.flatMap(settledItem);
  return answer(signInView({ items, more: board.more, forms: context.forms, hears: context.hears }));
}

function settledItem(item: BoardItem): readonly SignInItem[] {
  return item.kind === 'sign-in' ? [] : [item];
}

function nothingToDo({ unreachable, adminsOnly }: Wanting): Reply {
  const status = command('Status', 'status');
  if (unreachable.length === 0 && adminsOnly.length === 0) {
    return sentence('There is nothing to sign in to: everything that needs it is connected.', 'ok', status);
  }
  const lines = [
    'There is nothing that you can sign in to now.',
    ...(unreachable.length === 0
      ? []
      : [`${listed(unreachable)} did not answer. Try again later, or ${ASK_OPERATOR.toLowerCase()}.`]),
    ...(adminsOnly.length === 0 ? [] : [`An admin has to sign in to ${listed(adminsOnly)}, for everyone.`]),
  ];
  return { title: '', lines: lines.map((text) => ({ cells: [text] })), actions: [status] };
}
