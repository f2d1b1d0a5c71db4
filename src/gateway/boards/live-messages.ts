import type { LiveMessage } from '../commands/command.js';
import type { ChatAdapter, MessageRef } from '../types.js';
import { canonical } from './boards.js';

/** Messages that a command still edits. A message belongs to the command that was last run on it. */
export interface LiveMessages {
  open(adapter: ChatAdapter, message: MessageRef): LiveMessage & { close(): void };
  /** A button of this message was pressed: whoever edited it stops. */
  take(message: MessageRef): void;
  /** The gateway stops. */
  closeAll(): void;
}

export function createLiveMessages(): LiveMessages {
  const live = new Map<string, AbortController>();

  return {
    open(adapter, message) {
      const key = canonical(message);
      const over = new AbortController();
      live.get(key)?.abort();
      live.set(key, over);
      let current = message;
      return {
        signal: over.signal,
        async edit(reply) {
          if (over.signal.aborted) return false;
          const delivery = await adapter.update(current, reply);
          if (delivery.kind !== 'delivered') return false;
          current = delivery.message;
          return true;
        },
        close() {
          if (live.get(key) === over) live.delete(key);
        },
      };
    },
    take(message) {
      live.get(canonical(message))?.abort();
    },
    closeAll() {
      for (const over of live.values()) over.abort();
    },
  };
}
