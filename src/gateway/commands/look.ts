import type { Server } from '../../auth/types.js';
import { within } from '../pace.js';
import type { Reply } from '../types.js';
import { sentence } from '../views/sentences.js';
import { type Answer, answer, type CommandContext } from './command.js';

/**
 * Looks at one server now and says what `view` makes of it: at once where it answers soon, else by editing a
 * "connecting…" message when it does. Where nothing can edit it later, it would say so for ever: the answer waits.
 */
export async function lookNow<T>(
  server: Server,
  looking: Promise<T>,
  { services, editable }: CommandContext,
  view: (seen: T) => Reply | Promise<Reply>,
): Promise<Answer> {
  const soon = editable ? await within(looking, services.pacing.editEveryMs) : await looking;
  if (soon !== undefined) return answer(await view(soon));
  return answer(sentence(`${server.name}: connecting…`), async (message) => {
    const seen = await unless(looking, message.signal);
    if (seen !== undefined) await message.edit(await view(seen));
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
