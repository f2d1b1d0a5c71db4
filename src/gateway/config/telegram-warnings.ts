import type { ConfigPath, Finding } from './mistakes.js';
import type { ConfigMap } from './reading.js';
import { telegramBlock } from './telegram-rules.js';
import { BOT_API } from './telegram-schema.js';
import { isLoopbackHost } from './values.js';

type Block = Readonly<ConfigMap>;

const PATH = ['platforms', 'telegram'] as const;

/** Bot API, "setWebhook": the ports that Telegram delivers to. '' is 443. */
const WEBHOOK_PORTS: ReadonlySet<string> = new Set(['', '443', '80', '88', '8443']);

function tokenInFile(isVariable: (path: ConfigPath) => boolean): readonly Finding[] {
  const path = [...PATH, 'token'];
  if (isVariable(path)) return [];
  return [
    {
      path,
      found: 'a token that stands in this file',
      allowed: '"${TELEGRAM_BOT_TOKEN}", with the token in the environment',
      remedy: 'It works. Whoever reads the file, or a copy of it, can speak as the bot, though.',
    },
  ];
}

function thisMachineOnly(): Finding {
  return {
    path: PATH,
    at: 'key',
    found: 'a bot without a `public_url`',
    allowed: 'a `public_url` that leads to `listen`, for people on other machines and phones',
    remedy:
      "Without it, people elsewhere send the address of a sign-in's last page, or type a code; keys are asked for in the chat.",
  };
}

/** A Bot API server of one's own delivers to any address. */
function undeliverable({ mode, api_root: root = BOT_API }: Block, url: URL): readonly Finding[] {
  if (mode !== 'webhook' || String(root).replace(/\/+$/, '') !== BOT_API) return [];
  const finding = { path: ['public_url'], allowed: 'an https address that Telegram can reach' };
  if (isLoopbackHost(url.hostname)) {
    const found = 'an address of this machine, where Telegram cannot deliver a webhook';
    return [{ ...finding, found, remedy: 'Write the address of your proxy or tunnel, or `mode: polling`.' }];
  }
  if (WEBHOOK_PORTS.has(url.port)) return [];
  const found = `the port ${url.port}, to which Telegram delivers no webhook`;
  return [{ ...finding, found, remedy: 'Use 443, 80, 88 or 8443, or `mode: polling`.' }];
}

export function telegramWarnings(root: Block, isVariable: (path: ConfigPath) => boolean): readonly Finding[] {
  const block = telegramBlock(root);
  if (block === undefined) return [];
  const { public_url: url } = root;
  return [
    ...tokenInFile(isVariable),
    ...(typeof url === 'string' ? undeliverable(block, new URL(url)) : [thisMachineOnly()]),
  ];
}
