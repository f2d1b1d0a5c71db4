import { z } from 'zod';
import { text } from './leaves.js';

/** The Bot API's own address. */
export const BOT_API = 'https://api.telegram.org';

export const TOKEN_WORDS = "a bot's token, such as 123456789:AA…";
export const TOKEN_SOURCE =
  '@BotFather in Telegram has it: /newbot for a new bot, /mybots → API Token for one that there is.';

export const API_ROOT_WORDS = `an https address (http only within a private network) such as ${BOT_API}`;

const boolean = '`true` or `false`';

/** `token` is optional here only: without it a rule says where it is found, and one that is switched off needs none. */
export const telegram = z
  .strictObject(
    {
      token: z
        .string({ error: TOKEN_WORDS })
        .optional()
        .meta({ description: 'From @BotFather. Better not written here: "${TELEGRAM_BOT_TOKEN}".' }),
      mode: z.enum(['polling', 'webhook'], { error: '`polling` or `webhook`' }).default('polling').meta({
        description:
          'How messages come in. polling: fetched, by one process. webhook: sent to public_url, for several.',
      }),
      api_root: text(API_ROOT_WORDS).default(BOT_API).meta({
        description: 'Where the Bot API answers: another address for a Bot API server of your own.',
      }),
      commands: z.boolean({ error: boolean }).default(true).meta({
        description: "false: /mcp is not put into the bot's command list. Groups then need it there by hand.",
      }),
      enabled: z.boolean({ error: boolean }).default(true).meta({ description: 'false: off.' }),
    },
    { error: 'a block with `token`' },
  )
  .meta({ description: 'A Telegram bot. A grammY bot that mounts the gateway needs no entry.' });
