import type { Answer, CommandContext, LiveMessage } from '../commands/command.js';
import { actorId, type ChatAdapter, type Delivery } from '../types.js';
import type { Board } from './boards.js';
import type { LiveMessages } from './live-messages.js';
import { deliverReply } from './notifier.js';

/** Brings a command's answer to the person who ran it. Resolves to what goes on, where there is more to come. */
export async function deliverAnswer(
  answer: Answer,
  adapter: ChatAdapter,
  context: CommandContext,
  live: LiveMessages,
): Promise<{ readonly goesOn?: Promise<void> }> {
  const { invocation, look, notifier } = context;
  if (answer.kind === 'board') {
    look.says(answer.board.items.flatMap(({ kind, server }) => (kind === 'note' ? [] : [server])));
    const delivery = await notifier.show(answer.board, adapter, invocation, answer.remark);
    if (delivery.kind === 'delivered') look.delivered();
    else await unreached(answer.board, delivery, context);
    return {};
  }
  const delivery = await deliverReply(adapter, invocation, answer.reply);
  if (delivery.kind !== 'delivered') {
    context.services.log.info(facts(delivery, context), NOT_DELIVERED);
    return {};
  }
  look.delivered();
  const { follow } = answer;
  if (follow === undefined) return {};
  const message = live.open(adapter, delivery.message, answer.reply);
  const work = follow(toldBy(message, look)).catch((error: unknown) =>
    context.services.log.warn({ error }, 'a message could not be kept up to date'),
  );
  const goesOn = work.finally(() => message.close());
  context.tasks.add(goesOn);
  // At the end, whoever waits for this command waits for its last word too.
  if (message.signal.aborted) await goesOn;
  return { goesOn };
}

/** The last word counts, and no other: a platform may have left out what was only passing. */
function toldBy(message: LiveMessage, look: CommandContext['look']): LiveMessage {
  return {
    ...message,
    async finish(render) {
      const edited = await message.finish(render);
      if (edited === 'shown') look.delivered();
      return edited;
    },
  };
}

const NOT_DELIVERED = 'an answer could not be delivered to this person alone';

function facts(delivery: Delivery, { actor }: Pick<CommandContext, 'actor'>): object {
  return { platform: actor.platform, delivery: delivery.kind };
}

/** Nobody has these links: what they would start is ended, so that nothing waits for what cannot come. */
export async function unreached(
  board: Board,
  delivery: Delivery,
  context: Pick<CommandContext, 'services' | 'actor'>,
): Promise<void> {
  const { services, actor } = context;
  services.log.info(facts(delivery, context), NOT_DELIVERED);
  if (board.message !== undefined) return;
  for (const item of board.items) {
    if (item.kind === 'sign-in') await services.signIns.cancel(actorId(actor), item.server);
  }
}
