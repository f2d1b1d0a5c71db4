import { discordWarnings } from './discord-warnings.js';
import type { ConfigPath, Finding } from './mistakes.js';
import { UNUSED_OAUTH_KEYS } from './oauth-schema.js';
import { openUsers } from './people-rules.js';
import { type ConfigMap, type ConfigValue, has, listOf, mapOf, placeKey, type Reading } from './reading.js';
import { UNUSED_SERVER_KEYS, UNUSED_TOOLS_KEYS } from './server-schema.js';
import { slackWarnings } from './slack-warnings.js';
import { telegramWarnings } from './telegram-warnings.js';
import { urlTroubles } from './values.js';

type Block = Readonly<ConfigMap>;

function peopleWarnings(root: Block): readonly Finding[] {
  const access = mapOf(root.access);
  const open = openUsers(access);
  if (open !== undefined) {
    const there = open === '*' ? '' : ' there';
    return [
      {
        path: ['access', 'users'],
        found: `"${open}": anyone who reaches the bot${there} may use it`,
        allowed: 'a list of accounts and names, where only some should',
        remedy: 'Each sign-in will ask for a code in the chat; list people to let only those in.',
      },
    ];
  }
  if (listOf(access.users).length + listOf(access.admins).length > 0) return [];
  return Object.entries(mapOf(root.platforms))
    .filter(([, chat]) => mapOf(chat).enabled !== false)
    .map(([platform]) => ({
      path: ['platforms', platform],
      at: 'key',
      found: 'a chat that nobody may use: `access` lists nobody',
      allowed: 'people in `access.users` or `access.admins`',
      remedy: 'Send /mcp there, and add the id that it answers with to `access.users`.',
    }));
}

function unusedKeys(path: ConfigPath, block: Block, keys: readonly string[]): readonly Finding[] {
  return keys
    .filter((key) => has(block, key))
    .map((key) => ({
      path: [...path, key],
      at: 'key',
      found: `the key \`${key}\`, which other agents use`,
      allowed: 'no such key: it has no effect here',
      remedy: 'It may stay, or be taken out.',
    }));
}

function plainHttp(path: ConfigPath, url: ConfigValue | undefined): readonly Finding[] {
  if (typeof url !== 'string' || !urlTroubles(url).includes('http')) return [];
  return [
    {
      path: [...path, 'url'],
      allowed: 'an https URL, where the way to the server is not private',
      remedy: 'Tokens and keys travel unencrypted to this server; use https if it has it.',
    },
  ];
}

/** A port of this machine, to which nobody is sent who comes back to `public_url` or `redirect_uri`. */
function redirectPort(path: ConfigPath, oauth: Block, hasPublicUrl: boolean): readonly Finding[] {
  if (!has(oauth, 'redirect_port') || oauth.redirect_port === 0) return [];
  const elsewhere = has(oauth, 'redirect_uri')
    ? '`redirect_uri`'
    : hasPublicUrl && oauth.flow !== 'paste'
      ? "the gateway's /oauth/callback"
      : undefined;
  if (elsewhere === undefined) return [];
  return [
    {
      path: [...path, 'redirect_port'],
      at: 'key',
      found: 'a port for a loopback redirect, which is not used',
      allowed: `no port: people come back to ${elsewhere}`,
      remedy:
        'Register {public_url}/oauth/callback as a redirect URI of this client at its provider, or set `flow: paste`.',
    },
  ];
}

/** No browser comes back from a sign-in by code: there is nothing that could show six digits. */
function unconfirmed(path: ConfigPath, oauth: Block, security: Block): readonly Finding[] {
  if (oauth.flow !== 'device' || security.confirm !== 'always') return [];
  return [
    {
      path: [...path, 'flow'],
      found: '`device` beside `security.confirm: always`',
      allowed: '`paste` or `browser`, where each sign-in is to be confirmed',
      remedy:
        'A sign-in by code cannot be confirmed in the chat; keep it only where you trust all who may use it.',
    },
  ];
}

function serverWarnings(root: Block, name: string, block: ConfigValue): readonly Finding[] {
  const path = ['mcp_servers', name];
  const map = mapOf(block);
  return [
    ...plainHttp(path, map.url),
    ...unusedKeys(path, map, UNUSED_SERVER_KEYS),
    ...unusedKeys([...path, 'tools'], mapOf(map.tools), UNUSED_TOOLS_KEYS),
    ...unusedKeys([...path, 'oauth'], mapOf(map.oauth), UNUSED_OAUTH_KEYS),
    ...redirectPort([...path, 'oauth'], mapOf(map.oauth), has(root, 'public_url')),
    ...unconfirmed([...path, 'oauth'], mapOf(map.oauth), mapOf(root.security)),
  ];
}

function allServerWarnings(root: Block): readonly Finding[] {
  const servers = Object.entries(mapOf(root.mcp_servers));
  if (servers.length > 0) return servers.flatMap(([name, block]) => serverWarnings(root, name, block));
  return [
    {
      path: ['mcp_servers'],
      at: 'key',
      found: 'no servers',
      allowed: 'a block of servers by name',
      remedy: 'Add one below `mcp_servers:`; config.example.yaml shows how.',
    },
  ];
}

/** What works and is probably not meant. */
export function warningsOf(reading: Reading): readonly Finding[] {
  const root = mapOf(reading.root);
  const isVariable = (path: ConfigPath) => reading.variables.has(placeKey(path));
  return [
    ...peopleWarnings(root),
    ...telegramWarnings(root, isVariable),
    ...slackWarnings(root, isVariable),
    ...discordWarnings(root, isVariable),
    ...allServerWarnings(root),
  ];
}
