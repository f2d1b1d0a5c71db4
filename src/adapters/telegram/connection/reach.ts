import { GrammyError, type Transformer } from 'grammy';
import type { Log } from '../../../observability/log.js';
import { createPauses, PAUSES, type PauseLengths } from '../../common/pauses.js';
import { isTokenRefusal, TelegramUnavailableError, TokenRefusedError } from '../outgoing/failures.js';

/** How the way to Telegram is: what `/readyz` says of it, and whether anything is still asked. */
export interface Reach {
  /** Sees every request, also those that are tried again. Stops them all once the token is refused, or after `close`. */
  readonly transformer: Transformer;
  /** The bot receives its updates. */
  works(): void;
  /**
   * The bot receives no updates: says so in one line, and for how long to wait before the next try. Undefined: there is
   * none, because the token was refused.
   */
  failed(trouble: string, error: unknown): number | undefined;
  /** Nothing fails here, but the bot receives nothing: says so in one line, once. */
  deaf(trouble: string): void;
  trouble(): string | undefined;
  close(): void;
}

export interface ReachParts {
  readonly log: Log;
  readonly now: () => number;
  readonly pauses?: PauseLengths;
}

const TOKEN_REFUSED =
  'Telegram refuses the bot token: put a valid one into the config, from @BotFather, and restart';

export function createReach({ log, now, pauses = PAUSES }: ReachParts): Reach {
  const waits = createPauses(pauses, now);
  let noted: string | undefined = 'has not connected yet';
  let refused = false;
  let closed = false;

  /** A refused token is never taken back: to ask again with it would only be a crash loop by another name. */
  function refuse(): void {
    if (refused) return;
    refused = true;
    log.error({ platform: 'telegram' }, `${TOKEN_REFUSED}. Nothing is sent or received until then.`);
  }

  return {
    async transformer(previous, method, payload, signal) {
      if (refused) throw new TokenRefusedError('Telegram refused the bot’s token before.');
      if (closed) throw new TelegramUnavailableError('The Telegram chat has stopped.');
      const response = await previous(method, payload, signal);
      if (!response.ok && isTokenRefusal(response)) refuse();
      return response;
    },
    works() {
      noted = undefined;
    },
    failed(trouble, error) {
      if (refused) return undefined;
      noted = trouble;
      const waitMs = waits.next(retryAfterMs(error));
      const again = `trying again in ${Math.ceil(waitMs / 1000)} s`;
      log.warn({ platform: 'telegram', error, ...causeOf(error) }, `Telegram: ${trouble}; ${again}`);
      return waitMs;
    },
    deaf(trouble) {
      if (noted !== trouble) log.warn({ platform: 'telegram' }, trouble);
      noted = trouble;
    },
    trouble: () => (refused ? TOKEN_REFUSED : noted),
    close() {
      closed = true;
    },
  };
}

/** "The number of seconds left to wait before the request can be repeated" (Bot API, ResponseParameters). */
function retryAfterMs(error: unknown): number {
  return error instanceof GrammyError ? (error.parameters.retry_after ?? 0) * 1000 : 0;
}

/** What the network said, `ECONNREFUSED`: never its message, which may hold the address and so the token. */
function causeOf(error: unknown): { readonly cause?: string } {
  if (!(error instanceof Error) || !('error' in error)) return {};
  const { error: inner } = error;
  if (!(inner instanceof Error) || !('code' in inner) || typeof inner.code !== 'string') return {};
  return /^[A-Z_]{3,40}$/.test(inner.code) ? { cause: inner.code } : {};
}
