import { z } from 'zod';
import { text } from './leaves.js';

/** The API's own address; the version is ours to add. */
export const DISCORD_API = 'https://discord.com/api';

export const DISCORD_TOKEN_WORDS = "a bot's token, such as MTk4NjIyNDgzNDcx….….…";
export const DISCORD_ROOT_WORDS = `an https address (http only within a private network) such as ${DISCORD_API}`;

const boolean = '`true` or `false`';
export const ID_WORDS =
  'an id in quotes, such as "81384788765712384" (without them YAML takes it for a number, and loses digits)';
const ids = z.array(text(ID_WORDS), { error: `a list of ids in quotes, such as ["81384788765712384"]` });

/** `token` is optional here only: without it a rule says where it is found, and a bot that is switched off needs none. */
export const discord = z
  .strictObject(
    {
      token: z.string({ error: DISCORD_TOKEN_WORDS }).optional().meta({
        description: 'From the Developer Portal, under Bot. Better not written here: "${DISCORD_BOT_TOKEN}".',
      }),
      mode: z.enum(['gateway', 'http'], { error: '`gateway` or `http`' }).default('gateway').meta({
        description:
          'How commands come in. gateway: over a connection of our own, to one process. http: sent to public_url, for several.',
      }),
      guilds: ids.optional().meta({
        description:
          'The servers (guilds) in which /mcp is registered and answered; without it, wherever the bot is.',
      }),
      channels: ids.optional().meta({
        description: 'The channels in which the bot answers; without it, all. Private chats always work.',
      }),
      api_root: text(DISCORD_ROOT_WORDS).default(DISCORD_API).meta({
        description: 'Where the API answers: another address for a proxy of your own.',
      }),
      commands: z.boolean({ error: boolean }).default(true).meta({
        description: 'false: /mcp is not registered; it has to be there by other means.',
      }),
      enabled: z.boolean({ error: boolean }).default(true).meta({ description: 'false: off.' }),
    },
    { error: 'a block with `token`' },
  )
  .meta({ description: 'A Discord bot. A discord.js client that mounts the gateway needs no entry.' });
