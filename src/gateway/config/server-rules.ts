import type { KeyVariable } from '../../auth/types.js';
import { headerRules } from './header-rules.js';
import { type ConfigPath, type Finding, keyName } from './mistakes.js';
import { oauthRules, serviceAccountRule } from './oauth-rules.js';
import { caseTwins, openUsers } from './people-rules.js';
import { type ConfigMap, type ConfigValue, has, isMap, mapOf } from './reading.js';
import { TRANSPORTS } from './server-schema.js';
import { type UrlTrouble, urlTroubles } from './values.js';
import type { Interpolated } from './variables.js';

/** Telegram's callback data holds 64 bytes, and a server's name has to fit into it. */
const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const HTTP_KEYS = ['auth', 'oauth', 'headers'] as const;
const STDIO_KEYS = ['args', 'env', 'cwd'] as const;

type Block = Readonly<ConfigMap>;

function nameRule(name: string): readonly Finding[] {
  if (SERVER_NAME.test(name)) return [];
  return [
    {
      path: ['mcp_servers', name],
      at: 'key',
      found: `the server name ${keyName(name)}`,
      allowed: 'letters, digits, `_` and `-`, starting with a letter or digit, at most 32',
      remedy: 'Choose such a name: people type it after /mcp auth.',
    },
  ];
}

function kindRule(path: ConfigPath, block: Block): readonly Finding[] {
  const [hasUrl, hasCommand] = [has(block, 'url'), has(block, 'command')];
  if (hasUrl && hasCommand) return [bothKinds(path)];
  if (hasUrl) return [...misplaced(path, block, STDIO_KEYS, 'command'), ...transportOf(path, block, 'url')];
  if (hasCommand)
    return [...misplaced(path, block, HTTP_KEYS, 'url'), ...transportOf(path, block, 'command')];
  return [
    {
      path,
      at: 'key',
      found: 'a server with neither `url` nor `command`',
      allowed: '`url` for a server on the network, or `command` for a program on this machine',
      remedy: 'Add the one that applies.',
    },
  ];
}

function bothKinds(path: ConfigPath): Finding {
  return {
    path: [...path, 'command'],
    at: 'key',
    found: 'a server with both `url` and `command`',
    allowed: '`url` for a server on the network, or `command` for a program on this machine',
    remedy: 'Take one out, or make two servers of it.',
  };
}

function misplaced(
  path: ConfigPath,
  block: Block,
  keys: readonly string[],
  owner: string,
): readonly Finding[] {
  const own = owner === 'url' ? 'command' : 'url';
  return keys
    .filter((key) => has(block, key))
    .map((key) => ({
      path: [...path, key],
      at: 'key',
      found: `the key \`${key}\` in a server with \`${own}\``,
      allowed: `\`${key}\` only beside \`${owner}\``,
      remedy: `Take \`${key}\` out${key === 'headers' ? '; a program gets its keys through `env`' : ''}.`,
    }));
}

function transportOf(path: ConfigPath, block: Block, own: 'url' | 'command'): readonly Finding[] {
  const transport = TRANSPORTS.find((known) => known === block.transport);
  const fits = own === 'url' ? transport !== 'stdio' : transport === 'stdio';
  if (transport === undefined || fits) return [];
  return [
    {
      path: [...path, 'transport'],
      allowed: own === 'url' ? '`http` or `sse` beside `url`' : '`stdio`, or no such key, beside `command`',
      remedy: 'Take `transport` out, or change it.',
    },
  ];
}

const URL_WORDS: Readonly<Partial<Record<UrlTrouble, string>>> = {
  'not-a-url': 'Write the whole address, such as https://mcp.example.com/mcp.',
  scheme: 'Start it with https:// (or http://).',
  credentials: 'Put the key into `headers`, such as Authorization: "Bearer ${NAME}".',
  fragment: 'Take `#` and what follows it away.',
};

function urlRule(path: ConfigPath, url: ConfigValue | undefined): readonly Finding[] {
  if (typeof url !== 'string' || url === '') return [];
  return urlTroubles(url).flatMap((trouble): Finding[] => {
    const remedy = URL_WORDS[trouble];
    const allowed = 'an http or https URL without user, password and `#`';
    return remedy === undefined ? [] : [{ path: [...path, 'url'], allowed, remedy }];
  });
}

function serverRules(name: string, block: ConfigValue, keys: readonly KeyVariable[]): readonly Finding[] {
  const path = ['mcp_servers', name];
  if (!isMap(block)) return nameRule(name);
  return [
    ...nameRule(name),
    ...kindRule(path, block),
    ...urlRule(path, block.url),
    ...headerRules(path, block, keys),
    ...oauthRules([...path, 'oauth'], mapOf(block.oauth)),
    ...serviceAccountRule(path, block, mapOf(block.oauth)),
  ];
}

/**
 * From a sign-in by code no browser comes back, so that nothing shows whose account got the access: whoever may start one
 * can have somebody else finish it. That is for people who are known (RFC 8628 §5.4).
 */
function deviceRule(root: Block, path: ConfigPath, block: ConfigValue): readonly Finding[] {
  if (mapOf(mapOf(block).oauth).flow !== 'device') return [];
  const open = openUsers(mapOf(root.access));
  if (open === undefined) return [];
  return [
    {
      path: [...path, 'oauth', 'flow'],
      found: `\`device\` beside \`access.users: "${open}"\``,
      allowed: 'sign-ins by code only where `access.users` lists people',
      remedy: 'List the people, or take `flow` out: anyone could send a code of theirs to somebody else.',
    },
  ];
}

/** Rules about `mcp_servers` that need more than one value, or deserve words of their own. */
export function allServerRules(root: Block, keys: Interpolated['keys']): readonly Finding[] {
  const servers = mapOf(root.mcp_servers);
  return [
    ...Object.entries(servers).flatMap(([name, block]) => [
      ...serverRules(name, block, keys.get(name) ?? []),
      ...deviceRule(root, ['mcp_servers', name], block),
    ]),
    ...caseTwins(Object.keys(servers), ['mcp_servers'], 'servers'),
  ];
}
