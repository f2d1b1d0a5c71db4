import { z } from 'zod';

/** Leaves of the config's schema. The error text of each is what is allowed there: it becomes a mistake's `allowed`. */

const MAX_SECONDS = 86_400;

export function text(allowed: string) {
  return z.string({ error: allowed }).min(1, { error: allowed });
}

export function seconds(allowed: string) {
  return z.number({ error: allowed }).gt(0, { error: allowed }).max(MAX_SECONDS, { error: allowed });
}

/** Text that YAML may take for a number or a boolean; `isText` sees to it that it arrives as written. */
export function scalar(allowed: string) {
  return z.union([z.string(), z.number(), z.boolean()], { error: allowed });
}

export function scalarMap(allowed: string, allowedValue: string) {
  return z.record(z.string(), scalar(allowedValue), { error: allowed });
}

/** Keys of other agents' blocks that mean nothing here: accepted, so that a block can stay as it is, and warned about. */
const unused = () => z.unknown().optional().meta({ description: 'Of other agents; has no effect here.' });

export function allUnused<K extends string>(keys: readonly K[]) {
  const shape: Partial<Record<K, ReturnType<typeof unused>>> = {};
  for (const key of keys) shape[key] = unused();
  return shape;
}
