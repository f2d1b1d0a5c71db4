import { randomBytes } from 'node:crypto';
import { membersOf } from '../../common/payload.js';
import type { ApiAnswer, ApiRequest, DiscordApi } from '../connection/api.js';
import { isSnowflake } from '../refs.js';
import type { Callback, InteractionKey } from '../types.js';
import { type Refusal, refusalOf } from './failures.js';
import type { RenderedMessage } from './render.js';

export type Sent = { readonly kind: 'sent'; readonly message: string; readonly channel: string } | Refusal;

/** What may edit a message of an interaction: `original` is the one that its first answer made, or the pressed one. */
export interface Token {
  readonly key: InteractionKey;
  readonly original: boolean;
}

/** The calls that this adapter makes about messages. A refusal is a value; what is to be tried later is thrown. */
export interface Outbox {
  /** A first answer that makes or changes no message that is named later. */
  callback(key: InteractionKey, callback: Callback): Promise<Taken>;
  /** A first answer with a message: a new one, or in place of the pressed one. */
  first(key: InteractionKey, how: First, message: RenderedMessage): Promise<Sent>;
  /** In place of a first answer that is perhaps ours. `gone`: there is none, or others read it, and so it is not. */
  replace(key: InteractionKey, how: First, message: RenderedMessage): Promise<Sent>;
  editByToken(token: Token, message: string, content: RenderedMessage): Promise<Sent>;
  /** Takes away what an interaction's first answer made. */
  withdraw(key: InteractionKey): Promise<void>;
  /** One more message that only the person sees. */
  followUp(key: InteractionKey, message: RenderedMessage): Promise<Sent>;
  /** Into the bot's chat with a person. */
  post(channel: string, message: RenderedMessage): Promise<Sent>;
  edit(channel: string, message: string, content: RenderedMessage): Promise<Sent>;
  /** A line that everybody there reads; a reply only where the bot may read earlier messages. */
  note(channel: string, text: string, replyTo?: string): Promise<Sent>;
  /** The bot's chat with this person. */
  open(user: string): Promise<Sent | { readonly kind: 'open'; readonly channel: string }>;
  typing(channel: string): Promise<void>;
  /** True also where it was gone already; false where Discord does not let us. */
  remove(channel: string, message: string): Promise<boolean>;
  /** The channel that a thread hangs on. */
  parentOf(channel: string): Promise<string | undefined>;
}

/** What became of a first answer. `perhaps`: there is one, and it may be a former try of this one. */
export type Taken = 'taken' | 'perhaps' | Refusal;

export interface First {
  readonly place: 'new' | 'pressed';
  readonly whispered: boolean;
}

/** Interaction Callback Type. */
export const CALLBACKS = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;
/** Message Flags. */
export const EPHEMERAL = 1 << 6;
const COMPONENTS_V2 = 1 << 15;
/** Nobody is ever pinged. */
export const NO_MENTIONS = { allowed_mentions: { parse: [], replied_user: false } } as const;
/** "You must send an initial response within 3 seconds." */
const FIRST_WITHIN_MS = 2_500;
/** JSON Error Codes. */
const UNKNOWN_MESSAGE_CODE = 10_008;
const NOT_TOLD: Sent = { kind: 'refused', why: 'Discord did not tell the message' };

/** @throws {TokenRefusedError | DiscordUnavailableError} */
export function createOutbox(api: DiscordApi): Outbox {
  async function sent(request: ApiRequest): Promise<Sent> {
    const answer = await api.call(request);
    return answer.kind === 'ok' ? messageIn(answer.body) : refusalOf(request, answer);
  }

  const edit = ({ key, original }: Token, message: string, content: RenderedMessage): Promise<Sent> =>
    sent({
      method: 'PATCH',
      path: `${webhookOf(key)}/messages/${original ? '@original' : message}`,
      body: contentOf(content),
      authorized: false,
    });

  async function replace(key: InteractionKey, { whispered }: First, content: RenderedMessage): Promise<Sent> {
    const request = originalOf(key);
    const there = await api.call(request);
    if (there.kind === 'refused') return refusalOf(request, there);
    // Ours is whispered there: nothing private comes to stand where others read.
    const others = whispered && (Number(membersOf(there.body).flags) & EPHEMERAL) === 0;
    return others ? { kind: 'gone' } : edit({ key, original: true }, '', content);
  }

  const answering = (key: InteractionKey, body: Callback, withMessage: boolean): ApiRequest => ({
    method: 'POST',
    path: `/interactions/${key.id}/${encodeURIComponent(key.token)}/callback`,
    ...(withMessage ? { query: { with_response: 'true' } } : {}),
    body,
    authorized: false,
    withinMs: FIRST_WITHIN_MS,
  });

  return {
    async callback(key, body) {
      const request = answering(key, body, false);
      const answer = await api.call(request);
      if (answer.kind === 'ok') return 'taken';
      return isPerhapsOurs(answer) ? 'perhaps' : refusalOf(request, answer);
    },

    async first(key, how, message) {
      const { place, whispered } = how;
      const type = place === 'new' ? CALLBACKS.message : CALLBACKS.update;
      const request = answering(key, { type, data: contentOf(message, whispered && place === 'new') }, true);
      let answer: ApiAnswer;
      try {
        answer = await api.call(request);
      } catch (error) {
        // It may be there all the same: an apology would come to stand under it.
        const there = await replace(key, how, message).catch(() => undefined);
        if (there?.kind === 'sent') return there;
        throw error;
      }
      if (answer.kind === 'refused')
        return isPerhapsOurs(answer) ? replace(key, how, message) : refusalOf(request, answer);
      const told = messageIn(membersOf(membersOf(answer.body).resource).message);
      return told.kind === 'sent' ? told : sent(originalOf(key));
    },

    replace,

    editByToken: edit,

    async withdraw(key) {
      await api.call({ ...originalOf(key), method: 'DELETE' });
    },

    followUp: (key, message) =>
      sent({
        method: 'POST',
        path: webhookOf(key),
        body: contentOf(message, true),
        authorized: false,
        once: true,
      }),

    post: (channel, message) =>
      sent({
        method: 'POST',
        path: `/channels/${channel}/messages`,
        // Tried again after a lost answer, it is the same message (Create Message, `enforce_nonce`).
        body: { ...contentOf(message), nonce: randomBytes(12).toString('base64url'), enforce_nonce: true },
      }),

    edit: (channel, message, content) =>
      sent({ method: 'PATCH', path: `/channels/${channel}/messages/${message}`, body: contentOf(content) }),

    note: (channel, text, replyTo) =>
      sent({
        method: 'POST',
        path: `/channels/${channel}/messages`,
        body: {
          content: text,
          flags: SILENT,
          ...(replyTo === undefined
            ? {}
            : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
          ...NO_MENTIONS,
        },
        once: true,
      }),

    async open(user) {
      const request = { method: 'POST', path: '/users/@me/channels', body: { recipient_id: user } } as const;
      const answer = await api.call(request);
      if (answer.kind === 'refused') return refusalOf(request, answer);
      const { id } = membersOf(answer.body);
      return isSnowflake(id) ? { kind: 'open', channel: id } : NOT_TOLD;
    },

    async typing(channel) {
      await api.call({ method: 'POST', path: `/channels/${channel}/typing`, once: true });
    },

    async remove(channel, message) {
      const answer = await api.call({ method: 'DELETE', path: `/channels/${channel}/messages/${message}` });
      return answer.kind === 'ok' || answer.code === UNKNOWN_MESSAGE_CODE;
    },

    async parentOf(channel) {
      const answer = await api.call({ method: 'GET', path: `/channels/${channel}` });
      const { parent_id: parent } = membersOf(answer.kind === 'ok' ? answer.body : undefined);
      return isSnowflake(parent) ? parent : undefined;
    },
  };
}

/** SUPPRESS_EMBEDS and SUPPRESS_NOTIFICATIONS. */
const SILENT = (1 << 2) | (1 << 12);
/** Interaction has already been acknowledged. */
const ACKNOWLEDGED = 40_060;

/** A former try may have been taken, and only its answer lost. */
function isPerhapsOurs({ code, tries }: Extract<ApiAnswer, { kind: 'refused' }>): boolean {
  return code === ACKNOWLEDGED && tries > 1;
}

function originalOf(key: InteractionKey): ApiRequest {
  return { method: 'GET', path: `${webhookOf(key)}/messages/@original`, authorized: false };
}

function webhookOf({ application, token }: InteractionKey): string {
  return `/webhooks/${application}/${encodeURIComponent(token)}`;
}

function contentOf({ components }: RenderedMessage, whispered = false): object {
  return { flags: COMPONENTS_V2 | (whispered ? EPHEMERAL : 0), components, ...NO_MENTIONS };
}

function messageIn(body: unknown): Sent {
  const { id, channel_id: channel } = membersOf(body);
  return isSnowflake(id) && isSnowflake(channel) ? { kind: 'sent', message: id, channel } : NOT_TOLD;
}
