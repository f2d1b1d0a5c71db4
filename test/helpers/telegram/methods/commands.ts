import { type BotCommand, type Scope, wireCommand } from '../command-lists.js';
import type { Params } from '../params.js';
import type { Platform } from '../platform.js';
import { badRequest } from '../refusal.js';
import { isGroup } from '../shapes.js';
import { chatOf, type Method } from './method.js';

const MAX_COMMANDS = 100;

function scopeOf(platform: Platform, params: Params): Scope {
  const scope = params.object('scope');
  if (scope === undefined) return { type: 'default' };
  const type = scope.requiredText('type');
  switch (type) {
    case 'default':
    case 'all_private_chats':
    case 'all_group_chats':
    case 'all_chat_administrators':
      return { type };
    case 'chat':
    case 'chat_administrators':
    case 'chat_member':
      return narrowScope(platform, scope, type);
    default:
      throw badRequest("can't parse BotCommandScope: Unsupported type specified");
  }
}

function narrowScope(
  platform: Platform,
  scope: Params,
  type: 'chat' | 'chat_administrators' | 'chat_member',
): Scope {
  const chat = chatOf(platform, scope);
  if (type === 'chat') return { type, chat: chat.id };
  if (!isGroup(chat)) throw badRequest(`can't use ${type} scope in a private chat`);
  if (type === 'chat_administrators') return { type, chat: chat.id };
  const user = scope.requiredInteger('user_id');
  if (!platform.chats.accounts.has(user)) throw badRequest('user not found');
  return { type, chat: chat.id, user };
}

function languageOf(params: Params): string {
  const language = params.text('language_code') ?? '';
  if (!/^([a-z]{2})?$/.test(language)) throw badRequest('invalid language code specified');
  return language;
}

function readCommand(given: Params): BotCommand {
  const command = given.requiredText('command').replace(/^\//, '');
  const description = given.requiredText('description').trim();
  if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
  if (description.length < 1 || description.length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
  return { command, description, ...(given.flag('is_ephemeral') ? { is_ephemeral: true } : {}) };
}

export const setMyCommands: Method = (platform, params) => {
  const commands = params.objects('commands');
  if (commands === undefined) throw badRequest('parameter "commands" is required');
  if (commands.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  platform.commands.set(scopeOf(platform, params), languageOf(params), commands.map(readCommand));
  return true;
};

export const getMyCommands: Method = (platform, params) =>
  platform.commands.get(scopeOf(platform, params), languageOf(params)).map(wireCommand);

export const deleteMyCommands: Method = (platform, params) => {
  platform.commands.set(scopeOf(platform, params), languageOf(params), []);
  return true;
};
