import type { Events } from './events.js';
import { isPublic } from './messages.js';
import type { Platform } from './platform.js';
import type { Fields, StoredMessage } from './shapes.js';
import { wireMessage } from './wire.js';

/** In a DM the app hears its own messages too, and what becomes of them. It must not take them for a person's. */
export class Echoes {
  readonly #platform: Platform;
  readonly #events: Events;

  constructor(platform: Platform, events: Events) {
    this.#platform = platform;
    this.#events = events;
  }

  posted(message: StoredMessage): void {
    this.#tell(message, wireMessage(message, this.#platform));
  }

  changed(message: StoredMessage, before: Fields): void {
    const after = wireMessage(message, this.#platform);
    this.#tell(message, {
      type: 'message',
      subtype: 'message_changed',
      hidden: true,
      message: after,
      previous_message: before,
      ts: this.#platform.ids.ts(),
    });
  }

  deleted(message: StoredMessage): void {
    this.#tell(message, {
      type: 'message',
      subtype: 'message_deleted',
      hidden: true,
      deleted_ts: message.ts,
      previous_message: wireMessage(message, this.#platform),
      ts: this.#platform.ids.ts(),
    });
  }

  #tell(message: StoredMessage, event: Fields): void {
    const { conversation } = message;
    if (conversation.kind !== 'im' || (!isPublic(message) && event.subtype !== 'message_deleted')) return;
    const { installation, account } = conversation;
    const where = { channel: conversation.id, channel_type: 'im', event_ts: event.ts };
    void this.#events.tell('message.im', { ...event, ...where }, { installation, team: account.home });
  }
}
