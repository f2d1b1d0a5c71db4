import { TYPES } from './checks/components.js';
import type { Fields } from './face.js';
import { isFields } from './form.js';
import type { Content } from './shapes.js';

export const parts = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : [];

/** Every component of a message, those inside others too. */
export function flattened(components: readonly Fields[]): readonly Fields[] {
  return components.flatMap((one) => [
    one,
    ...flattened(parts(one.components)),
    ...flattened(parts([one.accessory])),
  ]);
}

/** What of a message can ping: the content, and Text Displays. */
export function pingingText({ content, components }: Content): string {
  const displays = flattened(components).filter(({ type }) => type === TYPES.text);
  return [content, ...displays.map((one) => String(one.content))].join('\n');
}
