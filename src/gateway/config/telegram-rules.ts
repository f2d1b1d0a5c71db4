import type { Finding } from './mistakes.js';
import { type ConfigMap, has, isMap, mapOf } from './reading.js';
import { API_ROOT_WORDS, BOT_API, TOKEN_SOURCE, TOKEN_WORDS } from './telegram-schema.js';
import { isPrivateHost, type UrlTrouble, urlTroubles } from './values.js';

type Block = Readonly<ConfigMap>;

const PATH = ['platforms', 'telegram'] as const;
const TOKEN = /^\d+:[A-Za-z0-9_-]{30,}$/;

/** The block, where there is one that is switched on. */
export function telegramBlock(root: Block): Block | undefined {
  const { telegram } = mapOf(root.platforms);
  return isMap(telegram) && telegram.enabled !== false ? telegram : undefined;
}

/** What shells and env files leave around a value. */
function isWrapped(token: string): boolean {
  return TOKEN.test(token.replace(/^[\s"'<]+|[\s"'>]+$/g, ''));
}

function tokenRules({ token }: Block): readonly Finding[] {
  const path = [...PATH, 'token'];
  if (token === undefined || token === '') {
    const remedy = `Write \`token: "\${TELEGRAM_BOT_TOKEN}"\` and set that variable. ${TOKEN_SOURCE}`;
    return [{ path, found: 'a bot without a token', allowed: TOKEN_WORDS, remedy }];
  }
  if (typeof token !== 'string' || TOKEN.test(token)) return [];
  const remedy = isWrapped(token)
    ? 'Take the quotes and spaces around it away.'
    : `Give the whole of it: digits, a colon, and at least 30 more characters. ${TOKEN_SOURCE}`;
  return [{ path, allowed: TOKEN_WORDS, remedy }];
}

/** Bot API, "setWebhook": it takes https addresses. */
function modeRules({ mode }: Block, root: Block): readonly Finding[] {
  if (mode !== 'webhook' || has(root, 'public_url')) return [];
  return [
    {
      path: [...PATH, 'mode'],
      found: '`webhook` without a `public_url`',
      allowed: '`polling`, or `webhook` with an https address that Telegram can reach',
      remedy: 'Add `public_url: https://…`, or write `mode: polling`, which needs no address.',
    },
  ];
}

const API_ROOT_REMEDIES: Readonly<Record<UrlTrouble, string>> = {
  'not-a-url': `Write the whole address, such as ${BOT_API}.`,
  scheme: 'Start it with https://.',
  http: "Write https://: the bot's token is a part of every request.",
  credentials: 'Take user and password out of it.',
  query: 'Take `?` and what follows it away.',
  fragment: 'Take `#` and what follows it away.',
};

function apiRootRules({ api_root: root }: Block): readonly Finding[] {
  if (typeof root !== 'string' || root === '') return [];
  const path = [...PATH, 'api_root'];
  if (/\/bot\d*(:|\/|$)/i.test(root)) {
    const remedy = `Write the address before it, such as ${BOT_API}: the gateway adds the rest.`;
    return [{ path, found: 'an address with `/bot…` in it (not shown)', allowed: API_ROOT_WORDS, remedy }];
  }
  return urlTroubles(root)
    .filter((trouble) => trouble !== 'http' || !isPrivateHost(new URL(root).hostname))
    .map((trouble) => ({ path, allowed: API_ROOT_WORDS, remedy: API_ROOT_REMEDIES[trouble] }));
}

/** A bot that is switched off may lack what it needs. */
export function telegramRules(root: Block): readonly Finding[] {
  const { telegram } = mapOf(root.platforms);
  const block = telegramBlock(root);
  return [
    ...(block === undefined ? [] : [...tokenRules(block), ...modeRules(block, root)]),
    ...apiRootRules(mapOf(telegram)),
  ];
}
