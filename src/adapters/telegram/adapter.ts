import { Api } from 'grammy';
import type { AdapterMemory, ChatAdapter } from '../../gateway/types.js';
import { type Log, silentLog } from '../../observability/log.js';
import type { PauseLengths } from '../common/pauses.js';
import { createTakenList, createTakenMarks } from '../common/taken.js';
import { createChat } from './chat.js';
import { openApi } from './connection/api.js';
import { createTelegramSender, grammyFetch } from './connection/grammy-fetch.js';
import { createPolling } from './connection/polling.js';
import { createReach } from './connection/reach.js';
import type { Me } from './connection/transport.js';
import { createWebhook } from './connection/webhook.js';
import { placeOf } from './refs.js';
import { registerCommands } from './setup/command-list.js';

export interface TelegramOptions {
  readonly token: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly mode: 'polling' | 'webhook';
  /** Where browsers and Telegram reach this gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** False: links lead to this machine alone, so keys are asked for in the private chat. */
  readonly reachable: boolean;
  /** Whether `/mcp` is put into the bot's command list. */
  readonly commands: boolean;
  readonly log?: Log;
  readonly now?: () => number;
  /** Between tries to receive updates. @default 2 s, then ever longer, up to a minute */
  readonly pauses?: PauseLengths;
  /** Between two looks whether the webhook is still set. @default 5 min */
  readonly webhookLookEveryMs?: number;
  /** How long a call that sends is tried again. @default 25 s */
  readonly sendWithinMs?: number;
}

function lookingEvery({ webhookLookEveryMs: lookEveryMs }: TelegramOptions): {
  readonly lookEveryMs?: number;
} {
  return lookEveryMs === undefined ? {} : { lookEveryMs };
}

/** Longer than a long poll. */
const POLL_WITHIN_SECONDS = 60;

/** A bot of the gateway's own, by long polling or webhook. */
export function createTelegramAdapter(options: TelegramOptions): ChatAdapter {
  const { token, apiRoot, mode, publicUrl, log = silentLog, now = Date.now } = options;
  const sender = createTelegramSender();
  const reach = createReach({ log, now, ...(options.pauses && { pauses: options.pauses }) });
  const ending = new AbortController();
  const client = { apiRoot, fetch: grammyFetch(sender) };
  const sending = openApi(token, client, {
    ending: ending.signal,
    watch: reach.transformer,
    ...(options.sendWithinMs === undefined ? {} : { withinMs: options.sendWithinMs }),
  });
  const receiving = new Api(token, { ...client, timeoutSeconds: POLL_WITHIN_SECONDS });
  receiving.config.use(reach.transformer);
  let me: Me | undefined;
  let memory: AdapterMemory | undefined;
  const chat = createChat({
    alone: true,
    single: mode === 'polling',
    api: () => sending,
    me: () => me,
    createTaken: (memory, single) => (single ? createTakenList(memory, log) : createTakenMarks(memory, log)),
    now,
    log,
  });

  async function announce(): Promise<void> {
    if (!options.commands || memory === undefined) return;
    try {
      await registerCommands(sending.raw, memory, log);
    } catch (error) {
      log.warn({ error }, 'the bot’s command list could not be brought up to date; /mcp works without it');
    }
  }

  function connected(known: Me): void {
    if (me === undefined) void announce();
    me = known;
  }

  const take = async (update: unknown): Promise<void> => void (await chat.take(update));
  const parts = { api: receiving, token, reach, connected, take, log };
  const transport =
    mode === 'polling'
      ? createPolling(parts)
      : createWebhook({ ...parts, publicUrl, ...lookingEvery(options) });

  return {
    platform: 'telegram',
    async start(gateway) {
      memory = gateway.memory;
      chat.open(gateway);
      transport.start(gateway.inTurn);
    },
    send: chat.send,
    update: chat.update,
    async stop() {
      await transport.stop();
      await chat.close();
      reach.close();
      ending.abort();
      await sender.close();
    },
    ...(transport.http === undefined ? {} : { http: transport.http }),
    remove: chat.remove,
    forms: !options.reachable,
    place: placeOf,
    chatUrl: chat.chatUrl,
    confirmUrl: chat.confirmUrl,
    hears: chat.hears,
    trouble: reach.trouble,
  };
}
