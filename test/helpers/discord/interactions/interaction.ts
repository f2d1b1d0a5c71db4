import { randomBytes } from 'node:crypto';
import type { Choice, Fields, ShownModal } from '../face.js';
import type { Account, Channel, Message } from '../shapes.js';

export const TYPES = { ping: 1, command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

export const ANSWERS = {
  pong: 1,
  message: 4,
  deferred: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

/** For follow-ups and edits. */
export const TOKEN_LIFE_MS = 15 * 60_000;

export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly account: Account;
  readonly channel: Channel;
  readonly madeAtMs: number;
  readonly payload: Fields;
  /** `authorizing_integration_owners`. */
  readonly owners: Fields;
  /** Whose component was used. */
  readonly message?: Message;
  /** Of a modal: the interaction that opened it. */
  readonly openedBy?: Interaction;
  state: 'pending' | 'acknowledged' | 'failed';
  /** The type of the first answer. */
  answer?: number;
  original?: Message;
  readonly followups: Message[];
  modal?: OpenModal;
  choices?: readonly Choice[];
  /** The client no longer shows what became of it. */
  forgotten: boolean;
}

export interface OpenModal {
  readonly shown: ShownModal;
  readonly components: readonly Fields[];
}

/** As long as a real one, and as secret. */
export const newToken = (): string => `aW50ZXJhY3Rpb246${randomBytes(128).toString('base64url')}`;

/** `interaction_metadata` of the messages that come of it. */
export function metadataOf(interaction: Interaction, user: Fields): Fields {
  const { id, type, owners, message, openedBy } = interaction;
  return {
    id,
    type,
    user,
    authorizing_integration_owners: owners,
    ...(type === TYPES.component && message !== undefined ? { interacted_message_id: message.id } : {}),
    ...(openedBy === undefined ? {} : { triggering_interaction_metadata: metadataOf(openedBy, user) }),
  };
}
