import { canonical } from '../boards/boards.js';
import type { ChatAdapter, Delivery } from '../types.js';
import { adapterWith } from './adapter-with.js';

/**
 * The same adapter, with the edits of one message one after the other, as they were asked for: an older one that is still
 * being tried again, after a lost connection, would else come to stand over a newer answer.
 */
export function editsInOrder(adapter: ChatAdapter): ChatAdapter {
  const latest = new Map<string, Promise<unknown>>();

  return adapterWith(adapter, {
    async update(message, reply): Promise<Delivery> {
      const key = canonical(message);
      const edit = (): Promise<Delivery> => adapter.update(message, reply);
      const before = latest.get(key);
      const editing = before === undefined ? edit() : before.then(edit, edit);
      latest.set(key, editing);
      try {
        return await editing;
      } finally {
        if (latest.get(key) === editing) latest.delete(key);
      }
    },
  });
}
