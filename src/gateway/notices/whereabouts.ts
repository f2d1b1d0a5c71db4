import { type Showing, showingOf } from '../boards/board-view.js';
import type { Actor, ChatAdapter, ConversationRef, Recipient } from '../types.js';

/** A person where they are, and what can be done there. */
export interface Whereabouts extends Showing {
  readonly actor: Actor;
  /** Where the answer goes. Absent: the person's private chat. */
  readonly conversation?: ConversationRef;
  /** Where the browser is that they sign in with. */
  readonly browser: 'here' | 'elsewhere';
  /** Opens their chat. */
  readonly backUrl?: string;
  /** Gives a code in their private chat with one tap, with `{digits}` for its digits. */
  readonly confirmUrl?: string;
}

export function whereaboutsOf(adapter: ChatAdapter, { actor, conversation }: Recipient): Whereabouts {
  const to = { actor, ...(conversation === undefined ? {} : { conversation }) };
  const backUrl = adapter.chatUrl?.(to);
  const confirmUrl = adapter.confirmUrl?.(to);
  return {
    ...to,
    ...showingOf(adapter, conversation),
    browser: adapter.local === true ? 'here' : 'elsewhere',
    ...(backUrl === undefined ? {} : { backUrl }),
    ...(confirmUrl === undefined ? {} : { confirmUrl }),
  };
}
