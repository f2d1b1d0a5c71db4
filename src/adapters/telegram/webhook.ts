import { createHmac, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTokenRefused, TOKEN_REFUSED } from './reach.js';
import { ALLOWED_UPDATES, type Transport, type TransportParts } from './transport.js';

const PATH = '/webhooks/telegram';
const PAUSE_MS = 5_000;
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

export function webhookSecretOf(token: string): string {
  return derived(token, 'secret');
}

/** In constant time, whatever its length. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', PATH).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

export interface WebhookParts extends TransportParts {
  readonly publicUrl: string;
  readonly take: (update: unknown) => Promise<void>;
}

/** A webhook, on any number of machines behind one public URL. */
export function createWebhook({ bot, reach, connected, log, publicUrl, take }: WebhookParts): Transport {
  const ending = new AbortController();
  const path = `${PATH}/${derived(bot.token, 'path')}`;
  const secret = webhookSecretOf(bot.token);
  let ready = false;

  /** True: done, or never to be done. */
  async function register(): Promise<boolean> {
    try {
      await bot.init();
      await bot.api.setWebhook(webhookUrlOf(bot.token, publicUrl), {
        secret_token: secret,
        allowed_updates: ALLOWED_UPDATES,
      });
      ready = true;
      reach.note(undefined);
      connected();
      return true;
    } catch (error) {
      return tellOf(error);
    }
  }

  function tellOf(error: unknown): boolean {
    if (isTokenRefused(error)) {
      reach.note(TOKEN_REFUSED);
      log.error({ platform: 'telegram' }, `${TOKEN_REFUSED}. Nothing is sent or received until then.`);
      return true;
    }
    reach.note('the webhook could not be set');
    log.warn({ error, platform: 'telegram' }, 'Telegram: the webhook could not be set; trying again');
    return false;
  }

  async function keepRegistering(): Promise<void> {
    while (!ending.signal.aborted && !(await register())) {
      await sleep(PAUSE_MS, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
    }
  }

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!same(pathname.slice(pathname.lastIndexOf(PATH)), path)) return new Response(null, { status: 404 });
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { Allow: 'POST' } });
    if (!same(request.headers.get(SECRET_HEADER) ?? '', secret)) return new Response(null, { status: 401 });
    // Telegram delivers again what was not answered with 200.
    if (!ready || ending.signal.aborted)
      return new Response(null, { status: 503, headers: { 'Retry-After': '5' } });
    const update: unknown = await request.json().catch(() => undefined);
    if (update === undefined) return new Response(null, { status: 400 });
    await take(update);
    return new Response(null, { status: 200 });
  }

  return {
    start() {
      void keepRegistering();
    },
    /** The webhook stays set: Telegram keeps what comes until a replica, or this one, is there again. */
    async stop() {
      ending.abort();
    },
    http: { path: PATH, audience: 'public', handle },
  };
}
