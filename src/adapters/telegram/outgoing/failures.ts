import { GrammyError, HttpError } from 'grammy';

/** What a refused call means for the message or person it was about. */
export type Refusal =
  /** The message says that already. */
  | { readonly kind: 'same' }
  /** There is no such message, chat or person any more, or it is no message that this bot may edit. */
  | { readonly kind: 'gone' }
  /** The bot may not write to this person: it was never started, or is blocked. */
  | { readonly kind: 'no-access' }
  | { readonly kind: 'moved'; readonly to: number }
  /** Any other 400: not this way. */
  | { readonly kind: 'refused'; readonly why: string };

/** The bot's token is no longer valid: nothing works until it is replaced. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly code = 'telegram_token_refused';
}

/** Telegram did not do it now: too many requests, an error of its own, no connection. To be tried again later. */
export class TelegramUnavailableError extends Error {
  override readonly name: string = 'TelegramUnavailableError';
  readonly code: string = 'telegram_unavailable';
}

/** 429 beyond patience: mostly one chat's, so that another chat may still be written to. */
export class TooManyRequestsError extends TelegramUnavailableError {
  override readonly name = 'TooManyRequestsError';
  override readonly code = 'telegram_too_many_requests';
}

/** Mostly told with 403, but not always. */
const NO_ACCESS =
  /can't initiate conversation|bot was blocked|user is deactivated|chat not found|PEER_ID_INVALID|USER_ID_INVALID/i;
const GONE =
  /message (to (edit|delete|be replied) not found|can't be (edited|deleted)|identifier is not specified)|MESSAGE_ID_INVALID|EPHEMERAL_MESSAGE_ID_INVALID|thread not found/i;

/**
 * Tells what a failed call means.
 *
 * @throws {TokenRefusedError} 401, and 404 for every method of an unknown token
 * @throws {TooManyRequestsError} 429 beyond patience
 * @throws {TelegramUnavailableError} 5xx, no connection. None of them holds the token or the request.
 */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof GrammyError)) throw unavailable(error);
  const { error_code: status, description, method, parameters } = error;
  if (isTokenRefusal(error))
    throw new TokenRefusedError(`Telegram refuses the bot's token (${status} at ${method}).`);
  if (parameters.migrate_to_chat_id !== undefined)
    return { kind: 'moved', to: parameters.migrate_to_chat_id };
  if (status === 403 || NO_ACCESS.test(description)) return { kind: 'no-access' };
  if (status !== 400) {
    const Unavailable = status === 429 ? TooManyRequestsError : TelegramUnavailableError;
    throw new Unavailable(`Telegram answered ${status} at ${method}: ${plain(description)}`);
  }
  if (/message is not modified/i.test(description)) return { kind: 'same' };
  return GONE.test(description)
    ? { kind: 'gone' }
    : { kind: 'refused', why: `${method}: ${plain(description)}` };
}

/**
 * For a deletion that is made again because its answer was lost, or that its author was quicker with: what was to go is
 * gone.
 */
export function unlessGone(error: unknown): void {
  const isGone = error instanceof GrammyError && /message to delete not found/i.test(error.description);
  if (!isGone) throw error;
}

/** 404 for every method is what a token gets that never was one; a method that an older server lacks is named. */
export function isTokenRefusal({
  error_code: status,
  description,
}: {
  readonly error_code: number;
  readonly description: string;
}): boolean {
  return status === 401 || (status === 404 && description === 'Not Found');
}

/** Without the cause: a failed fetch holds the URL, and that holds the token. */
function unavailable(error: unknown): Error {
  if (error instanceof HttpError) return new TelegramUnavailableError(plain(error.message));
  return error instanceof Error ? error : new TelegramUnavailableError('Telegram could not be asked.');
}

/** Without addresses: Telegram's own holds the token, and one that it refuses (it repeats it) may be a sign-in link. */
function plain(text: string): string {
  return text
    .replaceAll(/\b[a-z][a-z\d+.-]*:\/\/[^\s'"]+/gi, 'an address')
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .slice(0, 200);
}
