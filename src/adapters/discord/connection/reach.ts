import type { Log } from '../../../observability/log.js';
import { createPauses, PAUSES, type PauseLengths } from '../../common/pauses.js';
import { DiscordUnavailableError, TokenRefusedError } from './api.js';

/** How the way to Discord is: what `/readyz` says of it, and whether anything is still asked. */
export interface Reach {
  /** The bot receives what people do, or some of it. */
  works(but?: string): void;
  /**
   * The bot receives nothing: says so in one line, and for how long to wait before the next try. Undefined: there is none,
   * because only an operator can mend it.
   */
  failed(trouble: string, error?: unknown): number | undefined;
  /** A connection that worked broke off: the first time the next one follows at once, so that no command is missed. */
  lost(trouble: string): number | undefined;
  /** Nothing helps but an operator: said once, at `error`. */
  giveUp(remedy: string): void;
  /** The token was refused. A refused token is never taken back: to ask again with it would be a crash loop by another name. */
  refuse(): void;
  refused(): boolean;
  trouble(): string | undefined;
}

/** Not all bots in the same moment, after Discord itself broke their connections off. */
const AT_ONCE_MS = 300;

const TOKEN_REFUSED =
  'Discord refuses the bot token: put a valid one into the config, from the Developer Portal, and restart';

export interface ReachParts {
  readonly log: Log;
  readonly now: () => number;
  readonly pauses?: PauseLengths;
}

export function createReach({ log, now, pauses = PAUSES }: ReachParts): Reach {
  const waits = createPauses(pauses, now);
  let noted: string | undefined = 'has not connected yet';
  let final: string | undefined;
  let refused = false;

  const giveUp = (remedy: string): void => {
    if (final !== undefined) return;
    final = remedy;
    log.error({ platform: 'discord' }, `${remedy}. Nothing is received until then.`);
  };

  return {
    works(but) {
      noted = but;
    },
    failed(trouble, error) {
      if (final !== undefined || error instanceof TokenRefusedError) return undefined;
      noted = trouble;
      const waitMs = waits.next(error instanceof DiscordUnavailableError ? error.retryAfterMs : 0);
      const again = `trying again in ${Math.ceil(waitMs / 1000)} s`;
      log.warn(
        { platform: 'discord', ...(error === undefined ? {} : { error }) },
        `Discord: ${trouble}; ${again}`,
      );
      return waitMs;
    },
    lost(trouble) {
      if (final !== undefined) return undefined;
      noted = trouble;
      const waitMs = waits.next();
      const again =
        waitMs > pauses.firstMs ? `trying again in ${Math.ceil(waitMs / 1000)} s` : 'connecting again';
      log.warn({ platform: 'discord' }, `Discord: ${trouble}; ${again}`);
      return waitMs > pauses.firstMs ? waitMs : Math.random() * AT_ONCE_MS;
    },
    giveUp,
    refuse() {
      refused = true;
      giveUp(TOKEN_REFUSED);
    },
    refused: () => refused,
    trouble: () => final ?? noted,
  };
}
