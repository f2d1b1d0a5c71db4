import type { Api, RawApi } from 'grammy';
import { isTelegrams } from '../connection/api-root.js';
import type { Conversation, SentMessage } from '../refs.js';
import { WORKING } from '../sentences.js';
import type { Place } from '../types.js';
import { type Refusal, refusalOf, unlessGone } from './failures.js';
import type { RenderedMessage } from './render.js';
import type { ShownButtons } from './shown-buttons.js';

export type Sent = { readonly kind: 'sent'; readonly message: SentMessage } | Refusal;

type Payload<M extends keyof RawApi> = Parameters<RawApi[M]>[0];
type Markup = Payload<'sendMessage'>['reply_markup'];

export interface PlainOptions {
  /** The message that it answers, where everybody sees it. */
  readonly replyTo?: number;
  readonly silent?: boolean;
  /** In place of the keyboard. */
  readonly markup?: Markup;
}

/** The calls that this adapter makes about messages. A refusal is a value; what is to be tried later is thrown. */
export interface Outbox {
  plain(place: Place, message: RenderedMessage, options?: PlainOptions): Promise<Sent>;
  /** Only `receiver` sees it. Within 15 seconds of a command or press, or at any time where the bot is an administrator. */
  ephemeral(conversation: Conversation, receiver: number, message: RenderedMessage): Promise<Sent>;
  edit(sent: SentMessage, message: RenderedMessage): Promise<Sent>;
  /** Leaves the text, and takes the buttons away, or puts those that it had. */
  buttons(sent: SentMessage, shown: ShownButtons): Promise<void>;
  /** True also where it was gone already; false where Telegram does not let us. */
  remove(sent: SentMessage): Promise<boolean>;
  typing(place: Place): Promise<void>;
}

/** A link in a message must not be fetched by anybody but the person (threat 2). */
const NO_PREVIEW = { is_disabled: true } as const;

/** Tells nothing, whoever sees it. */
export const SIGN_OF_WORK: RenderedMessage = { text: WORKING, keyboard: [], kept: [] };

const NOT_EPHEMERAL: Refusal = {
  kind: 'refused',
  why: 'the Bot API server knows no ephemeral messages: `api_root` has to be Bot API 10.3 or newer',
};

/** @throws {TokenRefusedError | TelegramUnavailableError} */
export function createOutbox(api: Api): Outbox {
  const { raw } = api;
  /**
   * A Bot API server before 10.3 leaves out what it does not know, and posts an ephemeral message for all to see. Until a
   * server of somebody's own has shown that it is none such, a sign of work goes first, and the answer takes its place. A
   * reply to an ephemeral command needs no such proof: it "must itself be an ephemeral message", and is refused otherwise.
   */
  let ephemerals: 'unproven' | 'known' | 'unknown' = isTelegrams(api.options?.apiRoot) ? 'known' : 'unproven';

  async function attempt(call: () => Promise<SentMessage>): Promise<Sent> {
    try {
      return { kind: 'sent', message: await call() };
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** A group that became a supergroup has another id; what Telegram answers names it. */
  async function wherever(chat: number, call: (chat: number) => Promise<SentMessage>): Promise<Sent> {
    const first = await attempt(() => call(chat));
    return first.kind === 'moved' ? attempt(() => call(first.to)) : first;
  }

  const edit = (sent: SentMessage, message: RenderedMessage): Promise<Sent> =>
    attempt(async () => {
      if ('ephemeral' in sent) await raw.editEphemeralMessageText({ ...idsOf(sent), ...textOf(message) });
      else await raw.editMessageText({ chat_id: sent.chat, message_id: sent.message, ...textOf(message) });
      return sent;
    });

  const whisper = (conversation: Conversation, receiver: number, message: RenderedMessage): Promise<Sent> =>
    wherever(conversation.place.chat, async (chat) => {
      const sent = await raw.sendMessage({
        chat_id: chat,
        ...topicOf(conversation.place),
        ...textOf(message),
        ...ephemeralOf(conversation, receiver),
      });
      const { ephemeral_message_id: ephemeral } = sent;
      const posted = { chat: sent.chat.id, message: sent.message_id };
      return ephemeral === undefined ? posted : { chat: sent.chat.id, receiver, ephemeral };
    });

  /** Where it cannot stand, nothing is left to say that there is still work. */
  async function inPlaceOf(work: SentMessage, message: RenderedMessage): Promise<Sent> {
    const edited = await edit(work, message).catch(async (error: unknown) => {
      await remove(work).catch(() => false);
      throw error;
    });
    if (edited.kind !== 'sent') await remove(work).catch(() => false);
    return edited;
  }

  async function remove(sent: SentMessage): Promise<boolean> {
    const removed = await attempt(async () => {
      const removing =
        'ephemeral' in sent
          ? raw.deleteEphemeralMessage(idsOf(sent))
          : raw.deleteMessage({ chat_id: sent.chat, message_id: sent.message });
      await removing.catch(unlessGone);
      return sent;
    });
    return removed.kind === 'sent';
  }

  return {
    plain: (place, message, options = {}) =>
      wherever(place.chat, async (chat) => {
        const sent = await raw.sendMessage({
          chat_id: chat,
          ...topicOf(place),
          ...textOf(message),
          ...plainOf(options),
        });
        return { chat: sent.chat.id, message: sent.message_id };
      }),

    async ephemeral(conversation, receiver, message) {
      if (ephemerals === 'unknown') return NOT_EPHEMERAL;
      const isSafe = ephemerals === 'known' || conversation.ephemeral !== undefined;
      const first = isSafe ? message : SIGN_OF_WORK;
      const sent = await whisper(conversation, receiver, first);
      if (sent.kind !== 'sent') return sent;
      if ('ephemeral' in sent.message) {
        ephemerals = 'known';
        return first === message ? sent : inPlaceOf(sent.message, message);
      }
      ephemerals = 'unknown';
      await remove(sent.message).catch(() => false);
      return NOT_EPHEMERAL;
    },

    edit,

    async buttons(sent, shown) {
      const markup = shown.length === 0 ? {} : { reply_markup: keyboardOf(shown) };
      await attempt(async () => {
        if ('ephemeral' in sent) await raw.editEphemeralMessageReplyMarkup({ ...idsOf(sent), ...markup });
        else await raw.editMessageReplyMarkup({ chat_id: sent.chat, message_id: sent.message, ...markup });
        return sent;
      });
    },

    remove,

    async typing(place) {
      await raw.sendChatAction({ chat_id: place.chat, ...topicOf(place), action: 'typing' });
    },
  };
}

function topicOf({ topic }: Place): { message_thread_id?: number } {
  return topic === undefined ? {} : { message_thread_id: topic };
}

function textOf({ text, keyboard }: RenderedMessage) {
  return {
    text,
    parse_mode: 'HTML',
    link_preview_options: NO_PREVIEW,
    reply_markup: keyboardOf(keyboard),
  } as const;
}

function keyboardOf(rows: RenderedMessage['keyboard']) {
  return { inline_keyboard: rows.map((row) => [...row]) };
}

function plainOf({ replyTo, silent, markup }: PlainOptions) {
  return {
    ...(replyTo === undefined
      ? {}
      : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
    ...(silent === true ? { disable_notification: true } : {}),
    ...(markup === undefined ? {} : { reply_markup: markup }),
  };
}

function ephemeralOf({ query, ephemeral }: Conversation, receiver: number) {
  return {
    ephemeral_message_parameters: {
      receiver_user_id: receiver,
      ...(query === undefined ? {} : { callback_query_id: query }),
    },
    ...(ephemeral === undefined ? {} : { reply_parameters: { ephemeral_message_id: ephemeral } }),
  };
}

function idsOf({ chat, receiver, ephemeral }: Extract<SentMessage, { ephemeral: number }>) {
  return { chat_id: chat, receiver_user_id: receiver, ephemeral_message_id: ephemeral };
}
