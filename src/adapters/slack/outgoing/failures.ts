/** `{ ok: false, error }`: what Slack says to a call that it understood. */
export class SlackRefusal extends Error {
  override readonly name = 'SlackRefusal';
  readonly code = 'slack_refused';
  constructor(
    readonly method: string,
    /** Slack's word for it: `channel_not_found`. */
    readonly reason: string,
    /** What is wrong with the arguments, where Slack says so. */
    details = '',
  ) {
    super(`Slack refused ${method}: ${reason}${details}`);
  }
}

/** The token is no longer valid: nothing works with it until it is replaced. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly code = 'slack_token_refused';
}

/** Slack did not do it now: too many requests, an error of its own, no connection. To be tried again later. */
export class SlackUnavailableError extends Error {
  override readonly name = 'SlackUnavailableError';
  readonly code = 'slack_unavailable';
  constructor(
    message: string,
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

/** Not `team_access_not_granted`: an organisation’s token goes on serving its other workspaces. */
const TOKEN_REFUSED: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
]);
const PASSING: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'ratelimited',
  'rate_limited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);
const TOO_LATE: ReadonlySet<string> = new Set([
  'trigger_expired',
  'expired_trigger_id',
  'invalid_trigger_id',
]);

export const isTokenRefusal = (reason: string): boolean => TOKEN_REFUSED.has(reason);
/** Slack's own trouble, told with status 200. */
export const isPassing = (reason: string): boolean => PASSING.has(reason);
/** The three seconds in which a press can open a form are over. */
export const isTooLate = (reason: string): boolean => TOO_LATE.has(reason);
/** Blocks or text that Slack does not take: no other way will do either. */
export const isOurMistake = (reason: string): boolean =>
  /^(invalid_blocks|invalid_arguments|invalid_json|msg_too_long|msg_blocks_too_long|no_text)/.test(reason);
