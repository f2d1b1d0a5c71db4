import { membersOf, textOf } from '../../common/payload.js';
import type { DiscordHost } from '../host.js';
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

export interface HostApi extends DiscordApi {
  /** The host is logged in: its token is good. */
  loggedIn(): void;
  refused(): boolean;
}

/**
 * discord.js tries again after errors of Discord's own, after some lost connections and after its own time limit, and does
 * not say so: every refusal may be of a second try.
 */
const PERHAPS_SECOND_TRY = 2;

/** Discord's API by the host's own client, which keeps the limits that its bot has, for all that it sends. */
export function createHostApi(host: Pick<DiscordHost, 'rest'>, onRefusal: () => void): HostApi {
  let refused = false;

  async function call(request: ApiRequest): Promise<ApiAnswer> {
    const { method, path, query, body, authorized = true, withinMs = API_WITHIN_MS } = request;
    if (refused && authorized) throw new TokenRefusedError('Discord refused the host’s token before.');
    const signal = AbortSignal.timeout(withinMs);
    try {
      const asked = host.rest.request({
        method,
        fullRoute: path,
        ...(query === undefined ? {} : { query: new URLSearchParams(query) }),
        ...(body === undefined ? {} : { body }),
        auth: authorized,
        signal,
      });
      const answer = await until(signal, asked);
      return { kind: 'ok', body: answer, tries: 1 };
    } catch (error) {
      return refusal(request, authorized, error);
    }
  }

  function refusal(request: ApiRequest, authorized: boolean, error: unknown): ApiAnswer {
    const { status, code, rawError } = isObject(error) ? error : {};
    if (status === 401 && authorized) {
      if (!refused) onRefusal();
      refused = true;
      throw new TokenRefusedError('Discord refuses the host’s token.');
    }
    // Without the cause: discord.js's errors hold the request's address and body.
    if (typeof status !== 'number' || status >= 500 || status === 429)
      throw new DiscordUnavailableError(`Discord did not take ${nameOf(request)} through the host’s client.`);
    return {
      kind: 'refused',
      status,
      code: typeof code === 'number' ? code : 0,
      message: plainReason(textOf(membersOf(rawError).message) ?? ''),
      tries: PERHAPS_SECOND_TRY,
    };
  }

  return {
    call,
    loggedIn() {
      refused = false;
    },
    refused: () => refused,
  };
}

/**
 * discord.js sleeps for as long as a 429 says, and looks at the signal only before it sends: what was given up meanwhile is
 * not sent any more.
 */
function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
