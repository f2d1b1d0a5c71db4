import { createHmac, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepTrying } from '../../common/keep-trying.js';
import { createDeliveries } from './deliveries.js';
import { ALLOWED_UPDATES, grammySignal, type Transport, type TransportParts } from './transport.js';

const PATH = '/webhooks/telegram';
/** What Telegram sends, Bot API "setWebhook". */
const SECRET_HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Both come from the bot's token, so that every replica knows them and nothing has to be kept; neither tells anything
 * about it, or about the other (HMAC-SHA-256).
 */
function derived(token: string, what: string): string {
  return createHmac('sha256', token).update(`mcp-chat-gateway telegram webhook ${what}`).digest('base64url');
}

/** Where Telegram delivers. The last part of the path cannot be guessed. */
export function webhookUrlOf(token: string, publicUrl: string): string {
  return `${publicUrl}${PATH}/${derived(token, 'path')}`;
}

/** Whether it is a gateway's, under whatever public URL: another program cannot know the path. */
export function isGatewaysWebhook(token: string, url: string): boolean {
  return url.endsWith(`${PATH}/${derived(token, 'path')}`);
}

export function webhookSecretOf(token: string): string {
  return derived(token, 'secret');
}

/** In constant time, whatever its length. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', PATH).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

export interface WebhookParts extends TransportParts {
  readonly token: string;
  readonly publicUrl: string;
  /** Between two looks whether the webhook is still there, and Telegram can deliver. @default 5 min */
  readonly lookEveryMs?: number;
}

const TAKEN_AWAY =
  'Telegram: another program took the webhook of this bot away; it is set again. Give that program a bot of its own';
const LOOK_EVERY_MS = 5 * 60_000;

/** A webhook, on any number of machines behind one public URL. */
export function createWebhook(parts: WebhookParts): Transport {
  const { api, token, publicUrl, reach, connected, take, log, lookEveryMs = LOOK_EVERY_MS } = parts;
  const ending = new AbortController();
  const signal = grammySignal(ending.signal);
  const path = `${PATH}/${derived(token, 'path')}`;
  const secret = webhookSecretOf(token);
  const deliveries = createDeliveries();
  let known = false;
  let registered = false;

  async function register(): Promise<void> {
    const me = await api.getMe(signal);
    connected(me);
    known = true;
    await api.setWebhook(
      webhookUrlOf(token, publicUrl),
      { secret_token: secret, allowed_updates: ALLOWED_UPDATES },
      signal,
    );
    registered = true;
    reach.works();
  }

  /** A program that polls with the same token takes the webhook away, and nothing would ever come again. */
  async function look(): Promise<void> {
    const info = await api.getWebhookInfo(signal);
    if (info.url !== webhookUrlOf(token, publicUrl)) {
      log.warn({ platform: 'telegram' }, TAKEN_AWAY);
      registered = false;
      return register();
    }
    const trouble = deliveries.trouble(info);
    if (trouble === undefined) reach.works();
    else reach.deaf(`${trouble} (\`mcp-chat-gateway check\` says what to do)`);
  }

  async function stayRegistered(): Promise<void> {
    for (;;) {
      await (registered ? look() : register());
      await sleep(lookEveryMs, undefined, { signal: ending.signal, ref: false });
    }
  }

  const failed = (error: unknown) =>
    reach.failed(registered ? 'the webhook cannot be looked at' : 'the webhook could not be set', error);

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!same(pathname.slice(pathname.lastIndexOf(PATH)), path)) return new Response(null, { status: 404 });
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { Allow: 'POST' } });
    if (!same(request.headers.get(SECRET_HEADER) ?? '', secret)) return new Response(null, { status: 401 });
    deliveries.arrived();
    // Telegram delivers again what was not answered with 200.
    if (!known || ending.signal.aborted)
      return new Response(null, { status: 503, headers: { 'Retry-After': '5' } });
    const update: unknown = await request.json().catch(() => undefined);
    if (update === undefined) return new Response(null, { status: 400 });
    await take(update);
    return new Response(null, { status: 200 });
  }

  return {
    start() {
      void keepTrying(stayRegistered, failed, ending.signal);
    },
    /** The webhook stays set: Telegram keeps what comes until a replica, or this one, is there again. */
    async stop() {
      ending.abort();
    },
    http: { path: PATH, audience: 'public', handle },
  };
}
