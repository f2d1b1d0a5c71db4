import { membersOf } from '../../common/payload.js';
import type { Installation, Installations } from '../connection/installations.js';
import type { Patience, WebApi } from '../connection/web-api.js';
import { isId, isTs } from '../refs.js';
import { isTokenRefusal, SlackRefusal, TokenRefusedError } from './failures.js';
import type { RenderedMessage } from './render.js';

type Members = { readonly [name: string]: unknown };

/** A refusal, in Slack's own word for it. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

/** The calls that this adapter makes. A refusal is a value; what is to be tried later is thrown. */
export interface Outbox {
  /** Everybody in the channel sees it: for DMs. */
  post(
    by: Installation,
    place: Place,
    message: RenderedMessage,
  ): Promise<{ readonly kind: 'sent'; readonly ts: string } | Refused>;
  edit(
    by: Installation,
    channel: string,
    ts: string,
    message: RenderedMessage,
  ): Promise<{ readonly kind: 'sent' } | Refused>;
  /** Takes away what the bot said. */
  remove(by: Installation, channel: string, ts: string): Promise<{ readonly kind: 'sent' } | Refused>;
  /** Only `user` sees it, until their client reloads. */
  whisper(
    by: Installation,
    place: Place,
    user: string,
    message: RenderedMessage,
  ): Promise<{ readonly kind: 'sent' } | Refused>;
  /** Through a response_url: a new message for the person alone, or in place of the one whose button gave the URL. */
  respond(
    url: string,
    message: RenderedMessage,
    options: { readonly replace: boolean; readonly thread?: string | undefined },
  ): Promise<{ readonly kind: 'sent' } | Refused>;
  /** The DM with this person. */
  openDm(
    by: Installation,
    user: string,
  ): Promise<{ readonly kind: 'dm'; readonly channel: string } | Refused>;
  openModal(by: Installation, triggerId: string, view: Members): Promise<{ readonly kind: 'sent' } | Refused>;
  userInfo(by: Installation, user: string): Promise<unknown>;
}

export interface Place {
  readonly channel: string;
  readonly thread?: string | undefined;
}

/** A trigger lives three seconds. */
const FOR_A_MODAL: Patience = { withinMs: 2_900, tries: 1 };
/** Somebody waits for an answer, and their name is only a nicety. */
const FOR_A_NAME: Patience = { withinMs: 2_000, tries: 1 };

/** @throws {TokenRefusedError | SlackUnavailableError} */
export function createOutbox(api: WebApi, installations: Installations): Outbox {
  async function call(
    by: Installation,
    method: string,
    params: Members,
    patience?: Patience,
  ): Promise<Members | Refused> {
    if (installations.isRefused(by))
      throw new TokenRefusedError(`Slack refused the token of ${by.name} before.`);
    try {
      return await api.call(method, by.token, params, patience);
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      if (!isTokenRefusal(error.reason)) return refused(error.reason);
      installations.refuse(by);
      throw new TokenRefusedError(`Slack refuses the token of ${by.name} (${error.reason} at ${method}).`);
    }
  }

  async function sent(
    by: Installation,
    method: string,
    params: Members,
    patience?: Patience,
  ): Promise<{ readonly kind: 'sent' } | Refused> {
    const answer = await call(by, method, params, patience);
    return isRefused(answer) ? answer : SENT;
  }

  return {
    async post(by, place, message) {
      const answer = await call(by, 'chat.postMessage', {
        ...placeOf(place),
        ...contentOf(message),
        ...NO_PREVIEW,
      });
      if (isRefused(answer)) return answer;
      return isTs(answer.ts) ? { kind: 'sent', ts: answer.ts } : refused('no ts in the answer');
    },
    edit: (by, channel, ts, message) => sent(by, 'chat.update', { channel, ts, ...contentOf(message) }),
    remove: (by, channel, ts) => sent(by, 'chat.delete', { channel, ts }),
    whisper: (by, place, user, message) =>
      sent(by, 'chat.postEphemeral', { ...placeOf(place), user, ...contentOf(message) }),

    async respond(url, message, { replace, thread }) {
      const how = { response_type: 'ephemeral', replace_original: replace };
      try {
        const taken = await api.respond(url, { ...how, ...contentOf(message), ...threadOf(thread) });
        return taken ? SENT : refused('used_url');
      } catch (error) {
        if (error instanceof SlackRefusal) return refused(error.reason);
        throw error;
      }
    },

    async openDm(by, user) {
      const answer = await call(by, 'conversations.open', { users: user });
      if (isRefused(answer)) return answer;
      const { id } = membersOf(answer.channel);
      return isId(id) ? { kind: 'dm', channel: id } : refused('no channel in the answer');
    },
    openModal: (by, triggerId, view) => sent(by, 'views.open', { trigger_id: triggerId, view }, FOR_A_MODAL),
    userInfo: (by, user) => call(by, 'users.info', { user }, FOR_A_NAME),
  };
}

const SENT = { kind: 'sent' } as const;
/** A link in a message must not be fetched by anybody but the person (threat 2). */
const NO_PREVIEW = { unfurl_links: false, unfurl_media: false } as const;

const refused = (reason: string): Refused => ({ kind: 'refused', reason });

/** Slack's answers say `ok`. */
function isRefused(answer: Members | Refused): answer is Refused {
  return answer.kind === 'refused' && !('ok' in answer);
}

function contentOf({ text, blocks }: RenderedMessage) {
  return { text, blocks };
}

function placeOf({ channel, thread }: Place) {
  return { channel, ...threadOf(thread) };
}

function threadOf(thread: string | undefined) {
  return thread === undefined ? {} : { thread_ts: thread };
}
