import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AdapterMemory,
  ChatGateway,
  Delivery,
  MessageRef,
  Recipient,
  Reply,
} from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import { createTakenList, createTakenMarks } from '../common/taken.js';
import { createUnfinished } from '../common/unfinished.js';
import type { DiscordApi } from './connection/api.js';
import { type AccessLists, createAccess } from './incoming/access.js';
import { choicesCallback, noteCallback } from './incoming/callbacks.js';
import { createInbox, type Inbox } from './incoming/inbox.js';
import { readInteraction, readKeyOf } from './incoming/read-interaction.js';
import { readMessage } from './incoming/read-message.js';
import { createDirect } from './outgoing/direct.js';
import { createOutbox, type Outbox } from './outgoing/outbox.js';
import { createPostman } from './outgoing/postman.js';
import { renderReply } from './outgoing/render.js';
import { createTokens, type Tokens } from './outgoing/tokens.js';
import { createTurns } from './outgoing/turns.js';
import { discordId, readConversation, readKey } from './refs.js';
import { EXPIRED_BUTTON, INTERRUPTED, ONLY_MCP } from './sentences.js';
import type { Callback, Inbound, Interaction } from './types.js';

export interface ChatParts {
  readonly api: DiscordApi;
  /** No other process serves the bot, unless the gateway has replicas. */
  readonly single: boolean;
  /** The bot serves the gateway alone: what is no command gets an answer too. */
  readonly alone: boolean;
  readonly access: AccessLists;
  readonly now: () => number;
  readonly log: Log;
}

const CLOSE_WITHIN_MS = 3_000;

type Text = Extract<Inbound, { readonly kind: 'text' }>;

/** The gateway's chat in Discord, however its events come in. */
export interface Chat {
  open(gateway: ChatGateway): void;
  /** An interaction, of whatever kind. What comes back is its first answer; undefined: that goes its own way. */
  readonly interaction: (payload: unknown) => Promise<Callback | undefined>;
  /** The same, where the first answer has to be sent. Never rejects. */
  readonly answer: (payload: unknown) => Promise<void>;
  /** A message, of whatever kind. `bot`: the bot's user id. */
  readonly message: (payload: unknown, bot: string) => Promise<void>;
  readonly send: (to: Recipient, reply: Reply) => Promise<Delivery>;
  readonly update: (message: MessageRef, reply: Reply) => Promise<Delivery>;
  readonly remove: (message: MessageRef) => Promise<boolean>;
  readonly chatUrl: (to: Recipient) => string | undefined;
  /** Takes nothing more, and lets what is under way end, for a while. */
  close(): Promise<void>;
}

export function createChat({ api, single, alone, access, now, log }: ChatParts): Chat {
  const box = createOutbox(api);
  let gateway: ChatGateway | undefined;
  let inbox: Inbox | undefined;
  let tokens: Tokens | undefined;
  const outbox = (): Outbox | undefined => (gateway === undefined ? undefined : box);
  const memory = (): AdapterMemory => {
    if (gateway === undefined) throw new Error('The Discord chat is not open.');
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
  const direct = createDirect();
  const turns = createTurns({ outbox, tokens: () => tokens, unfinished, now, log });
  const postman = createPostman({ outbox, memory, tokens: () => tokens, turns, direct, now, log });

  async function interaction(payload: unknown): Promise<Callback | undefined> {
    const read: Interaction | undefined = readInteraction(payload);
    if (read !== undefined) return inbox?.interaction(read);
    return alone && inbox !== undefined ? dismissal(readKeyOf(payload)?.type) : undefined;
  }

  return {
    open(opened) {
      gateway = opened;
      tokens = createTokens({ memory: opened.memory, single: isSingle(), now, log });
      const taken = isSingle() ? createTakenList(opened.memory, log) : createTakenMarks(opened.memory, log);
      void unfinished.recover(ending.signal);
      const parts = {
        gateway: opened,
        outbox,
        postman,
        turns,
        direct,
        taken,
        access: createAccess(access),
        now,
        log,
      };
      inbox = createInbox(parts);
    },
    interaction,
    async answer(payload) {
      try {
        const callback = await interaction(payload);
        const key = callback && readKeyOf(payload);
        const taken = key && (await box.callback(key, callback));
        if (typeof taken === 'object') log.debug({ refusal: taken.kind }, 'Discord took no first answer');
      } catch (error) {
        log.warn({ error }, 'an interaction could not be answered');
      }
    },
    async message(payload, bot) {
      const text: Text | undefined = readMessage(payload, { user: bot });
      if (text !== undefined && (alone || text.words !== undefined)) await inbox?.text(text);
    },
    send: postman.send,
    update: postman.update,
    remove: postman.remove,
    chatUrl: ({ actor, conversation: ref }) => {
      const user = discordId(actor);
      const place = ref && readConversation(ref)?.place;
      if (user === undefined) return undefined;
      if (place?.kind === 'guild' && place.guild !== undefined) return channelUrl(place.guild, place.channel);
      const channel = place?.channel ?? direct.channelOf(user);
      return channel === undefined ? undefined : channelUrl('@me', channel);
    },
    async close() {
      ending.abort();
      const settled = Promise.all([inbox?.settled(), tokens?.flush()]);
      await Promise.race([settled, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      inbox = undefined;
      gateway = undefined;
    },
  };
}

function channelUrl(guild: string, channel: string): string {
  return `https://discord.com/channels/${guild}/${channel}`;
}

/** Of a command, button or form that is not ours, or no longer: whoever used it must not wait for nothing. */
function dismissal(type: number | undefined): Callback | undefined {
  switch (type) {
    case 2:
      return noteCallback(ONLY_MCP);
    case 3:
    case 5:
      return noteCallback(EXPIRED_BUTTON);
    case 4:
      return choicesCallback([]);
    default:
      return undefined;
  }
}

/** "Thinking…" that a former process left. */
async function tellInterrupted(outbox: Outbox | undefined, ref: MessageRef): Promise<boolean> {
  if (outbox === undefined) return false;
  const key = readKey(ref.key);
  if (key === undefined) return true;
  const content = renderReply({ title: '', lines: [{ cells: [INTERRUPTED] }], actions: [] });
  await outbox.editByToken({ key, original: true }, '', content);
  return true;
}
