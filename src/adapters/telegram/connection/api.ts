import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type ApiCallFn, type ApiClientOptions, type Transformer } from 'grammy';
import { createFloodWaits } from './flood-waits.js';
import { grammySignal } from './transport.js';

/** Long enough for a few short waits that the platform asks for; a person waits no longer. */
const CALL_WITHIN_MS = 25_000;
const LONGEST_WAIT_SECONDS = 10;

type Signal = Parameters<Transformer>[3];

/**
 * Honours 429 and its `retry_after`, tries again after a 5xx or a lost connection, as grammY's documentation advises
 * (its auto-retry plugin in place of a throttler), and gives up after a bounded time, however often it tried: several
 * messages may wait for the same chat. It ends with what Telegram said last: a chat that takes nothing more is told from a
 * Telegram that cannot be reached. What could not be sent is told by the sweep, and not before its chat may be written to
 * again. A call that succeeds at once, as nearly all do, costs nothing of that.
 */
function patient(ending: AbortSignal, withinMs: number): Transformer {
  const retry = autoRetry({ maxDelaySeconds: LONGEST_WAIT_SECONDS });
  return async (previous, method, payload, signal) => {
    const first = previous(method, payload, signal);
    const succeeded = await first.then(
      (response) => response.ok,
      () => false,
    );
    if (succeeded) return first;
    let last = first;
    let isFirst = true;
    const next = (...asked: Parameters<ApiCallFn>) => {
      if (!isFirst) last = previous(...asked) as typeof first;
      isFirst = false;
      return last;
    };
    // What it throws by itself is that it was cut off in a pause; anything else is what the last call threw.
    return retry(next as ApiCallFn, method, payload, signal ?? deadline(ending, withinMs)).catch(() => last);
  };
}

/** What still waits for Telegram at the end waits no longer. */
function deadline(ending: AbortSignal, withinMs: number): Signal {
  return grammySignal(AbortSignal.any([ending, AbortSignal.timeout(withinMs)]));
}

export interface ApiParts {
  /** Aborts the waits between tries. */
  readonly ending: AbortSignal;
  /** Sees every request, also those that are tried again. */
  readonly watch?: Transformer;
  /** How long a call is tried again. @default 25 s */
  readonly withinMs?: number;
}

/** The Bot API for what is sent, whoever receives the updates. */
export function openApi(token: string, options: ApiClientOptions, parts: ApiParts): Api {
  const { ending, watch, withinMs = CALL_WITHIN_MS } = parts;
  // With `sensitiveLogs` grammY's errors hold the address of the request, and so the token.
  const api = new Api(token, { ...options, timeoutSeconds: CALL_WITHIN_MS / 1000, sensitiveLogs: false });
  api.config.use(...(watch === undefined ? [] : [watch]), createFloodWaits(), patient(ending, withinMs));
  return api;
}
