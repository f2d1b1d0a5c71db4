import type { Account, Chat, Fields } from './shapes.js';
import { isGroup } from './shapes.js';

export interface BotCommand {
  readonly command: string;
  readonly description: string;
  readonly is_ephemeral?: true;
}

export type Scope =
  | { readonly type: 'default' | 'all_private_chats' | 'all_group_chats' | 'all_chat_administrators' }
  | { readonly type: 'chat' | 'chat_administrators'; readonly chat: number }
  | { readonly type: 'chat_member'; readonly chat: number; readonly user: number };

/** The lists that the bot set: one per scope and language. */
export class CommandLists {
  readonly #lists = new Map<string, readonly BotCommand[]>();

  set(scope: Scope, language: string, commands: readonly BotCommand[]): void {
    if (commands.length === 0) this.#lists.delete(keyOf(scope, language));
    else this.#lists.set(keyOf(scope, language), commands);
  }

  get(scope: Scope, language: string): readonly BotCommand[] {
    return this.#lists.get(keyOf(scope, language)) ?? [];
  }

  /** The list that a person's client shows in a chat: the narrowest that is set (Bot API, `BotCommandScope`). */
  shownTo(account: Account, chat: Chat): readonly BotCommand[] {
    for (const scope of scopesFor(account, chat)) {
      const list = this.#lists.get(keyOf(scope, account.language)) ?? this.#lists.get(keyOf(scope, ''));
      if (list !== undefined) return list;
    }
    return [];
  }
}

const keyOf = (scope: Scope, language: string): string =>
  JSON.stringify([scope.type, 'chat' in scope && scope.chat, 'user' in scope && scope.user, language]);

function scopesFor(account: Account, chat: Chat): readonly Scope[] {
  const general: Scope = { type: 'default' };
  const own: Scope = { type: 'chat', chat: chat.id };
  if (!isGroup(chat)) return [own, { type: 'all_private_chats' }, general];
  const isAdmin = chat.admins.has(account);
  return [
    { type: 'chat_member', chat: chat.id, user: account.id },
    ...(isAdmin ? [{ type: 'chat_administrators', chat: chat.id } as const] : []),
    own,
    ...(isAdmin ? [{ type: 'all_chat_administrators' } as const] : []),
    { type: 'all_group_chats' },
    general,
  ];
}

export const wireCommand = ({ command, description, is_ephemeral }: BotCommand): Fields => ({
  command,
  description,
  ...(is_ephemeral ? { is_ephemeral } : {}),
});
