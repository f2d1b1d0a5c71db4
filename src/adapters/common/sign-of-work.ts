import type { MessageRef } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Unfinished } from './unfinished.js';

export interface SignOfWorkParts<Message> {
  /** Shows it to who waits; undefined where what is shown is no message that an answer could take the place of. */
  readonly show: () => Promise<Message | undefined>;
  /** Takes it away: there was no answer. */
  readonly remove: (message: Message) => Promise<unknown>;
  readonly refOf: (message: Message) => MessageRef;
  readonly unfinished: Pick<Unfinished, 'add' | 'remove' | 'abandon'>;
  /** Who waits longer than this sees that something happens; undefined: nobody does. */
  readonly patienceMs: number | undefined;
  readonly log: Log;
}

/** "Working…", and what becomes of it. */
export interface SignOfWork<Message> {
  /** The message, if there is one, for the answer to take its place. From then on there will be no other sign of work. */
  placeholder(): Promise<Message | undefined>;
  /** The answer stands in its place, or it is gone. Until then a former process’s heir would find it. */
  replaced(): Promise<void>;
  /** The command is over: without an answer it is taken away; what the answer could not replace says so, later. */
  over(): Promise<void>;
}

/** It is noted as unfinished once it is shown. */
export function createSignOfWork<Message>(parts: SignOfWorkParts<Message>): SignOfWork<Message> {
  const { show, remove, refOf, unfinished, patienceMs, log } = parts;
  let shown: Promise<Message | undefined> | undefined;
  let state: 'waits' | 'answering' | 'replaced' = 'waits';

  async function noted(): Promise<Message | undefined> {
    const message = await show();
    if (message !== undefined) await unfinished.add(refOf(message));
    return message;
  }

  const timer =
    patienceMs === undefined
      ? undefined
      : setTimeout(() => {
          shown = noted().catch((error: unknown) => {
            log.debug({ error }, 'a sign of work could not be shown');
            return undefined;
          });
        }, patienceMs);
  timer?.unref();

  return {
    async placeholder() {
      if (state === 'waits') state = 'answering';
      clearTimeout(timer);
      return state === 'replaced' ? undefined : shown;
    },
    async replaced() {
      state = 'replaced';
      const message = await shown;
      if (message !== undefined) await unfinished.remove(refOf(message));
    },
    async over() {
      clearTimeout(timer);
      const left = state === 'replaced' ? undefined : await shown;
      if (left === undefined) return;
      if (state === 'answering') return unfinished.abandon(refOf(left));
      await remove(left);
      await unfinished.remove(refOf(left));
    },
  };
}
