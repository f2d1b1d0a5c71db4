import { withIds } from './blocks.js';
import type { Ids } from './ids.js';
import type { Content, Conversation, StoredMessage } from './shapes.js';

type Draft = Pick<StoredMessage, 'conversation' | 'sender' | 'content'> &
  Partial<Pick<StoredMessage, 'threadTs' | 'ephemeralFor'>>;

/** Whether somebody in the conversation can see this message besides its one reader. */
export const isPublic = ({ deleted, ephemeralFor }: StoredMessage): boolean =>
  !deleted && ephemeralFor === undefined;

export class Messages {
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  add({ conversation, sender, content, threadTs, ephemeralFor }: Draft): StoredMessage {
    const message: StoredMessage = {
      ts: this.#ids.ts(),
      conversation,
      sender,
      threadTs,
      ephemeralFor,
      content: this.#identified(content),
      edited: false,
      deleted: false,
      lost: ephemeralFor !== undefined && !ephemeralFor.online,
    };
    conversation.log.push(message);
    return message;
  }

  edit(message: StoredMessage, content: Content): void {
    message.content = this.#identified(content);
    message.edited = true;
  }

  /** An ordinary message: ephemeral ones are nowhere but in a client. */
  find(conversation: Conversation, ts: string): StoredMessage | undefined {
    return conversation.log.find((one) => one.ts === ts && isPublic(one));
  }

  #identified(content: Content): Content {
    return { ...content, blocks: withIds(content.blocks, () => this.#ids.blockId()) };
  }
}
