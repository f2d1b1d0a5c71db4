import { answerCallbackQuery } from './answering.js';
import { deleteMyCommands, getMyCommands, setMyCommands } from './commands.js';
import { deleteEphemeralMessage, deleteMessage, deleteMessages } from './deleting.js';
import {
  editEphemeralMessageReplyMarkup,
  editEphemeralMessageText,
  editMessageReplyMarkup,
  editMessageText,
} from './editing.js';
import { getChat, getChatMember, getMe, setMessageReaction } from './looking.js';
import type { Method } from './method.js';
import { sendChatAction, sendMessage } from './sending.js';

/** Every method that only reads and changes the platform's state. */
export const METHODS: Readonly<Record<string, Method>> = {
  getMe,
  getChat,
  getChatMember,
  sendMessage,
  sendChatAction,
  editMessageText,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,
  editEphemeralMessageText,
  editEphemeralMessageReplyMarkup,
  deleteEphemeralMessage,
  answerCallbackQuery,
  setMessageReaction,
  setMyCommands,
  getMyCommands,
  deleteMyCommands,
};
