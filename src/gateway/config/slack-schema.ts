import { z } from 'zod';
import { text } from './leaves.js';

/** The Web API's own address. */
export const SLACK_API = 'https://slack.com/api';

export const BOT_TOKEN_WORDS = 'a bot token, such as xoxb-1234-…, or a list of them, one for each workspace';
export const APP_TOKEN_WORDS = 'an app-level token, such as xapp-1-A…';
export const SIGNING_SECRET_WORDS = 'a signing secret of 32 digits and letters a to f';
export const SLACK_ROOT_WORDS = `an https address (http only within a private network) such as ${SLACK_API}`;

const boolean = '`true` or `false`';
const ids = (words: string) => z.array(text(words), { error: `a list such as [${words}]` });

/** The tokens are optional here only: without one a rule says where it is found, and an app that is switched off needs none. */
export const slack = z
  .strictObject(
    {
      bot_token: z
        .union([z.string(), z.array(z.string())], { error: BOT_TOKEN_WORDS })
        .optional()
        .meta({
          description:
            'Of the installed app (xoxb-…); a list for several workspaces. Better not written here: "${SLACK_BOT_TOKEN}".',
        }),
      mode: z.enum(['socket', 'http'], { error: '`socket` or `http`' }).default('socket').meta({
        description:
          'How events come in. socket: over a connection of our own, to one process. http: sent to public_url, for several.',
      }),
      app_token: z.string({ error: APP_TOKEN_WORDS }).optional().meta({
        description: 'For mode socket (xapp-…). Better not written here: "${SLACK_APP_TOKEN}".',
      }),
      signing_secret: z.string({ error: SIGNING_SECRET_WORDS }).optional().meta({
        description: 'For mode http. Better not written here: "${SLACK_SIGNING_SECRET}".',
      }),
      workspaces: ids('T024BE7LD').optional().meta({
        description:
          'The workspaces (T…) or organisations (E…) in which the bot answers; without it, wherever it is installed.',
      }),
      channels: ids('C024BE91L').optional().meta({
        description: 'The channels in which the bot answers; without it, all. Private chats always work.',
      }),
      api_root: text(SLACK_ROOT_WORDS).default(SLACK_API).meta({
        description: 'Where the Web API answers: another address for a proxy of your own.',
      }),
      enabled: z.boolean({ error: boolean }).default(true).meta({ description: 'false: off.' }),
    },
    { error: 'a block with `bot_token` and `app_token`' },
  )
  .meta({ description: 'A Slack app. A Bolt app that mounts the gateway needs no entry.' });
