import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from 'grammy';
import type {
  AdapterMemory,
  ChatGateway,
  ConversationRef,
  Delivery,
  MessageRef,
  Recipient,
  Reply,
} from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Taken } from '../common/taken.js';
import { createUnfinished } from '../common/unfinished.js';
import { createInbox, type Inbox } from './incoming/inbox.js';
import { chatUrlOf, confirmUrlOf } from './incoming/start-links.js';
import { removeOldQuestions } from './keys/old-questions.js';
import { TelegramUnavailableError } from './outgoing/failures.js';
import { createOutbox, type Outbox } from './outgoing/outbox.js';
import { createPostman } from './outgoing/postman.js';
import { createTurns, readSign } from './outgoing/turns.js';
import { readConversation, showsEphemeral, telegramId } from './refs.js';
import { INTERRUPTED } from './sentences.js';

export interface ChatParts {
  /** The bot serves the gateway alone. */
  readonly alone: boolean;
  /** No other process serves the bot, unless the gateway has replicas. */
  readonly single: boolean;
  /** Undefined: not known yet. */
  readonly api: () => Api | undefined;
  readonly me: () => { readonly id: number; readonly username: string } | undefined;
  readonly createTaken: (memory: AdapterMemory, single: boolean) => Taken;
  readonly now: () => number;
  readonly log: Log;
}

const CLOSE_WITHIN_MS = 3_000;
/** At a time. */
const MOST_ANSWERS = 200;

/** The gateway's chat in Telegram, however its updates come in. */
export interface Chat {
  open(gateway: ChatGateway): void;
  /** True: the update is the gateway's, and nobody else's. */
  take(update: unknown): Promise<boolean>;
  readonly send: (to: Recipient, reply: Reply) => Promise<Delivery>;
  readonly update: (message: MessageRef, reply: Reply) => Promise<Delivery>;
  readonly remove: (message: MessageRef) => Promise<boolean>;
  readonly chatUrl: (to: Recipient) => string | undefined;
  readonly confirmUrl: (to: Recipient) => string | undefined;
  readonly hears: (conversation: ConversationRef) => boolean;
  /** Takes nothing more, and lets what is under way end, for a while. */
  close(): Promise<void>;
}

export function createChat({ alone, single, api, me, createTaken, now, log }: ChatParts): Chat {
  let gateway: ChatGateway | undefined;
  let inbox: Inbox | undefined;
  let open: { readonly api: Api; readonly outbox: Outbox } | undefined;

  /** Made once for each API: undefined before the start, after the stop, and while there is no API. */
  const outbox = (): Outbox | undefined => {
    const now = gateway === undefined ? undefined : api();
    if (now === undefined) return undefined;
    if (open?.api !== now) open = { api: now, outbox: createOutbox(now) };
    return open.outbox;
  };
  /** What is to be said until then is not over, but to be tried again. @throws TelegramUnavailableError */
  const connected = (): Outbox | undefined => {
    const found = outbox();
    if (found !== undefined || gateway === undefined) return found;
    throw new TelegramUnavailableError('The bot that this is mounted into has not received anything yet.');
  };
  const memory = (): AdapterMemory => {
    if (gateway === undefined) throw new Error('The Telegram chat is not open.');
    return gateway.memory;
  };
  const isSingle = (): boolean => single && gateway?.inTurn === undefined;
  const unfinished = createUnfinished({
    memory,
    tell: (ref) => tellInterrupted(outbox(), ref),
    single: isSingle,
    log,
  });
  const ending = new AbortController();
  const turns = createTurns(outbox, unfinished, log);
  const username = (): string | undefined => me()?.username;
  const postman = createPostman({ outbox: connected, memory, turns, username, now, log });

  let answering = 0;
  /** A press is answered at once; that it is too old by now changes nothing. Nobody else waits behind a flood of made-up ones. */
  const answer = (queryId: string, alert?: string): void => {
    if (answering >= MOST_ANSWERS) return;
    answering += 1;
    const shown = alert === undefined ? {} : { text: alert, show_alert: true };
    Promise.resolve(api()?.raw.answerCallbackQuery({ callback_query_id: queryId, ...shown }))
      .catch(() => log.debug({}, 'a button press could not be answered'))
      .finally(() => {
        answering -= 1;
      });
  };

  return {
    open(opened) {
      gateway = opened;
      const taken = createTaken(opened.memory, isSingle());
      void unfinished.recover(ending.signal);
      void removeOldQuestions({ memory, remove: postman.remove, log }, ending.signal);
      inbox = createInbox({ gateway: opened, outbox, postman, turns, taken, me, answer, alone, now, log });
    },
    take: async (update) => (await inbox?.take(update)) ?? false,
    send: postman.send,
    update: postman.update,
    remove: postman.remove,
    chatUrl(to) {
      const username = me()?.username;
      if (username === undefined || telegramId(to.actor) === undefined) return undefined;
      return groupUrl(to) ?? chatUrlOf(username);
    },
    confirmUrl(to) {
      const username = me()?.username;
      return username === undefined || telegramId(to.actor) === undefined
        ? undefined
        : confirmUrlOf(username);
    },
    // Beside a host's own purposes, words without a command are the host's.
    hears: (conversation) => alone && readConversation(conversation)?.place.kind === 'private',
    async close() {
      ending.abort();
      await Promise.race([inbox?.settled(), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      inbox = undefined;
      gateway = undefined;
    },
  };
}

/** Of a message that was pressed, the buttons are back: they can be pressed again. */
async function tellInterrupted(outbox: Outbox | undefined, ref: MessageRef): Promise<boolean> {
  if (outbox === undefined) return false;
  const sign = readSign(ref);
  if (sign?.had !== undefined) await outbox.buttons(sign.message, sign.had);
  else if (sign !== undefined) await outbox.edit(sign.message, { text: INTERRUPTED, keyboard: [], kept: [] });
  return true;
}

/** A supergroup's messages have addresses that open for its members; a number beyond the last one leads to the end. */
const LAST_MESSAGE = 999_999_999;

function groupUrl({ conversation: ref }: Recipient): string | undefined {
  const conversation = ref && readConversation(ref);
  // What is answered in the private chat leads back there.
  if (conversation?.place.kind !== 'group' || !showsEphemeral(conversation)) return undefined;
  const { chat, topic } = conversation.place;
  const supergroup = /^-100(\d+)$/.exec(String(chat))?.[1];
  if (supergroup === undefined) return undefined;
  return `https://t.me/c/${supergroup}/${topic === undefined ? LAST_MESSAGE : `${topic}/${LAST_MESSAGE}`}`;
}
