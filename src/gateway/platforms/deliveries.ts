import { actorId, type Invocation } from '../types.js';

/**
 * Platforms deliver again what they did not see acknowledged. Remembers the latest deliveries, at least `least` of them;
 * older ones are forgotten together, so that memory stays bounded. Not one by one: a set out of which its oldest are
 * taken is searched through what it has lost each time.
 */
export function createDeliveries(least = 10_000): { isNew(invocation: Invocation): boolean } {
  let seen = new Set<string>();
  let before = seen;
  return {
    isNew(invocation) {
      const key = `${actorId(invocation.actor)} ${invocation.deliveryId}`;
      if (seen.has(key) || before.has(key)) return false;
      if (seen.size >= least) {
        before = seen;
        seen = new Set();
      }
      seen.add(key);
      return true;
    },
  };
}
