/** One request to Discord's API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Behind `/v10`, ids and tokens encoded. May hold a capability: never logged. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** With the bot's token. An interaction's own requests need none. @default true */
  readonly authorized?: boolean;
  /** Done twice it does harm: not to be tried again where it may have been done. */
  readonly once?: boolean;
  /** How long anybody waits for it, tries and pauses together. @default 25 s */
  readonly withinMs?: number;
}

export type ApiAnswer =
  | { readonly kind: 'ok'; readonly body: unknown; readonly tries: number }
  | {
      readonly kind: 'refused';
      readonly status: number;
      /** Discord's own (JSON Error Codes); 0 where there is none. */
      readonly code: number;
      readonly message: string;
      /** A former try may have been done. */
      readonly tries: number;
    };

/** Discord's API, however it is reached. A refusal is a value; what is to be tried later is thrown. */
export interface DiscordApi {
  /** @throws {TokenRefusedError | DiscordUnavailableError} */
  call(request: ApiRequest): Promise<ApiAnswer>;
}

export const API_WITHIN_MS = 25_000;

/** The bot's token is no longer valid: nothing works until it is replaced. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly code = 'discord_token_refused';
}

/** Discord did not do it now: too many requests, an error of its own, no connection. To be tried again later. */
export class DiscordUnavailableError extends Error {
  override readonly name = 'DiscordUnavailableError';
  readonly code = 'discord_unavailable';
  constructor(
    message: string,
    /** Not before so long. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

/** What a request is called in logs and errors: without ids and tokens. */
export function nameOf({ method, path }: Pick<ApiRequest, 'method' | 'path'>): string {
  return `${method} ${path.replace(/^\/(webhooks|interactions)\/.*$/, '/$1/…').replaceAll(/\/\d+/g, '/:id')}`;
}

const LONGEST_REASON = 2_000;

/** Without addresses: an answer may repeat one that it refuses, and that may be a sign-in link. */
export function plainReason(text: string): string {
  return text
    .slice(0, LONGEST_REASON)
    .replaceAll(/\b[a-z][a-z\d+.-]*:\/\/[^\s'"]+/gi, 'an address')
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .slice(0, 200);
}
