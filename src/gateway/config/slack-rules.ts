import type { ConfigPath, Finding } from './mistakes.js';
import {
  apiRootRules,
  type Block,
  idRules,
  isWrapped,
  needsPublicUrl,
  platformBlock,
  UNWRAP,
} from './platform-rules.js';
import { type ConfigValue, has, mapOf } from './reading.js';
import {
  APP_TOKEN_WORDS,
  BOT_TOKEN_WORDS,
  SIGNING_SECRET_WORDS,
  SLACK_API,
  SLACK_ROOT_WORDS,
} from './slack-schema.js';
import {
  APP_TOKEN,
  APP_TOKEN_SOURCE,
  BOT_TOKEN,
  BOT_TOKEN_SOURCE,
  mistakenFor,
  SIGNING_SECRET,
  SIGNING_SECRET_SOURCE,
  type SlackSecretKey,
} from './slack-secrets.js';

const PATH = ['platforms', 'slack'] as const;

interface Secret {
  readonly form: RegExp;
  readonly allowed: string;
  readonly variable: string;
  readonly source: string;
  /** What is wrong where it is not there. */
  readonly absent: string;
}

const SECRETS: Readonly<Record<SlackSecretKey, Secret>> = {
  bot_token: {
    form: BOT_TOKEN,
    allowed: BOT_TOKEN_WORDS,
    variable: 'SLACK_BOT_TOKEN',
    source: BOT_TOKEN_SOURCE,
    absent: 'an app without a bot token',
  },
  app_token: {
    form: APP_TOKEN,
    allowed: APP_TOKEN_WORDS,
    variable: 'SLACK_APP_TOKEN',
    source: APP_TOKEN_SOURCE,
    absent: '`mode: socket` without an app-level token',
  },
  signing_secret: {
    form: SIGNING_SECRET,
    allowed: SIGNING_SECRET_WORDS,
    variable: 'SLACK_SIGNING_SECRET',
    source: SIGNING_SECRET_SOURCE,
    absent: '`mode: http` without a signing secret',
  },
};

function absent(key: SlackSecretKey): Finding {
  const { absent: found, allowed, variable, source } = SECRETS[key];
  const remedy = `Write \`${key}: "\${${variable}}"\` and set that variable. ${source}`;
  return { path: [...PATH, key], found, allowed, remedy };
}

function malformed(path: ConfigPath, key: SlackSecretKey, text: string): readonly Finding[] {
  const { form, allowed, source } = SECRETS[key];
  if (form.test(text)) return [];
  if (isWrapped(text, form)) return [{ path, allowed, remedy: UNWRAP }];
  const mistaken = mistakenFor(text);
  if (mistaken === undefined || mistaken.belongs === key) {
    return [{ path, allowed, remedy: `Give the whole of it. ${source}` }];
  }
  const { found, belongs, advice = belongs && `It belongs under \`${belongs}\`.` } = mistaken;
  return [{ path, found, allowed, remedy: advice === undefined ? source : `${advice} ${source}` }];
}

function secretRules(
  key: SlackSecretKey,
  value: ConfigValue | undefined,
  needed: boolean,
): readonly Finding[] {
  if (value === undefined || value === '') return needed ? [absent(key)] : [];
  return typeof value === 'string' ? malformed([...PATH, key], key, value) : [];
}

/** One, or a list with each once. */
function botTokenRules(value: ConfigValue | undefined): readonly Finding[] {
  if (!Array.isArray(value)) return secretRules('bot_token', value, true);
  if (value.length === 0) return [absent('bot_token')];
  return value.flatMap((token, index): readonly Finding[] => {
    const path = [...PATH, 'bot_token', index];
    if (typeof token !== 'string') return [];
    if (value.indexOf(token) === index) return malformed(path, 'bot_token', token);
    return [
      { path, found: 'the same token again', allowed: 'each once', remedy: 'Take one of the two out.' },
    ];
  });
}

function modeRules({ mode = 'socket', app_token: appToken, signing_secret: secret }: Block, root: Block) {
  const findings = [
    ...secretRules('app_token', appToken, mode === 'socket'),
    ...secretRules('signing_secret', secret, mode === 'http'),
  ];
  if (mode !== 'http' || has(root, 'public_url')) return findings;
  return [...findings, needsPublicUrl(PATH, 'http', 'Slack', 'socket')];
}

const ADDRESS =
  'Open Slack in a browser: the address is app.slack.com/client/T…/C…, the workspace and the channel.';

const WORKSPACES = {
  path: [...PATH, 'workspaces'],
  form: /^[TE][A-Z0-9]{2,31}$/,
  allowed: "workspaces' ids, such as T024BE7LD, or organisations', such as E024BE7LD",
  remedy: () => ADDRESS,
};

const CHANNELS = {
  path: [...PATH, 'channels'],
  form: /^[CG][A-Z0-9]{2,31}$/,
  allowed: "channels' ids, such as C024BE91L",
  remedy: (entry: string) =>
    /^D[A-Z0-9]{2,31}$/.test(entry)
      ? 'That is a private chat, in which the bot always answers: take it out.'
      : ADDRESS,
};

const API_ROOT = {
  path: [...PATH, 'api_root'],
  allowed: SLACK_ROOT_WORDS,
  own: SLACK_API,
  tail: { form: /\/[a-z]+(\.[a-zA-Z]+)+\/?$/, found: 'an address with a method in it' },
  carries: "the app's tokens go along with every request",
};

/** An app that is switched off may lack what it needs. */
export function slackRules(root: Block): readonly Finding[] {
  const written = mapOf(mapOf(root.platforms).slack);
  const block = platformBlock(root, 'slack');
  return [
    ...(block === undefined ? [] : [...botTokenRules(block.bot_token), ...modeRules(block, root)]),
    ...idRules(written.workspaces, WORKSPACES),
    ...idRules(written.channels, CHANNELS),
    ...apiRootRules(written.api_root, API_ROOT),
  ];
}
