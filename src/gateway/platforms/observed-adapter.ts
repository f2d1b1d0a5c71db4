import type { Observed } from '../../observability/observed.js';
import type { ChatAdapter, Delivery } from '../types.js';

/** The same adapter, with its deliveries told. Whatever else it can do, it goes on doing by itself. */
export function observedAdapter(adapter: ChatAdapter, observed: Observed): ChatAdapter {
  const told = async (delivering: Promise<Delivery>): Promise<Delivery> => {
    try {
      const delivery = await delivering;
      observed.delivery(adapter.platform, delivery.kind);
      return delivery;
    } catch (error) {
      observed.delivery(adapter.platform, 'error');
      throw error;
    }
  };
  const ours: Pick<ChatAdapter, 'send' | 'update'> = {
    send: (to, reply) => told(adapter.send(to, reply)),
    update: (message, reply) => told(adapter.update(message, reply)),
  };
  return new Proxy(adapter, {
    get(target, name) {
      if (name === 'send' || name === 'update') return ours[name];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
