import { actorId, type Invocation } from './types.js';

/**
 * Platforms deliver again what they did not see acknowledged. Remembers the latest deliveries; the oldest are
 * forgotten first, so that memory stays bounded.
 */
export function createDeliveries(most = 10_000): { isNew(invocation: Invocation): boolean } {
  const seen = new Set<string>();
  return {
    isNew(invocation) {
      const key = `${actorId(invocation.actor)} ${invocation.deliveryId}`;
      if (seen.has(key)) return false;
      seen.add(key);
      for (const oldest of seen) {
        if (seen.size <= most) break;
        seen.delete(oldest);
      }
      return true;
    },
  };
}
