import { z } from 'zod';
import { discord } from './discord-schema.js';
import { text } from './leaves.js';
import { limits, trustedProxies } from './limits-schema.js';
import { serverBlock } from './server-schema.js';
import { slack } from './slack-schema.js';
import { telegram } from './telegram-schema.js';

/** The YAML's words. What needs more than one value to judge, or deserves a remedy of its own, is in `rules.ts`. */
const address = 'a host and a port, such as 127.0.0.1:8787';
const accounts = 'a list of accounts such as telegram:123456789, or of names from `people`';
const account = 'an account such as telegram:123456789, or a name from `people`';
const group =
  'a group such as telegram:-1001234567890, slack:T024BE7LD/C024BE91L or discord:81384788765712384/*';
const groups = `\`true\`, \`false\`, or a list: ${group}`;
const retention = 'a time such as `90d`, from 1h to 3650d, or `off`';
const lifetime = 'a time such as `10m`, `90s` or `1h`, from 1s to 24h (a bare number is seconds)';

const localListen = z
  .union(
    [
      text(address),
      z.strictObject(
        {
          address: text(address).meta({ description: 'Host and port.' }),
          token: text('text of at least 16 characters')
            .min(16, { error: 'text of at least 16 characters' })
            .optional()
            .meta({ description: 'Needed beyond loopback. Better not written here: "${NAME}".' }),
        },
        { error: 'a block with `address` and `token`' },
      ),
    ],
    { error: `${address}, or a block with \`address\` and \`token\`` },
  )
  .default('127.0.0.1:8788')
  .meta({
    description: 'Where the local pages (web chat) answer. Beyond loopback only as { address, token }.',
  });

const PLACE =
  '`file:FOLDER`, such as file:./state, `memory`, or the URL of a Redis or PostgreSQL (redis://…, postgres://…)';
const storage = z
  .union(
    [
      text(PLACE),
      z.strictObject(
        {
          url: text(PLACE).meta({ description: 'As without a block.' }),
          prefix: text('a text such as `gateway:`').optional().meta({
            description:
              'What the names of all keys, or tables, begin with, where several gateways keep apart on one server.',
          }),
        },
        { error: 'a block with `url` and `prefix`' },
      ),
    ],
    { error: `${PLACE}; or a block with \`url\` and \`prefix\`` },
  )
  .default('file:./state')
  .meta({
    description:
      "file:FOLDER (relative to the config file's folder), memory (all is lost at the end), or redis://, rediss:// or postgres:// for gateways that share it (docs/scaling.md).",
  });

const access = z
  .strictObject(
    {
      users: z
        .union(
          [
            z.literal('*', { error: `${accounts}; or "*" for anyone` }),
            z.array(text(account), { error: accounts }),
          ],
          { error: `${accounts}; or "*" for anyone` },
        )
        .default([])
        .meta({
          description:
            'Who may use /mcp: accounts, names from people, slack:T024BE7LD/* for everybody of a workspace, telegram:* for anyone there, or "*" for anyone.',
        }),
      admins: z.array(text(account), { error: accounts }).default([]).meta({
        description:
          'Who may also see everyone, sign in to shared servers and reload. The terminal always may.',
      }),
      groups: z
        .union([z.boolean({ error: groups }), z.array(text(group), { error: groups })], { error: groups })
        .default(true)
        .meta({
          description:
            'Whether /mcp is answered in groups and channels: true, false (private chats alone), or a list of them.',
        }),
    },
    { error: 'a block with `users` and `admins`' },
  )
  .prefault({})
  .meta({ description: 'Who may use the bot. Without it: nobody but the terminal of this machine.' });

const people = z
  .record(
    z.string(),
    z.array(text('an account such as telegram:123456789'), {
      error: 'a list of accounts such as telegram:123456789',
    }),
    { error: 'a block of names, each with a list of accounts' },
  )
  .default({})
  .meta({ description: "Joins one person's accounts on several platforms, so that they sign in once." });

const SEALING_KEY = 'text of at least 32 characters, or a list of such texts';
const sealingKey = text(SEALING_KEY).min(32, { error: SEALING_KEY });

const security = z
  .strictObject(
    {
      confirm: z.enum(['auto', 'always'], { error: '`auto` or `always`' }).default('auto').meta({
        description:
          'When a sign-in asks for six digits in the chat: auto (another browser came back) or always.',
      }),
      sign_in_lifetime: z
        .union([text(lifetime), z.number({ error: lifetime })], { error: lifetime })
        .default('10m')
        .meta({ description: 'How long a sign-in link works: 10m, 90s, 1h, or seconds.' }),
      allow_private_hosts: z
        .array(text('a host name or an address'), { error: 'a list of host names or addresses' })
        .default([])
        .meta({ description: 'Hosts on private addresses that the sign-in of a public server may lead to.' }),
      encryption_key: z
        .union([sealingKey, z.array(sealingKey, { error: SEALING_KEY }).min(1, { error: SEALING_KEY })], {
          error: SEALING_KEY,
        })
        .optional()
        .meta({
          description:
            'Seals what is stored; else a key file is made in the state folder. Of a list the first seals, all open. Use "${NAME}".',
        }),
    },
    { error: 'a block with `confirm` and the like' },
  )
  .prefault({})
  .meta({ description: 'How sign-ins are guarded and records are sealed.' });

const web = z
  .strictObject(
    {
      enabled: z.boolean({ error: '`true` or `false`' }).default(true).meta({ description: 'false: off.' }),
      people: z
        .array(text('a name such as ana'), { error: 'a list of names such as [ana, ben]' })
        .optional()
        .meta({
          description: 'Names that a visitor may pick from (web:ana); else each browser is one person.',
        }),
    },
    { error: 'a block; an empty one, `{}`, will do' },
  )
  .meta({ description: 'The chat page at /chat on local_listen, for this machine.' });

export const configSchema = z
  .strictObject(
    {
      mcp_servers: z
        .record(z.string(), serverBlock, { error: 'a block of servers by name' })
        .default({})
        .meta({ description: 'The servers by name: letters, digits, _ and -, at most 32.' }),
      public_url: text('an https URL (http only to this machine)').optional().meta({
        description:
          "Where browsers reach `listen` from outside, such as https://mcp.example.com; without it, people elsewhere send the address of a sign-in's last page, or type a code.",
      }),
      listen: text(address).default('127.0.0.1:8787').meta({
        description: 'Where the public pages (sign-in) answer; put your https proxy or tunnel in front.',
      }),
      local_listen: localListen,
      storage,
      access,
      people,
      security,
      limits,
      trusted_proxies: trustedProxies,
      audit: z
        .strictObject(
          {
            retention: text(retention).default('90d').meta({
              description: 'How long it is kept who did what: days or hours, such as 90d; off: no audit.',
            }),
          },
          { error: 'a block with `retention`' },
        )
        .prefault({})
        .meta({ description: 'What /mcp audit and `mcp-chat-gateway audit` show.' }),
      platforms: z
        .strictObject(
          {
            telegram: telegram.optional(),
            slack: slack.optional(),
            discord: discord.optional(),
            web: web.optional(),
          },
          { error: 'a block of platforms such as `web: {}`' },
        )
        .prefault({})
        .meta({ description: 'The chats. The terminal needs no entry.' }),
      log: z
        .strictObject(
          {
            level: z
              .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
                error: '`trace`, `debug`, `info`, `warn`, `error` or `silent`',
              })
              .default('info')
              .meta({ description: 'The least that is logged. No level ever logs a secret.' }),
          },
          { error: 'a block with `level`' },
        )
        .prefault({})
        .meta({ description: 'The log goes to standard error.' }),
    },
    { error: 'a block of keys such as `mcp_servers:`' },
  )
  .meta({ title: 'mcp-chat-gateway config', description: 'The config of mcp-chat-gateway (config.yaml).' });

/** The config as written, with defaults filled in and all types right. */
export type ConfigWords = z.output<typeof configSchema>;
