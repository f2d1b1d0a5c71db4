import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../common/http/client.js';
import { createSender } from '../../common/http/sender.js';
import { membersOf, textOf } from '../../common/payload.js';
import { isPassing, SlackRefusal, SlackUnavailableError } from '../outgoing/failures.js';
import { createFloodWaits } from './flood-waits.js';
import { isSlackAddress } from './slack-address.js';

type Members = { readonly [name: string]: unknown };

/** How long a call may take, all tries together. */
export interface Patience {
  readonly withinMs: number;
  readonly tries: number;
}

/** Slack's Web API, and the response_urls. */
export interface WebApi {
  /**
   * @throws {SlackRefusal} `ok: false`
   * @throws {SlackUnavailableError} 429 beyond patience, 5xx, no connection. Holds neither the token nor what was sent.
   */
  call(method: string, token: string, params: Members, patience?: Patience): Promise<Members>;
  /**
   * False: the address is used up, or too old, or none of Slack's.
   *
   * @throws {SlackUnavailableError} as for `call`
   */
  respond(url: string, params: Members): Promise<boolean>;
  /** Ends what is under way: requests, and waits between tries. */
  close(): Promise<void>;
}

export interface WebApiParts {
  readonly apiRoot: string;
  readonly client: HttpClient;
}

/** Long enough for a few short waits that the platform asks for; a person waits no longer. */
const PATIENCE: Patience = { withinMs: 25_000, tries: 4 };
const FIRST_WAIT_MS = 250;
/** Methods that only read take no JSON (docs.slack.dev/apis/web-api, "POST bodies"). */
const FORM_ONLY: ReadonlySet<string> = new Set(['users.info']);

/** One try: what it gave, or for how long to wait before the next one. */
interface Again {
  readonly kind: 'again';
  readonly error: SlackUnavailableError;
}
type Tried<T> = { readonly kind: 'done'; readonly value: T } | Again;
type Attempt<T> = (signal: AbortSignal) => Promise<Tried<T>>;

/**
 * A client of our own: Slack's (`WebClient`) tries ten times over half an hour by default, calls through `fetch`, and costs
 * more to load than the rest of a start. This one honours 429, tries again after 5xx and a lost connection, and gives up
 * after a bounded time.
 */
export function createWebApi({ apiRoot, client }: WebApiParts): WebApi {
  const floodWaits = createFloodWaits();
  const underWay = new Set<AbortController>();
  let closed = false;

  async function insist<T>(key: string, { withinMs, tries }: Patience, attempt: Attempt<T>): Promise<T> {
    const over = new AbortController();
    const untilMs = performance.now() + withinMs;
    const timer = setTimeout(() => over.abort(), withinMs);
    underWay.add(over);
    try {
      for (let nth = 1; ; nth += 1) {
        const waitMs = floodWaits.leftMs(key);
        if (waitMs > untilMs - performance.now())
          throw new SlackUnavailableError('Slack wants fewer requests.', waitMs);
        if (waitMs > 0) await pause(waitMs, over.signal);
        const tried = closed
          ? again(new SlackUnavailableError('The Slack chat has stopped.'))
          : await attempt(over.signal);
        if (tried.kind === 'done') return tried.value;
        const { retryAfterMs } = tried.error;
        if (retryAfterMs > 0) floodWaits.note(key, retryAfterMs);
        if (nth >= tries || over.signal.aborted || closed) throw tried.error;
        if (retryAfterMs === 0) await pause(jittered(nth), over.signal);
      }
    } finally {
      clearTimeout(timer);
      underWay.delete(over);
    }
  }

  async function post(
    what: string,
    posting: Omit<HttpRequest, 'method'>,
  ): Promise<HttpAnswer | SlackUnavailableError> {
    try {
      const posted = await client.send({ method: 'POST', ...posting });
      if (posted.status === 429)
        return new SlackUnavailableError(
          `Slack wants fewer requests at ${what}.`,
          1000 * (retryAfterSeconds(posted) ?? 1),
        );
      if (posted.status >= 500)
        return new SlackUnavailableError(`Slack answered ${posted.status} at ${what}.`);
      return posted;
    } catch (error) {
      return new SlackUnavailableError(`Slack could not be reached at ${what}${codeOf(error)}.`);
    }
  }

  return {
    call: (method, token, params, patience = PATIENCE) =>
      insist(floodKey(method, token, params), patience, async (signal) => {
        const form = FORM_ONLY.has(method);
        const headers = { authorization: `Bearer ${token}`, 'content-type': form ? FORM : JSON_TYPE };
        const body = form ? formOf(params) : JSON.stringify(params);
        const posted = await post(method, { url: `${apiRoot}/${method}`, headers, body, signal });
        return posted instanceof SlackUnavailableError ? again(posted) : answerOf(method, posted);
      }),

    async respond(url, params) {
      if (!isSlackAddress(url, 'https:', apiRoot)) return false;
      return insist(url, PATIENCE, async (signal) => {
        const headers = { 'content-type': JSON_TYPE };
        const posted = await post('a response_url', { url, headers, body: JSON.stringify(params), signal });
        if (posted instanceof SlackUnavailableError) return again(posted);
        // "ok", which is no JSON. A refusal may come with status 200, like one of a method.
        const { ok, error } = membersOf(parsed(posted.text));
        if (posted.status < 300 && ok !== false) return { kind: 'done', value: true };
        const reason = short(textOf(error) ?? '');
        if (isPassing(reason))
          return again(new SlackUnavailableError(`Slack answered ${reason} at a response_url.`));
        if (posted.status <= 400 && reason !== '') throw new SlackRefusal('response_url', reason);
        return { kind: 'done', value: false };
      });
    },

    async close() {
      closed = true;
      for (const over of underWay) over.abort();
      await client.close();
    },
  };
}

const JSON_TYPE = 'application/json; charset=utf-8';
const FORM = 'application/x-www-form-urlencoded';

function answerOf(method: string, { status, text }: HttpAnswer): Tried<Members> {
  const answer = membersOf(parsed(text));
  if (answer.ok === true) return { kind: 'done', value: answer };
  const reason = short(textOf(answer.error) ?? `status ${status}`);
  if (answer.ok !== false || isPassing(reason))
    return again(new SlackUnavailableError(`Slack answered ${reason} at ${method}.`));
  const { messages } = membersOf(answer.response_metadata);
  const details = Array.isArray(messages) ? `: ${short(messages.join(' '))}` : '';
  throw new SlackRefusal(method, reason, details);
}

/** What a gateway asks before anybody has written to it. */
const OF_A_START = /\/(?:auth\.test|apps\.connections\.open)$/;

export function createSlackSender(): HttpClient {
  return createSender({ ofAStart: (url) => OF_A_START.test(url) });
}

function retryAfterSeconds({ headers }: HttpAnswer): number | undefined {
  const seconds = Number.parseInt(String(headers['retry-after']), 10);
  return seconds > 0 ? seconds : undefined;
}

const again = (error: SlackUnavailableError): Again => ({ kind: 'again', error });

/** Slack counts by method and workspace, posts by channel besides (docs.slack.dev/apis/web-api/rate-limits). */
function floodKey(method: string, token: string, { channel }: Members): string {
  return `${method} ${token} ${typeof channel === 'string' ? channel : ''}`;
}

function formOf(params: Members): string {
  const fields = Object.entries(params).map(([name, value]) => [name, String(value)] as const);
  return new URLSearchParams(Object.fromEntries(fields)).toString();
}

/** Twice as long each time, and never for two at once the same. */
function jittered(nth: number): number {
  return FIRST_WAIT_MS * 2 ** (nth - 1) * (0.5 + Math.random());
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/** What the network said, `ECONNREFUSED`: never its message, which may hold the address, and a response_url is a capability. */
function codeOf(error: unknown): string {
  const code = textOf(membersOf(error).code) ?? (error instanceof Error ? error.name : '');
  return /^[A-Za-z_]{3,40}$/.test(code) ? ` (${code})` : '';
}

const LONGEST_REASON = 2_000;

/** Slack's own words, as far as they go into an error: without addresses, which may be sign-in links. */
function short(text: string): string {
  return text
    .slice(0, LONGEST_REASON)
    .replaceAll(/\b[a-z][a-z\d+.-]*:\/\/[^\s'"]+/gi, 'an address')
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .slice(0, 200);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
