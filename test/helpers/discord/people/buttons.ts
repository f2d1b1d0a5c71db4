import type { ShownButton } from '../face.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Message } from '../shapes.js';
import { shownMessage, visible } from './view.js';

/** Every button that a person can see, oldest first. */
export function visibleButtons(
  platform: Platform,
  account: Account,
  channels: readonly Channel[],
): readonly { readonly message: Message; readonly button: ShownButton }[] {
  return channels
    .flatMap((channel) => visible(platform, account, channel))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    .flatMap((message) =>
      shownMessage(platform, message)
        .buttons.flat()
        .map((button) => ({ message, button })),
    );
}
