import type { Log } from '../../../observability/log.js';
import { createPauses, PAUSES, type PauseLengths } from '../../common/pauses.js';
import { isTokenRefusal, SlackRefusal, SlackUnavailableError } from '../outgoing/failures.js';

/** How the connection by which payloads come in is: what `/readyz` says of it. */
export interface Reach {
  works(): void;
  /**
   * Says in one line that nothing comes in, and for how long to wait before the next try. Undefined: there is none,
   * because the token was refused.
   */
  failed(trouble: string, error: unknown): number | undefined;
  trouble(): string | undefined;
}

const TOKEN_REFUSED =
  'Slack refuses the app-level token: put a valid one (xapp-…, with connections:write) into the config, from “Basic Information” of the app, and restart';

export function createReach(log: Log, now: () => number, pauses: PauseLengths = PAUSES): Reach {
  const waits = createPauses(pauses, now);
  let noted: string | undefined = 'has not connected yet';
  let refused = false;
  return {
    works() {
      noted = undefined;
    },
    failed(trouble, error) {
      if (error instanceof SlackRefusal && isFinal(error.reason)) {
        if (!refused)
          log.error(
            { platform: 'slack', reason: error.reason },
            `${TOKEN_REFUSED}. Nothing is received until then.`,
          );
        refused = true;
        return undefined;
      }
      noted = trouble;
      const waitMs = waits.next(error instanceof SlackUnavailableError ? error.retryAfterMs : 0);
      const again = `trying again in ${Math.ceil(waitMs / 1000)} s`;
      log.warn({ platform: 'slack', error }, `Slack: ${trouble}; ${again}`);
      return waitMs;
    },
    trouble: () => (refused ? TOKEN_REFUSED : noted),
  };
}

function isFinal(reason: string): boolean {
  return isTokenRefusal(reason) || reason === 'missing_scope';
}
