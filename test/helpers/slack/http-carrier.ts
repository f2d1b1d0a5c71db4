import type { Attempt, Carrier, Outcome } from './delivery.js';
import type { RawAnswer } from './face-delivery.js';
import type { Fields } from './shapes.js';
import { signed } from './signing.js';

interface Posted extends RawAnswer {
  readonly noRetry: boolean;
}

/** Slack's own requests: no redirect is followed. */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Posted> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)', ...headers },
    redirect: 'manual',
    ...(signal === undefined ? {} : { signal }),
  });
  const noRetry = response.headers.get('x-slack-no-retry') === '1';
  return { status: response.status, body: await response.text(), noRetry };
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const JSON_TYPE = { 'content-type': 'application/json' };

/** Commands are form fields, interactions JSON in one form field, events JSON. */
function encoded({ kind, payload }: Attempt): { readonly body: string; readonly headers: typeof FORM } {
  if (kind === 'events_api') return { body: JSON.stringify(payload), headers: JSON_TYPE };
  const fields = kind === 'interactive' ? { payload: JSON.stringify(payload) } : asText(payload);
  return { body: new URLSearchParams(fields).toString(), headers: FORM };
}

const asText = (payload: Fields): Record<string, string> =>
  Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]));

function read(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return { text: body };
  }
}

function outcomeOf({ status, body, noRetry }: Posted): Outcome {
  if (status === 200) return { acked: true, answer: read(body) };
  const error = status >= 500 ? 'http_service_error' : 'http_client_error';
  return { acked: false, error, reason: 'http_error', final: noRetry };
}

/** Signed HTTP, to the replicas in turn. */
export class HttpCarrier implements Carrier {
  readonly via = 'http';
  readonly #secret: string;
  readonly #now: () => number;
  urls: readonly string[];
  #turn = 0;

  constructor(secret: string, now: () => number, urls: readonly string[]) {
    this.#secret = secret;
    this.#now = now;
    this.urls = urls;
  }

  async carry(attempt: Attempt): Promise<Outcome> {
    const url = this.urls[this.#turn++ % this.urls.length] ?? '';
    const { body, headers } = encoded(attempt);
    const again = attempt.retry === 0 ? {} : retryHeaders(attempt);
    const signal = AbortSignal.timeout(attempt.ackWithinMs);
    try {
      const all = { ...headers, ...again, ...signed(this.#secret, body, this.#now()) };
      return outcomeOf(await post(url, body, all, signal));
    } catch {
      return signal.aborted
        ? { acked: false, error: 'operation_timeout', reason: 'http_timeout' }
        : { acked: false, error: 'dispatch_failed', reason: 'connection_failed' };
    }
  }
}

const retryHeaders = ({ retry, retryReason }: Attempt) => ({
  'x-slack-retry-num': String(retry),
  'x-slack-retry-reason': retryReason,
});
