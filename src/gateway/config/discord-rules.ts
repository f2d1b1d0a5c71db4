import { DISCORD_API, DISCORD_ROOT_WORDS, DISCORD_TOKEN_WORDS, ID_WORDS } from './discord-schema.js';
import { botIdOf, DISCORD_ID, DISCORD_TOKEN_SOURCE, mistakenForToken } from './discord-secrets.js';
import type { Finding } from './mistakes.js';
import {
  apiRootRules,
  type Block,
  idRules,
  needsPublicUrl,
  platformBlock,
  UNWRAP,
} from './platform-rules.js';
import { has, mapOf } from './reading.js';

const PATH = ['platforms', 'discord'] as const;

function tokenRules({ token }: Block): readonly Finding[] {
  const path = [...PATH, 'token'];
  const allowed = DISCORD_TOKEN_WORDS;
  if (token === undefined || token === '') {
    const remedy = `Write \`token: "\${DISCORD_BOT_TOKEN}"\` and set that variable. ${DISCORD_TOKEN_SOURCE}`;
    return [{ path, found: 'a bot without a token', allowed, remedy }];
  }
  if (typeof token !== 'string' || botIdOf(token) !== undefined) return [];
  if (botIdOf(token.replace(/^[\s"'<]+|[\s"'>]+$/g, '')) !== undefined) {
    return [{ path, allowed, remedy: UNWRAP }];
  }
  const mistaken = mistakenForToken(token);
  if (mistaken === undefined) {
    const remedy = `Give the whole of it: three parts with dots between them. ${DISCORD_TOKEN_SOURCE}`;
    return [{ path, allowed, remedy }];
  }
  return [{ path, found: mistaken.found, allowed, remedy: `${mistaken.advice} ${DISCORD_TOKEN_SOURCE}` }];
}

function modeRules({ mode }: Block, root: Block): readonly Finding[] {
  if (mode !== 'http' || has(root, 'public_url')) return [];
  return [needsPublicUrl(PATH, 'http', 'Discord', 'gateway')];
}

const ADDRESS =
  'Open the channel, or one of the server, in a browser: the address is discord.com/channels/SERVER/CHANNEL.';
const remedy = () => ADDRESS;
const GUILDS = { path: [...PATH, 'guilds'], form: DISCORD_ID, allowed: ID_WORDS, remedy };
const CHANNELS = { path: [...PATH, 'channels'], form: DISCORD_ID, allowed: ID_WORDS, remedy };

const API_ROOT = {
  path: [...PATH, 'api_root'],
  allowed: DISCORD_ROOT_WORDS,
  own: DISCORD_API,
  tail: { form: /\/v\d+(\/|$)/i, found: 'an address with a version in it' },
  carries: "the bot's token goes along with every request",
};

/** A bot that is switched off may lack what it needs. */
export function discordRules(root: Block): readonly Finding[] {
  const written = mapOf(mapOf(root.platforms).discord);
  const block = platformBlock(root, 'discord');
  return [
    ...(block === undefined ? [] : [...tokenRules(block), ...modeRules(block, root)]),
    ...idRules(written.guilds, GUILDS),
    ...idRules(written.channels, CHANNELS),
    ...apiRootRules(written.api_root, API_ROOT),
  ];
}
