import type { Server } from '../../auth/types.js';
import { command } from '../actions.js';
import { within } from '../boards/pace.js';
import type { Reply } from '../types.js';
import { sentence } from '../views/sentences.js';
import { type Answer, answer, type CommandContext, patienceOf } from './command.js';

/**
 * Looks at one server now and says what `view` makes of it: at once where it answers soon, else by editing a
 * "connecting…" message when it does. Where nothing can edit it later, it would say so for ever: the answer waits, and
 * in the end says that there was none.
 */
export async function lookNow<T>(
  server: Server,
  looking: Promise<T>,
  context: CommandContext,
  view: (seen: T) => Reply | Promise<Reply>,
): Promise<Answer> {
  const { services, editable, invocation } = context;
  const soon = await within(looking, editable ? services.pacing.editEveryMs : patienceOf(context));
  if (soon !== undefined) return answer(await view(soon));
  const again = command('Try again', ...invocation.words);
  const noAnswer = sentence(`${server.name} has not answered yet.`, 'failed', again);
  if (!editable) return answer(noAnswer);
  return answer(sentence(`${server.name}: connecting…`), async (message) => {
    const seen = await unless(looking, message.signal);
    await message.finish(async () => (seen === undefined ? noAnswer : view(seen)));
  });
}

/** What `work` resolves to, or undefined where nobody waits for it any more. */
async function unless<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let over = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    over = () => resolve(undefined);
    signal.addEventListener('abort', over, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', over));
}
