import type { WebhookInfo } from 'grammy/types';
import type { Finding } from '../../common/finding.js';
import { deliveryError, originOf } from '../connection/deliveries.js';

export interface Receiving {
  readonly mode: 'polling' | 'webhook';
  /** Where the gateway lets Telegram deliver. Its path is a secret. */
  readonly webhookUrl?: string;
  /** A time in words: "3 h ago". */
  readonly when: (atMs: number) => string;
}

const ANOTHER_PROGRAM = 'If another program uses this bot, give the gateway one of its own.';

/** How updates come in, against how the config wants them to. */
export function updateFindings(info: WebhookInfo, receiving: Receiving): readonly Finding[] {
  const { mode, webhookUrl } = receiving;
  const { url = '' } = info;
  if (mode === 'polling') return [polling(url, info)];
  if (url === '')
    return [{ mark: 'attention', text: `no webhook is set yet${waiting(info)}`, remedy: START_SETS_IT }];
  if (url !== webhookUrl) return [elsewhere(url, info)];
  return [{ mark: 'ok', text: `webhook at ${originOf(url)}${waiting(info)}` }, ...lastError(info, receiving)];
}

const START_SETS_IT = '`mcp-chat-gateway start` sets the webhook.';

function polling(url: string, info: WebhookInfo): Finding {
  if (url === '') return { mark: 'ok', text: `long polling${waiting(info)}` };
  const text = `long polling, but a webhook to ${originOf(url)} is set${waiting(info)}`;
  const remedy = `\`mcp-chat-gateway start\` takes the webhook away: Telegram allows one of the two. ${ANOTHER_PROGRAM}`;
  return { mark: 'attention', text, remedy };
}

function elsewhere(url: string, info: WebhookInfo): Finding {
  const text = `the webhook leads to ${originOf(url)}, not to this gateway${waiting(info)}`;
  const remedy = `\`mcp-chat-gateway start\` points the webhook to \`public_url\`. ${ANOTHER_PROGRAM}`;
  return { mark: 'attention', text, remedy };
}

function waiting({ pending_update_count: count }: WebhookInfo): string {
  return count === 0 ? '' : ` · ${count} ${count === 1 ? 'update waits' : 'updates wait'}`;
}

/** Telegram remembers the last error even when later deliveries went well: it is trouble only while updates wait. */
function lastError(info: WebhookInfo, { when }: Receiving): readonly Finding[] {
  const { last_error_date: atSeconds, last_error_message: message = '' } = info;
  if (atSeconds === undefined) return [];
  const text = `the last failed delivery was ${when(atSeconds * 1000)}: ${deliveryError(info.last_error_message)}`;
  if (info.pending_update_count === 0) return [{ mark: 'neutral', text }];
  return [{ mark: 'failed', text, remedy: remedyFor(message) }];
}

/** By the words of the messages that Telegram is known to give. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/resolve/i, 'Check the host in `public_url`: the DNS does not know it.'],
  [/ssl|tls|certificate/i, 'Give `public_url` a certificate that browsers accept, with its whole chain.'],
  [
    /response.* 401\b/i,
    'Another gateway answers there, or another one set the webhook: start this one again.',
  ],
  [/response.* 404\b/i, 'Let the proxy pass `/webhooks/` on to `listen` with its path unchanged.'],
  [
    /response.* 3\d\d\b/i,
    'Telegram follows no redirects: write the address that they lead to as `public_url`.',
  ],
  [
    /response.* 5\d\d\b/i,
    'The proxy does not reach the gateway: start it, and check that the proxy leads to `listen`.',
  ],
  [
    /refused|timed? ?out|timeout|unreachable|reset|closed/i,
    'Let `public_url` lead to `listen`, and the firewall let Telegram in.',
  ],
];

function remedyFor(message: string): string {
  const known = REMEDIES.find(([form]) => form.test(message));
  return known?.[1] ?? 'Check `public_url`, and what answers there.';
}
