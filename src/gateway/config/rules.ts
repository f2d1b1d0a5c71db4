import { isIP } from 'node:net';
import { discordRules } from './discord-rules.js';
import { limitRules } from './limits-rules.js';
import type { ConfigPath, Finding } from './mistakes.js';
import { peopleRules } from './people-rules.js';
import { type ConfigMap, type ConfigValue, isMap, listOf, mapOf } from './reading.js';
import { allServerRules } from './server-rules.js';
import { slackRules } from './slack-rules.js';
import { storageRules } from './storage-rules.js';
import { telegramRules } from './telegram-rules.js';
import { isLoopbackHost, readLifetimeMs, readListen, type UrlTrouble, urlTroubles } from './values.js';
import type { Interpolated } from './variables.js';

type Block = Readonly<ConfigMap>;

const PUBLIC_URL_WORDS: Readonly<Record<UrlTrouble, string>> = {
  'not-a-url': 'Write the whole address, such as https://mcp.example.com.',
  scheme: 'Start it with https://.',
  http: 'Write https://: providers refuse http redirects, and links would travel in the open.',
  credentials: 'Take user and password out of it.',
  query: 'Take `?` and what follows it away.',
  fragment: 'Take `#` and what follows it away.',
};

function publicUrlRules(root: Block): readonly Finding[] {
  const { public_url: url } = root;
  if (typeof url !== 'string' || url === '') return [];
  const allowed = 'an https URL (http only to this machine) without user, password, `?` and `#`';
  return urlTroubles(url).map((trouble) => ({
    path: ['public_url'],
    allowed,
    remedy: PUBLIC_URL_WORDS[trouble],
  }));
}

const ADDRESS_REMEDY = 'Write a host, a colon and a port from 0 to 65535 (IPv6 in brackets: [::1]:8787).';

function addressRule(path: ConfigPath, value: ConfigValue | undefined): readonly Finding[] {
  if (typeof value !== 'string' || value === '' || readListen(value) !== undefined) return [];
  return [{ path, allowed: 'a host and a port, such as 127.0.0.1:8787', remedy: ADDRESS_REMEDY }];
}

interface LocalListen {
  readonly path: ConfigPath;
  readonly address: ConfigValue | undefined;
  readonly hasToken: boolean;
}

function localListenOf(root: Block): LocalListen {
  const value = root.local_listen;
  if (!isMap(value)) return { path: ['local_listen'], address: value ?? '127.0.0.1:8788', hasToken: false };
  return { path: ['local_listen', 'address'], address: value.address, hasToken: value.token !== undefined };
}

function exposedRule({ path, address, hasToken }: LocalListen): readonly Finding[] {
  const listen = typeof address === 'string' ? readListen(address) : undefined;
  if (listen === undefined || hasToken || isLoopbackHost(listen.host)) return [];
  return [
    {
      path,
      allowed: 'an address of this machine only (127.0.0.1, [::1], localhost), or any with a token',
      remedy:
        'Write `local_listen: { address: HOST:PORT, token: "${NAME}" }`: others reach these pages there.',
    },
  ];
}

function samePortRule(root: Block, local: LocalListen): readonly Finding[] {
  const listen = root.listen ?? '127.0.0.1:8787';
  if (typeof listen !== 'string' || typeof local.address !== 'string') return [];
  const [a, b] = [readListen(listen)?.port, readListen(local.address)?.port];
  if (a === undefined || a === 0 || a !== b) return [];
  return [
    {
      path: root.local_listen === undefined ? ['listen'] : local.path,
      found: `the port ${a} for both \`listen\` and \`local_listen\``,
      allowed: 'two different ports: one is public, the other must not be',
      remedy: 'Choose another port for one of them, such as 8787 and 8788.',
    },
  ];
}

function lifetimeRules(security: Block): readonly Finding[] {
  const value = security.sign_in_lifetime;
  const isWritten = typeof value === 'number' || (typeof value === 'string' && value !== '');
  if (!isWritten || readLifetimeMs(value) !== undefined) return [];
  return [
    {
      path: ['security', 'sign_in_lifetime'],
      allowed: 'a time from 1s to 24h, such as `10m`, `90s` or `1h` (a bare number is seconds)',
      remedy: 'Write a number and s, m or h.',
    },
  ];
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

function privateHostRules(security: Block): readonly Finding[] {
  return listOf(security.allow_private_hosts).flatMap((host, index): Finding[] => {
    if (typeof host !== 'string' || host === '' || isIP(host) !== 0 || HOST_NAME.test(host)) return [];
    return [
      {
        path: ['security', 'allow_private_hosts', index],
        allowed: 'a host name or an address, such as login.lan or 10.0.0.5',
        remedy: 'Write the host alone: no https://, port, path, range or `*`.',
      },
    ];
  });
}

/** All that the schema's types can't say. Looks only at what has the right type; the rest is the schema's to report. */
export function brokenRules(root: Block, keys: Interpolated['keys']): readonly Finding[] {
  const local = localListenOf(root);
  const security = mapOf(root.security);
  return [
    ...publicUrlRules(root),
    ...addressRule(['listen'], root.listen),
    ...addressRule(local.path, local.address),
    ...exposedRule(local),
    ...samePortRule(root, local),
    ...storageRules(root),
    ...lifetimeRules(security),
    ...privateHostRules(security),
    ...limitRules(root),
    ...peopleRules(root),
    ...telegramRules(root),
    ...slackRules(root),
    ...discordRules(root),
    ...allServerRules(root, keys),
  ];
}
