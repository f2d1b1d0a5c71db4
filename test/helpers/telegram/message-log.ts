import type { Chat, Content, StoredMessage } from './shapes.js';
import { holderOf } from './shapes.js';

const FIRST_EPHEMERAL_ID = 29_340_001;

export type Draft = Pick<StoredMessage, 'chat' | 'sender' | 'content'> &
  Partial<Pick<StoredMessage, 'thread' | 'replyTo' | 'silent' | 'extra'>> & {
    readonly receiver?: NonNullable<StoredMessage['ephemeral']>['receiver'];
  };

/** Gives messages their ids and places, and keeps what each client has of the ephemeral ones. */
export class MessageLog {
  readonly #now: () => number;
  #order = 0;
  #mailboxId = 0;
  readonly #supergroupIds = new Map<number, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add({ receiver, silent = false, extra = {}, ...draft }: Draft): StoredMessage {
    this.#order += 1;
    const ephemeral = receiver === undefined ? undefined : { id: ephemeralId(draft.chat), receiver };
    const message: StoredMessage = {
      ...draft,
      silent,
      extra,
      ...(ephemeral === undefined ? {} : { ephemeral }),
      order: this.#order,
      id: ephemeral === undefined ? this.#nextId(draft.chat) : 0,
      sentAtMs: this.#now(),
      hiddenFor: new Set(),
      deleted: false,
    };
    keep(message);
    return message;
  }

  edit(message: StoredMessage, content: Content): void {
    message.content = content;
    message.editedAtMs = this.#now();
    if (canShow(message)) message.copy = content;
  }

  delete(message: StoredMessage): void {
    message.deleted = true;
    if (message.ephemeral === undefined) return;
    message.chat.ephemeral.delete(message.ephemeral.id);
    message.chat.freedEphemeralIds.push(message.ephemeral.id);
    if (canShow(message)) message.copy = undefined;
  }

  /** Ids that nobody can have guessed from another chat's: topics take them too. */
  nextIdIn(chat: Chat): number {
    return this.#nextId(chat);
  }

  #nextId(chat: Chat): number {
    if (chat.kind === 'supergroup') {
      const id = (this.#supergroupIds.get(chat.id) ?? 1) + 1;
      this.#supergroupIds.set(chat.id, id);
      return id;
    }
    this.#mailboxId += 1;
    return this.#mailboxId;
  }
}

/** "The identifier may be reused for another ephemeral message after the message is deleted" (Bot API, `Message`). */
function ephemeralId(chat: Chat): number {
  return chat.freedEphemeralIds.pop() ?? FIRST_EPHEMERAL_ID + chat.ephemeral.size;
}

/** Ephemeral messages reach only a client that is there now, and knows them. */
function canShow(message: StoredMessage): boolean {
  const holder = holderOf(message);
  if (holder === undefined || holder.client === 'old' || !holder.online) return false;
  return message.copy !== undefined;
}

function keep(message: StoredMessage): void {
  const { chat, ephemeral } = message;
  chat.log.push(message);
  if (ephemeral === undefined) {
    chat.byId.set(message.id, message);
    return;
  }
  chat.ephemeral.set(ephemeral.id, message);
  const holder = holderOf(message);
  if (holder?.online === true && holder.client === 'current') message.copy = message.content;
}
