import type { Finding } from './mistakes.js';
import { type Block, platformBlock } from './platform-rules.js';
import {
  type IsVariable,
  isOwnRoot,
  notReachable,
  secretInFile,
  thisMachineOnly,
} from './platform-warnings.js';
import { BOT_API } from './telegram-schema.js';

const PATH = ['platforms', 'telegram'] as const;
const TOKEN = { what: 'a token', variable: 'TELEGRAM_BOT_TOKEN', reader: 'speak as the bot' };

/** Bot API, "setWebhook": the ports that Telegram delivers to. '' is 443. */
const WEBHOOK_PORTS: ReadonlySet<string> = new Set(['', '443', '80', '88', '8443']);

/** A Bot API server of one's own delivers to any address. */
function undeliverable({ mode, api_root: root }: Block, url: string): readonly Finding[] {
  if (mode !== 'webhook' || !isOwnRoot(root, BOT_API)) return [];
  const unreachable = notReachable(url, 'Telegram', 'a webhook', 'polling');
  if (unreachable !== undefined) return [unreachable];
  const { port } = new URL(url);
  if (WEBHOOK_PORTS.has(port)) return [];
  return [
    {
      path: ['public_url'],
      found: `the port ${port}, to which Telegram delivers no webhook`,
      allowed: 'an https address that Telegram can reach',
      remedy: 'Use 443, 80, 88 or 8443, or `mode: polling`.',
    },
  ];
}

export function telegramWarnings(root: Block, isVariable: IsVariable): readonly Finding[] {
  const block = platformBlock(root, 'telegram');
  if (block === undefined) return [];
  const { public_url: url } = root;
  return [
    ...secretInFile([...PATH, 'token'], isVariable, TOKEN),
    ...(typeof url === 'string'
      ? undeliverable(block, url)
      : [thisMachineOnly(PATH, 'a bot', '; keys are asked for in the chat')]),
  ];
}
