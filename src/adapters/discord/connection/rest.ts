import { setTimeout as sleep } from 'node:timers/promises';
import { membersOf, textOf } from '../../common/payload.js';
import {
  API_WITHIN_MS,
  type ApiAnswer,
  type ApiRequest,
  type DiscordApi,
  DiscordUnavailableError,
  nameOf,
  plainReason,
  TokenRefusedError,
} from './api.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { createRateLimits, parsed, retryAfterMs } from './rate-limits.js';

export interface RestParts {
  readonly token: string;
  /** Without a trailing slash and a version. */
  readonly apiRoot: string;
  readonly client: HttpClient;
  /** Ends the waits between tries. */
  readonly ending: AbortSignal;
  /** The token was refused: nothing is asked any more. */
  readonly refused: () => boolean;
  readonly refuse: () => void;
}

const VERSION = 10;
/** As Discord asks of every client ("User Agent"). */
const USER_AGENT = 'DiscordBot (mcp-chat-gateway, 1)';
const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 250;
/** A person waits no longer for a flood to pass; what could not be said is said by the sweep. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Discord's API by requests of our own. Not `@discordjs/rest`: it waits for as long as a 429 says, without an end, and
 * lets what came later wait behind it.
 */
export function createRest({ token, apiRoot, client, ending, refused, refuse }: RestParts): DiscordApi {
  const { origin, pathname } = new URL(apiRoot);
  const root = `${pathname.replace(/\/+$/, '')}/v${VERSION}`;
  const now = (): number => performance.now();
  const limits = createRateLimits(now);

  async function send(request: ApiRequest, withinMs: number): Promise<HttpAnswer> {
    if (refused()) throw new TokenRefusedError('Discord refused the bot’s token before.');
    const { method, authorized = true, body } = request;
    const answer = await client.send({
      method,
      origin,
      path: `${root}${request.path}${queryOf(request)}`,
      headers: {
        'user-agent': USER_AGENT,
        ...(authorized ? { authorization: `Bot ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      withinMs,
    });
    limits.note(request, answer);
    return answer;
  }

  /** What comes of one try: the answer, or the wait before the next one. */
  async function attempt(request: ApiRequest, tries: number, leftMs: number): Promise<ApiAnswer | number> {
    let answer: HttpAnswer;
    try {
      answer = await send(request, leftMs);
    } catch (error) {
      if (error instanceof TokenRefusedError) throw error;
      if (request.once === true || ending.aborted) throw unreachable(request, error);
      return pauseMs(tries);
    }
    const { status } = answer;
    if (status === 429) return retryAfterMs(answer);
    if (status >= 500 && request.once !== true) return pauseMs(tries);
    if (status >= 500) throw new DiscordUnavailableError(`Discord answered ${status} to ${nameOf(request)}.`);
    if (status === 401 && request.authorized !== false) {
      refuse();
      throw new TokenRefusedError('Discord refuses the bot’s token.');
    }
    return answerOf(answer, tries);
  }

  return {
    async call(request) {
      const untilMs = now() + (request.withinMs ?? API_WITHIN_MS);
      for (let tries = 1; ; tries += 1) {
        await pass(limits.waitMs(request), untilMs, request);
        const came = await attempt(request, tries, Math.max(1, untilMs - now()));
        if (typeof came !== 'number') return came;
        if (tries === MOST_TRIES)
          throw new DiscordUnavailableError(
            `Discord did not take ${nameOf(request)}, tried ${tries} times.`,
            came,
          );
        await pass(came, untilMs, request);
      }
    },
  };

  async function pass(waitMs: number, untilMs: number, request: ApiRequest): Promise<void> {
    if (waitMs <= 0) return;
    if (waitMs > LONGEST_WAIT_MS || now() + waitMs > untilMs)
      throw new DiscordUnavailableError(
        `Discord takes no ${nameOf(request)} for ${Math.ceil(waitMs / 1000)} s.`,
        waitMs,
      );
    await sleep(waitMs, undefined, { signal: ending, ref: false }).catch(() => {
      throw new DiscordUnavailableError('The Discord chat has stopped.');
    });
  }
}

function queryOf({ query = {} }: ApiRequest): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Twice as long each time, and not the same for all who failed at the same moment. */
function pauseMs(tries: number): number {
  return FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}

function answerOf({ status, text }: HttpAnswer, tries: number): ApiAnswer {
  const body = parsed(text);
  if (status >= 200 && status < 300) return { kind: 'ok', body, tries };
  const { code, message } = membersOf(body);
  return {
    kind: 'refused',
    status,
    code: typeof code === 'number' ? code : 0,
    message: plainReason(textOf(message) ?? ''),
    tries,
  };
}

/** Without the cause: what the network says may hold the address, and that may hold a capability. */
function unreachable(request: ApiRequest, error: unknown): DiscordUnavailableError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const why = /^[A-Z_]{3,40}$/.test(code) ? ` (${code})` : '';
  return new DiscordUnavailableError(`Discord could not be asked: ${nameOf(request)}${why}.`);
}
