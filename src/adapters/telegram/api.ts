import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type ApiCallFn, type ApiClientOptions, type Transformer } from 'grammy';

/** Long enough for a few short waits that the platform asks for; a person waits no longer. */
const CALL_WITHIN_MS = 25_000;
const LONGEST_WAIT_SECONDS = 10;
const RETRIES = 3;

/** The long poll has its own waits, and its own way of failing. */
const POLL = 'getUpdates';

type Signal = Parameters<Transformer>[3];

/**
 * Honours 429 and its `retry_after`, tries again after a 5xx or a lost connection, as grammY's documentation advises
 * (its auto-retry plugin in place of a throttler), and gives up after a bounded time: what could not be sent is told
 * by the sweep. A call that succeeds at once, as nearly all do, costs nothing of that.
 */
export function patient(): Transformer {
  const retry = autoRetry({ maxRetryAttempts: RETRIES, maxDelaySeconds: LONGEST_WAIT_SECONDS });
  return async (previous, method, payload, signal) => {
    if (method === POLL) return previous(method, payload, signal);
    const first = previous(method, payload, signal);
    const succeeded = await first.then(
      (response) => response.ok,
      () => false,
    );
    if (succeeded) return first;
    return retry(beginningWith(first, previous), method, payload, signal ?? deadline());
  };
}

/** Gives out the call that was begun already, then makes new ones. */
function beginningWith(begun: unknown, call: ApiCallFn): ApiCallFn {
  const left = [begun];
  const next: unknown = (...asked: Parameters<ApiCallFn>) => left.shift() ?? call(...asked);
  return next as ApiCallFn;
}

function deadline(): Signal {
  const signal: unknown = AbortSignal.timeout(CALL_WITHIN_MS);
  return signal as Signal;
}

/** The Bot API on its own: for what is sent, whoever receives the updates. */
export function openApi(token: string, options: ApiClientOptions): Api {
  const api = new Api(token, options);
  api.config.use(patient());
  return api;
}
