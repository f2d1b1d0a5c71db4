import type { StorageKind } from '../../storage/places.js';
import type { ConfigPath, Finding } from './mistakes.js';
import { type ConfigMap, type ConfigValue, isMap, mapOf } from './reading.js';
import { type Environment, folderPath } from './values.js';

/** `storage` as written: a text, or a block where more than an address is to be said. */
export type StorageWords = string | { readonly url: string; readonly prefix?: string | undefined };

const SERVER_SCHEMES: Readonly<Record<string, 'redis' | 'postgres'>> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
};

/** Redis takes any text; in PostgreSQL it becomes a part of names, which have 63 bytes at most. */
const PREFIXES = { redis: /^[\x21-\x7e]{1,64}$/, postgres: /^[a-z_][a-z0-9_]{0,39}$/ } as const;

/**
 * `memory`, `file:./state`, `file:/var/lib/x`, `file:///var/lib/x`, `redis://HOST:PORT/0`, `postgres://HOST/DATABASE`.
 * Undefined: it can't be read.
 */
export function readStorage(
  words: StorageWords,
  configFolder: string,
  environment: Environment,
): StorageKind | undefined {
  const { url, prefix } = typeof words === 'string' ? { url: words } : words;
  const kind = serverKind(url);
  if (kind === undefined)
    return prefix === undefined ? readFolder(url, configFolder, environment) : undefined;
  if (prefix !== undefined && !PREFIXES[kind].test(prefix)) return undefined;
  return isServerUrl(url, kind) ? { kind, url, ...(prefix === undefined ? {} : { prefix }) } : undefined;
}

function readFolder(text: string, configFolder: string, environment: Environment): StorageKind | undefined {
  if (text === 'memory') return { kind: 'memory' };
  const [, folder] = /^file:(?:\/\/(?=\/))?([^\0]+)$/.exec(text) ?? [];
  if (folder === undefined || folder.startsWith('//') || folder.trim() === '') return undefined;
  return { kind: 'file', folder: folderPath(folder, configFolder, environment) };
}

function serverKind(text: string): 'redis' | 'postgres' | undefined {
  return SERVER_SCHEMES[/^[a-z]+:/i.exec(text)?.[0].toLowerCase() ?? ''];
}

function isServerUrl(text: string, kind: 'redis' | 'postgres'): boolean {
  if (/\s/.test(text) || !/^\w+:\/\//.test(text) || !URL.canParse(text)) return false;
  const { hostname, pathname, search, hash } = new URL(text);
  if (kind === 'postgres') return hash === '' && (hostname !== '' || search.includes('host='));
  return hostname !== '' && /^\/?\d{0,4}$/.test(pathname) && search === '' && hash === '';
}

const ALLOWED = '`file:FOLDER`, such as file:./state, `memory`, or the URL of a Redis or PostgreSQL';
const REMEDIES = {
  folder: 'Write file:./state for files, or redis://HOST:PORT/0, or postgres://HOST/DATABASE.',
  redis:
    'Write redis://HOST:PORT/0, or rediss:// for TLS; with a user and password before the host if it has some.',
  postgres: 'Write postgres://USER:PASSWORD@HOST:PORT/DATABASE.',
} as const;

/** The value is never shown: it may hold a password, and is not a URL from which that could be taken out. */
function unreadable(path: ConfigPath, url: string): Finding {
  const kind = serverKind(url);
  if (kind === undefined) return { path, allowed: ALLOWED, remedy: REMEDIES.folder };
  return {
    path,
    found: 'an address that cannot be read (not shown)',
    allowed: ALLOWED,
    remedy: REMEDIES[kind],
  };
}

function prefixRules(url: string, prefix: ConfigValue | undefined): readonly Finding[] {
  if (typeof prefix !== 'string' || prefix === '') return [];
  const kind = serverKind(url);
  const path = ['storage', 'prefix'];
  if (kind === undefined)
    return [{ path, allowed: 'no prefix: a folder is ours alone', remedy: 'Take it out.' }];
  if (PREFIXES[kind].test(prefix)) return [];
  const allowed =
    kind === 'redis'
      ? 'up to 64 visible characters, such as `gateway:`'
      : 'lower-case letters, digits and `_`, such as `gateway_`, up to 40';
  return [{ path, allowed, remedy: 'Write another prefix.' }];
}

/** What is shared has no folder for a key of its own. */
function keyRule(url: string, security: ConfigValue | undefined): readonly Finding[] {
  if (serverKind(url) === undefined || mapOf(security).encryption_key !== undefined) return [];
  return [
    {
      path: ['security', 'encryption_key'],
      found: 'no sealing key for a storage that gateways share',
      allowed: 'text of at least 32 characters, the same for all of them',
      remedy: 'Write `encryption_key: "${ENCRYPTION_KEY}"`, with what `openssl rand -base64 32` prints.',
    },
  ];
}

export function storageRules({ storage, security }: Readonly<ConfigMap>): readonly Finding[] {
  const [url, path, prefix] = isMap(storage)
    ? [storage.url, ['storage', 'url'], storage.prefix]
    : [storage, ['storage']];
  if (typeof url !== 'string' || url === '') return [];
  if (readStorage(url, '/', {}) === undefined) return [unreadable(path, url)];
  return [...prefixRules(url, prefix), ...keyRule(url, security)];
}
