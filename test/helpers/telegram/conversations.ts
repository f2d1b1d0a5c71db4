import { badRequest, forbidden } from './refusal.js';
import type { Account, Chat, GroupChat, PrivateChat } from './shapes.js';

/** Everyone and every chat there is. */
export class Conversations {
  readonly accounts = new Map<number, Account>();
  readonly #private = new Map<number, PrivateChat>();
  readonly #groups = new Map<number, GroupChat>();

  addAccount(account: Account): PrivateChat {
    if (this.accounts.has(account.id)) throw new Error(`there is a person with id ${account.id} already`);
    this.accounts.set(account.id, account);
    const chat: PrivateChat = { kind: 'private', id: account.id, account, ...emptyLog() };
    this.#private.set(account.id, chat);
    return chat;
  }

  addGroup(group: Omit<GroupChat, keyof ReturnType<typeof emptyLog>>): GroupChat {
    const chat: GroupChat = { ...group, ...emptyLog() };
    this.#groups.set(chat.id, chat);
    return chat;
  }

  all(): readonly Chat[] {
    return [...this.#private.values(), ...this.#groups.values()];
  }

  privateOf(account: Account): PrivateChat {
    const chat = this.#private.get(account.id);
    if (chat === undefined) throw new Error(`no such person: ${account.id}`);
    return chat;
  }

  byId(id: number): Chat | undefined {
    return this.#private.get(id) ?? this.#groups.get(id);
  }

  /** The chat behind a `chat_id`: a number, or `@username` of a supergroup. */
  addressed(given: string): Chat {
    const chat = this.#find(given.trim());
    if (chat === undefined) throw badRequest('chat not found');
    if (chat.kind !== 'private' && chat.upgradedTo !== undefined)
      throw badRequest('group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: chat.upgradedTo.id,
      });
    return chat;
  }

  #find(given: string): Chat | undefined {
    if (given === '') throw badRequest('chat_id is empty');
    if (/^-?\d+$/.test(given)) return this.byId(Number(given));
    const name = given.replace(/^@/, '').toLowerCase();
    return [...this.#groups.values()].find(({ username }) => username?.toLowerCase() === name);
  }
}

const emptyLog = () => ({
  log: [],
  byId: new Map(),
  ephemeral: new Map(),
  freedEphemeralIds: [],
  topics: new Map<string, number>(),
});

/** Refuses where the bot is not in the group. */
export function checkPresence(chat: Chat): void {
  if (chat.kind === 'private') return;
  const name = chat.kind === 'group' ? 'group chat' : 'supergroup chat';
  if (chat.bot === 'kicked') throw forbidden(`bot was kicked from the ${name}`);
  if (chat.bot === 'left') throw forbidden(`bot is not a member of the ${name}`);
}

/** Refuses where the bot may not write, or change what it wrote. */
export function checkWritable(chat: Chat): void {
  checkPresence(chat);
  if (chat.kind !== 'private') return;
  if (chat.account.deactivated) throw forbidden('user is deactivated');
  if (chat.account.blocked) throw forbidden('bot was blocked by the user');
  if (!chat.account.started) throw forbidden("bot can't initiate conversation with a user");
}
