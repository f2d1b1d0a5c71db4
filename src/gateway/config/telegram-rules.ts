import type { Finding } from './mistakes.js';
import {
  apiRootRules,
  type Block,
  isWrapped,
  needsPublicUrl,
  platformBlock,
  UNWRAP,
} from './platform-rules.js';
import { has, mapOf } from './reading.js';
import { API_ROOT_WORDS, BOT_API, TOKEN_SOURCE, TOKEN_WORDS } from './telegram-schema.js';

const PATH = ['platforms', 'telegram'] as const;
const TOKEN = /^\d+:[A-Za-z0-9_-]{30,}$/;

const API_ROOT = {
  path: [...PATH, 'api_root'],
  allowed: API_ROOT_WORDS,
  own: BOT_API,
  tail: { form: /\/bot\d*(:|\/|$)/i, found: 'an address with `/bot…` in it (not shown)' },
  carries: "the bot's token is a part of every request",
};

function tokenRules({ token }: Block): readonly Finding[] {
  const path = [...PATH, 'token'];
  if (token === undefined || token === '') {
    const remedy = `Write \`token: "\${TELEGRAM_BOT_TOKEN}"\` and set that variable. ${TOKEN_SOURCE}`;
    return [{ path, found: 'a bot without a token', allowed: TOKEN_WORDS, remedy }];
  }
  if (typeof token !== 'string' || TOKEN.test(token)) return [];
  const remedy = isWrapped(token, TOKEN)
    ? UNWRAP
    : `Give the whole of it: digits, a colon, and at least 30 more characters. ${TOKEN_SOURCE}`;
  return [{ path, allowed: TOKEN_WORDS, remedy }];
}

/** Bot API, "setWebhook": it takes https addresses. */
function modeRules({ mode }: Block, root: Block): readonly Finding[] {
  if (mode !== 'webhook' || has(root, 'public_url')) return [];
  return [needsPublicUrl(PATH, 'webhook', 'Telegram', 'polling')];
}

/** A bot that is switched off may lack what it needs. */
export function telegramRules(root: Block): readonly Finding[] {
  const block = platformBlock(root, 'telegram');
  return [
    ...(block === undefined ? [] : [...tokenRules(block), ...modeRules(block, root)]),
    ...apiRootRules(mapOf(mapOf(root.platforms).telegram).api_root, API_ROOT),
  ];
}
