import type { Params } from '../params.js';
import { badRequest } from '../refusal.js';
import type { GroupChat } from '../shapes.js';
import { hasTopics, isGroup } from '../shapes.js';
import { type BotUser, wireChat, wireUser } from '../wire.js';
import { chatOf, type Method, messageOf } from './method.js';

export const getMe: Method = ({ bot, readsAllMessages, chats }) => ({
  ...bot,
  can_join_groups: true,
  can_read_all_group_messages: readsAllMessages,
  supports_guest_queries: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: chats.all().some((chat) => !isGroup(chat) && hasTopics(chat)),
  allows_users_to_create_topics: false,
  can_manage_bots: false,
  supports_join_request_queries: false,
});

export const getChat: Method = (platform, params) => ({
  ...wireChat(chatOf(platform, params)),
  accent_color_id: 0,
  max_reaction_count: 11,
  accepted_gift_types: {},
});

function botMember(bot: BotUser, { bot: standing }: GroupChat) {
  if (standing === 'admin' || standing === 'admin-without-delete')
    return {
      user: bot,
      status: 'administrator',
      can_delete_messages: standing === 'admin',
      can_be_edited: false,
    };
  return { user: bot, status: standing };
}

export const getChatMember: Method = (platform, params) => {
  const chat = chatOf(platform, params);
  const id = params.requiredInteger('user_id');
  if (isGroup(chat) && id === platform.bot.id) return botMember(platform.bot, chat);
  const account = platform.chats.accounts.get(id);
  if (account === undefined) throw badRequest('PARTICIPANT_ID_INVALID');
  const isMember = isGroup(chat) ? chat.members.has(account) : chat.account === account;
  const isAdmin = isGroup(chat) && chat.admins.has(account);
  return { user: wireUser(account), status: !isMember ? 'left' : isAdmin ? 'administrator' : 'member' };
};

/** Some of the emoji that are reactions; bots set one at most. */
const REACTIONS = new Set('👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🎉 🙏 👌 👀 ⚡ 💯 🤝 ✍ 🫡 🆒'.split(' '));

function emojiOf(reaction: Params): string {
  if (reaction.requiredText('type') !== 'emoji') throw badRequest('REACTION_INVALID');
  return reaction.requiredText('emoji');
}

export const setMessageReaction: Method = (platform, params) => {
  messageOf(chatOf(platform, params), params, 'message to react not found');
  const emoji = (params.objects('reaction') ?? []).map(emojiOf);
  if (emoji.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  if (!emoji.every((one) => REACTIONS.has(one))) throw badRequest('REACTION_INVALID');
  return true;
};
