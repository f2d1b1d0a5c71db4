import type { ShownButton } from '../face.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Message } from '../shapes.js';
import { shownMessage, visible } from './view.js';

/** The newest button with that label among those that a person can see. */
export function pressable(
  platform: Platform,
  account: Account,
  channels: readonly Channel[],
  label: string,
): { readonly message: Message; readonly button: ShownButton } {
  const buttons = channels
    .flatMap((channel) => visible(platform, account, channel))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    .flatMap((message) =>
      shownMessage(platform, message)
        .buttons.flat()
        .map((button) => ({ message, button })),
    );
  const found = buttons.findLast(({ button }) => button.label === label);
  if (found?.button.disabled === true) throw new Error(`the button "${label}" is disabled`);
  if (found !== undefined) return found;
  const labels = buttons.map(({ button }) => button.label).join(', ');
  throw new Error(`${account.name} sees no button "${label}", only: ${labels || 'none'}`);
}
