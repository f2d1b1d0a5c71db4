import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type ApiCallFn, type ApiClientOptions, type Transformer } from 'grammy';
import { createFloodWaits } from './flood-waits.js';
import { grammySignal } from './transport.js';

/** Long enough for a few short waits that the platform asks for; a person waits no longer. */
const CALL_WITHIN_SECONDS = 25;
const LONGEST_WAIT_SECONDS = 10;

type Signal = Parameters<Transformer>[3];

/**
 * Honours 429 and its `retry_after`, tries again after a 5xx or a lost connection, as grammY's documentation advises
 * (its auto-retry plugin in place of a throttler), and gives up after a bounded time, however often it tried: several
 * messages may wait for the same chat. What could not be sent is told by the sweep, and not before its chat may be
 * written to again. A call that succeeds at once, as nearly all do, costs nothing of that.
 */
function patient(ending: AbortSignal): Transformer {
  const retry = autoRetry({ maxDelaySeconds: LONGEST_WAIT_SECONDS });
  return async (previous, method, payload, signal) => {
    const first = previous(method, payload, signal);
    const succeeded = await first.then(
      (response) => response.ok,
      () => false,
    );
    if (succeeded) return first;
    return retry(beginningWith(first, previous), method, payload, signal ?? deadline(ending));
  };
}

/** Gives out the call that was begun already, then makes new ones. */
function beginningWith(begun: unknown, call: ApiCallFn): ApiCallFn {
  const left = [begun];
  const next: unknown = (...asked: Parameters<ApiCallFn>) => left.shift() ?? call(...asked);
  return next as ApiCallFn;
}

/** What still waits for Telegram at the end waits no longer. */
function deadline(ending: AbortSignal): Signal {
  return grammySignal(AbortSignal.any([ending, AbortSignal.timeout(CALL_WITHIN_SECONDS * 1000)]));
}

export interface ApiParts {
  /** Aborts the waits between tries. */
  readonly ending: AbortSignal;
  /** Sees every request, also those that are tried again. */
  readonly watch?: Transformer;
}

/** The Bot API for what is sent, whoever receives the updates. */
export function openApi(token: string, options: ApiClientOptions, { ending, watch }: ApiParts): Api {
  // With `sensitiveLogs` grammY's errors hold the address of the request, and so the token.
  const api = new Api(token, { ...options, timeoutSeconds: CALL_WITHIN_SECONDS, sensitiveLogs: false });
  api.config.use(...(watch === undefined ? [] : [watch]), createFloodWaits(), patient(ending));
  return api;
}
