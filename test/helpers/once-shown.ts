import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

interface Pressable {
  readonly button: { readonly label: string };
}

/** The newest button with that label. */
export const newest = <T extends Pressable>(buttons: readonly T[], label: string): T | undefined =>
  buttons.findLast(({ button }) => button.label === label);

/**
 * The same, once it is on the screen: people press what they see, and wait until they see it.
 * @throws {Error} that says what there was instead
 */
export async function onceShown<T extends Pressable>(
  name: string,
  label: string,
  buttons: () => readonly T[],
): Promise<T> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = newest(buttons(), label);
    if (found !== undefined) return found;
    if (Date.now() >= untilMs) break;
    await sleep(5);
  }
  const labels = buttons().map(({ button }) => button.label);
  throw new Error(`${name} sees no button "${label}", only: ${labels.join(', ') || 'none'}`);
}
