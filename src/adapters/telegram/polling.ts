import { setTimeout as sleep } from 'node:timers/promises';
import { isConflict, isTokenRefused, TOKEN_REFUSED } from './reach.js';
import { ALLOWED_UPDATES, type Transport, type TransportParts } from './transport.js';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
const STOP_WITHIN_MS = 3_000;
const CONFLICT =
  'another program receives the updates of this bot: stop it, or use `mode: webhook` for several';

/**
 * Long polling on one machine. A webhook that is still set is taken away first. What stops it (but for a refused token)
 * is tried again, ever more slowly.
 */
export function createPolling({ bot, reach, connected, log }: TransportParts): Transport {
  const ending = new AbortController();
  let polling: Promise<void> | undefined;
  let pauseMs = FIRST_PAUSE_MS;

  function onStart(): void {
    reach.note(undefined);
    connected();
  }

  /** True: to be tried again. */
  async function poll(): Promise<boolean> {
    try {
      await bot.start({ allowed_updates: ALLOWED_UPDATES, onStart });
      return false;
    } catch (error) {
      if (ending.signal.aborted) return false;
      return tellOf(error);
    }
  }

  function tellOf(error: unknown): boolean {
    if (isTokenRefused(error)) {
      reach.note(TOKEN_REFUSED);
      log.error({ platform: 'telegram' }, `${TOKEN_REFUSED}. Nothing is sent or received until then.`);
      return false;
    }
    const trouble = isConflict(error) ? CONFLICT : 'the updates cannot be fetched';
    reach.note(trouble);
    log.warn({ error, platform: 'telegram' }, `Telegram: ${trouble}; trying again`);
    return true;
  }

  async function keepPolling(): Promise<void> {
    while (!ending.signal.aborted && (await poll())) {
      await sleep(pauseMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  return {
    start() {
      polling ??= keepPolling();
    },
    async stop() {
      ending.abort();
      // Confirms what was taken; Telegram being down must not hold up the end.
      const stopped = bot
        .stop()
        .catch((error: unknown) => log.debug({ error }, 'the last poll was not confirmed'));
      await Promise.race([Promise.all([stopped, polling]), sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}
