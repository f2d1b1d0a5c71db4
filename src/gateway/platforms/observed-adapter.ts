import type { Observed } from '../../observability/observed.js';
import type { ChatAdapter, Delivery } from '../types.js';
import { adapterWith } from './adapter-with.js';

/** The same adapter, with its deliveries told. */
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
  return adapterWith(adapter, {
    send: (to, reply) => told(adapter.send(to, reply)),
    update: (message, reply) => told(adapter.update(message, reply)),
  });
}
