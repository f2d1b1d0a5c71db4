import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type ApiClientOptions, type Transformer } from 'grammy';

/** Long enough for a few short waits that the platform asks for; a person waits no longer. */
const CALL_WITHIN_MS = 25_000;
const LONGEST_WAIT_SECONDS = 10;
const RETRIES = 3;

/** What a transformer of ours leaves alone: the long poll has its own waits, and its own way of failing. */
const POLL = 'getUpdates';

type Signal = Parameters<Transformer>[3];

/**
 * Honours 429 and its `retry_after`, tries again after a 5xx or a lost connection, as grammY's documentation advises
 * (its auto-retry plugin in place of a throttler), and gives up after a bounded time: what could not be sent is told
 * by the sweep.
 */
export function patient(): readonly Transformer[] {
  const retry = autoRetry({ maxRetryAttempts: RETRIES, maxDelaySeconds: LONGEST_WAIT_SECONDS });
  const retrying: Transformer = (previous, method, payload, signal) =>
    method === POLL ? previous(method, payload, signal) : retry(previous, method, payload, signal);
  const bounded: Transformer = (previous, method, payload, signal) =>
    method === POLL ? previous(method, payload, signal) : previous(method, payload, signal ?? deadline());
  return [retrying, bounded];
}

function deadline(): Signal {
  const signal: unknown = AbortSignal.timeout(CALL_WITHIN_MS);
  return signal as Signal;
}

/** The Bot API on its own: for what is sent, whoever receives the updates. */
export function openApi(token: string, options: ApiClientOptions): Api {
  const api = new Api(token, options);
  api.config.use(...patient());
  return api;
}
