import { Bot } from 'grammy';
import type { ChatAdapter } from '../../gateway/types.js';
import { type Log, silentLog } from '../../observability/log.js';
import { patient } from './api.js';
import { createChat } from './chat.js';
import { registerCommands } from './command-list.js';
import { createPolling } from './polling.js';
import { createReach } from './reach.js';
import { createSender } from './sender.js';
import { createTakenList, createTakenMarks } from './taken.js';
import { createWebhook } from './webhook.js';

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
}

/** Longer than a long poll; what is sent has a deadline of its own. */
const REQUEST_SECONDS = 60;

/** A bot of the gateway's own, by long polling or webhook. */
export function createTelegramAdapter(options: TelegramOptions): ChatAdapter {
  const { token, apiRoot, mode, publicUrl, log = silentLog, now = Date.now } = options;
  const sender = createSender();
  const bot = new Bot(token, { client: { apiRoot, timeoutSeconds: REQUEST_SECONDS, fetch: sender.fetch } });
  const reach = createReach(now);
  bot.api.config.use(reach.transformer, patient());
  const chat = createChat({
    alone: true,
    api: () => bot.api,
    me: () => (bot.isInited() ? bot.botInfo : undefined),
    createTaken: (memory) =>
      mode === 'polling' ? createTakenList(memory, log) : createTakenMarks(memory, log),
    now,
    log,
  });
  bot.use(async (ctx) => {
    await chat.take(ctx.update);
  });
  // The error that grammY wraps: the wrapping holds the whole update and the token.
  bot.catch(({ error }) => log.error({ error }, 'an update could not be taken'));

  async function announce(): Promise<void> {
    if (!options.commands) return;
    try {
      await registerCommands(bot.api.raw, log);
    } catch (error) {
      log.warn({ error }, 'the bot’s command list could not be brought up to date; /mcp works without it');
    }
  }

  const parts = { bot, reach, connected: () => void announce(), log };
  const take = async (update: unknown): Promise<void> => void (await chat.take(update));
  const transport = mode === 'polling' ? createPolling(parts) : createWebhook({ ...parts, publicUrl, take });

  return {
    platform: 'telegram',
    async start(gateway) {
      chat.open(gateway);
      transport.start();
    },
    send: chat.send,
    update: chat.update,
    async stop() {
      await transport.stop();
      await chat.close();
      await sender.close();
    },
    ...(transport.http === undefined ? {} : { http: transport.http }),
    remove: chat.remove,
    forms: !options.reachable,
    chatUrl: chat.chatUrl,
    confirmUrl: chat.confirmUrl,
    trouble: reach.trouble,
  };
}
