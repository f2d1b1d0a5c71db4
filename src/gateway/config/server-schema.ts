import { z } from 'zod';
import { allUnused, scalar, scalarMap, seconds, text } from './leaves.js';
import type { ConfigPath } from './mistakes.js';
import { oauthBlock } from './oauth-schema.js';

/**
 * The words of a `mcp_servers` entry: the block that existing agents use, unchanged.
 */
const toolNames = (what: string) => {
  const allowed = 'a tool name, or a list of tool names (`*` stands for any text)';
  return z.union([text(allowed), z.array(text(allowed), { error: allowed })], { error: allowed }).meta({
    description: `${what}: one name or a list; \`*\` stands for any text, capitals and small letters count.`,
  });
};

const ALLOWED = 'an account such as telegram:123456789, or a name from `people`';

export const UNUSED_SERVER_KEYS = [
  'ssl_verify',
  'client_cert',
  'client_key',
  'protocol',
  'supports_parallel_tool_calls',
  'skip_preflight',
  'keepalive_interval',
  'idle_timeout_seconds',
  'max_lifetime_seconds',
  'lifecycle',
  'sampling',
  'elicitation',
  'trust',
] as const;
export const UNUSED_TOOLS_KEYS = ['resources', 'prompts'] as const;
const tools = z
  .strictObject(
    {
      include: toolNames('Only these tools').optional(),
      exclude: toolNames('All tools but these; include wins').optional(),
      ...allUnused(UNUSED_TOOLS_KEYS),
    },
    { error: 'a block with `include` or `exclude`' },
  )
  .meta({ description: 'Which of its tools are offered.' });

/** `streamable-http` is what the specification calls the transport that configs call `http`. */
export const TRANSPORTS = ['http', 'sse', 'streamable-http', 'streamable_http', 'stdio'] as const;

export const serverBlock = z
  .strictObject(
    {
      url: text('an http or https URL, such as https://mcp.example.com/mcp').optional().meta({
        description: 'Where the server answers. A server has either this or `command`.',
      }),
      transport: z.enum(TRANSPORTS, { error: '`http` or `sse`' }).optional().meta({
        description: 'http (the default for a url) or sse. `streamable-http` is read as http.',
      }),
      auth: z
        .enum(['oauth', 'client_credentials'], { error: '`oauth` or `client_credentials`, or no such key' })
        .optional()
        .meta({
          description:
            'oauth: people sign in. client_credentials: the gateway itself does, as a service account for everyone. Without it, the keys in headers or what the server asks for decide.',
        }),
      oauth: oauthBlock.optional(),
      headers: scalarMap('a block of `Name: value` lines', 'text').optional().meta({
        description:
          'Sent with each request. A "${NAME}" that the environment lacks is a key that people are asked for; beside `auth` it has to be set.',
      }),
      command: text('text: the program to run').optional().meta({
        description:
          'A program on this machine that speaks MCP over stdio. A server has either this or `url`.',
      }),
      args: z
        .array(scalar('text'), { error: 'a list, such as ["-y", "some-server"]' })
        .optional()
        .meta({ description: 'Arguments of `command`.' }),
      env: scalarMap('a block of `NAME: value` lines', 'text').optional().meta({
        description:
          'Environment of `command`. A "${NAME}" that our environment lacks is a key that people are asked for.',
      }),
      cwd: text('a folder').optional().meta({
        description: "Folder in which `command` runs; relative to the config file's folder.",
      }),
      enabled: z.boolean({ error: '`true` or `false`' }).default(true).meta({
        description: 'false: stays in the list as disabled, and is never contacted.',
      }),
      timeout: seconds('a number of seconds above 0, up to 86400, such as 60').default(60).meta({
        description: 'Seconds that one request may take.',
      }),
      connect_timeout: seconds('a number of seconds above 0, up to 86400, such as 30').default(30).meta({
        description: 'Seconds that connecting may take.',
      }),
      tools: tools.optional(),
      credentials: z
        .enum(['personal', 'shared'], { error: '`personal` or `shared`' })
        .default('personal')
        .meta({
          description: 'personal: each person signs in. shared: an admin signs in for everyone.',
        }),
      allow: z
        .array(text(ALLOWED), { error: `a list: ${ALLOWED}` })
        .optional()
        .meta({
          description:
            'For whom this server is there, besides admins: accounts, names from people, slack:T024BE7LD/*, telegram:*. Without it: for all who may use /mcp. To others it does not exist.',
        }),
      ...allUnused(UNUSED_SERVER_KEYS),
    },
    { error: 'a block with `url` or `command`' },
  )
  .meta({ description: 'A server, in the block that existing agents use: either `url` or `command`.' });

export type ServerBlock = z.output<typeof serverBlock>;

/** Where scalars are text whatever they look like: `PORT: 8080`, `client_id: 12345678901234567890`. */
export function isText(path: ConfigPath): boolean {
  const [block, , part, key] = path;
  if (block !== 'mcp_servers' || path.length !== 4) return false;
  if (part === 'headers' || part === 'env' || part === 'args') return true;
  return part === 'oauth' && key !== 'timeout' && key !== 'redirect_port' && key !== 'cimd';
}
