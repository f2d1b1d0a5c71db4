import { type Interaction, TYPES } from '../interactions/interaction.js';
import type { Platform } from '../platform.js';
import type { Account, Channel } from '../shapes.js';

export function failureText({ type }: Interaction): string {
  switch (type) {
    case TYPES.component:
      return 'This interaction failed';
    case TYPES.modal:
      return 'Something went wrong. Try again.';
    case TYPES.autocomplete:
      return 'Loading options failed';
    default:
      return 'The application did not respond';
  }
}

function waitingText({ type }: Interaction): string {
  return type === TYPES.command ? 'Sending command…' : 'Loading…';
}

/** What the client shows of interactions that no answer came to, for the one who began them alone. */
export function notices({ interactions }: Platform, account: Account, channel: Channel): readonly string[] {
  const mine = interactions.all.filter(
    (one) =>
      one.account === account && one.channel === channel && !one.forgotten && one.type !== TYPES.autocomplete,
  );
  const isNewest = (one: Interaction): boolean =>
    one.type !== TYPES.component || mine.findLast(({ message }) => message === one.message) === one;
  return mine.filter(isNewest).flatMap((one) => {
    if (interactions.hasFailed(one)) return [failureText(one)];
    return one.state === 'pending' ? [waitingText(one)] : [];
  });
}
