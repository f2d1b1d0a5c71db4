import type { ChatAdapter } from '../types.js';

/** The same adapter with some members of ours. Whatever else it can do, it goes on doing by itself. */
export function adapterWith(
  adapter: ChatAdapter,
  ours: Partial<Pick<ChatAdapter, 'send' | 'update'>>,
): ChatAdapter {
  return new Proxy(adapter, {
    get(target, name) {
      const own: unknown = Object.hasOwn(ours, name) ? Reflect.get(ours, name) : undefined;
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
