import type { BotStanding, TelegramGroup, TelegramPerson } from './face.js';
import { tell } from './hearing.js';
import type { Platform } from './platform.js';
import type { Account, GroupChat } from './shapes.js';
import { tellStanding } from './standing.js';

/** A group from outside: who is in it, and how the bot stands in it. */
export class Group implements TelegramGroup {
  readonly #platform: Platform;
  readonly chat: GroupChat;

  constructor(platform: Platform, chat: GroupChat) {
    this.#platform = platform;
    this.chat = chat;
  }

  get id(): number {
    return this.chat.id;
  }

  get title(): string {
    return this.chat.title;
  }

  get kind(): 'group' | 'supergroup' {
    return this.chat.kind;
  }

  thread(topic: string): number {
    const id = this.chat.topics.get(topic);
    if (id === undefined) throw new Error(`"${this.title}" has no topic "${topic}"`);
    return id;
  }

  removeTopic(topic: string): void {
    this.chat.topics.delete(topic);
  }

  join(person: TelegramPerson): void {
    this.chat.members.add(this.#account(person));
  }

  leave(person: TelegramPerson): void {
    this.chat.members.delete(this.#account(person));
  }

  setBot(standing: BotStanding): void {
    const [by] = [...this.chat.admins, ...this.chat.members];
    if (by === undefined) throw new Error('nobody is there to change how the bot stands');
    const was = this.chat.bot;
    this.chat.bot = standing;
    tellStanding(this.#platform, this.chat, by, [was, standing]);
  }

  /** The group refers to its successor, and both say so with a service message. */
  upgradeTo(successor: GroupChat): void {
    this.chat.upgradedTo = successor;
    const [sender] = this.chat.members;
    if (sender === undefined) throw new Error('nobody is there to upgrade the group');
    const say = (chat: GroupChat, extra: Record<string, number>): void =>
      tell(
        this.#platform,
        'message',
        this.#platform.messages.add({
          chat,
          sender,
          content: { text: '', entities: [], linkPreview: false },
          extra,
        }),
      );
    say(this.chat, { migrate_to_chat_id: successor.id });
    say(successor, { migrate_from_chat_id: this.id });
  }

  #account(person: TelegramPerson): Account {
    const account = this.#platform.chats.accounts.get(person.id);
    if (account === undefined) throw new Error(`no such person: ${person.name}`);
    return account;
  }
}
