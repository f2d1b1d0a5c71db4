import { type ApiAnswer, type ApiRequest, DiscordUnavailableError, nameOf } from '../connection/api.js';

/** What a refused call means for the message or person it was about. */
export type Refusal =
  /** There is no such message, channel or person any more, the interaction is over, or it is no message of this bot. */
  | { readonly kind: 'gone' }
  /** This person takes no messages from the bot. */
  | { readonly kind: 'no-access' }
  /** Not this way. */
  | { readonly kind: 'refused'; readonly why: string };

/** JSON Error Codes. */
const GONE: ReadonlySet<number> = new Set([
  10_003, // Unknown Channel
  10_008, // Unknown Message
  10_013, // Unknown User
  10_015, // Unknown Webhook: the interaction is over
  10_062, // Unknown Interaction: it came too late
  40_060, // Interaction has already been acknowledged: by somebody else
  50_005, // Cannot edit a message authored by another user
  50_027, // Invalid Webhook Token: its fifteen minutes are over
  50_083, // Thread is archived
]);
const NO_ACCESS: ReadonlySet<number> = new Set([
  50_001, // Missing Access
  50_007, // Cannot send messages to this user
  50_013, // Missing Permissions
  50_033, // Invalid Recipient(s)
  50_278, // Cannot send messages to this user: no guild in common
]);
/** Opening direct messages too fast. */
const TOO_FAST = 40_003;

/** @throws {DiscordUnavailableError} where it may go well later */
export function refusalOf(
  request: ApiRequest,
  { status, code, message }: Extract<ApiAnswer, { kind: 'refused' }>,
): Refusal {
  if (code === TOO_FAST || status === 408)
    throw new DiscordUnavailableError(`Discord does not take ${nameOf(request)} now (${code}).`);
  if (NO_ACCESS.has(code)) return { kind: 'no-access' };
  if (GONE.has(code) || status === 404) return { kind: 'gone' };
  return { kind: 'refused', why: `${nameOf(request)}: ${status} ${code} ${message}`.trim() };
}
