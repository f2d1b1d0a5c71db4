import type { AuthFailureCode } from './types.js';

/** Where in a standard an OAuth error code comes from, by the endpoint that answered it. */
export type Endpoint = 'authorization' | 'token' | 'refresh' | 'registration' | 'resource';

const DEVICE = 'RFC 8628 §3.5';

const OPENID = 'OpenID Connect Core §3.1.2.6';

/** Codes that mean the same wherever they come from. */
const BY_ERROR: ReadonlyMap<string, string> = new Map(
  Object.entries({
    invalid_target: 'RFC 8707 §2',
    authorization_pending: DEVICE,
    slow_down: DEVICE,
    expired_token: DEVICE,
    unsupported_token_type: 'RFC 7009 §2.2.1',
    insufficient_scope: 'RFC 6750 §3.1',
    invalid_token: 'RFC 6750 §3.1',
    interaction_required: OPENID,
    login_required: OPENID,
    consent_required: OPENID,
    account_selection_required: OPENID,
    request_not_supported: OPENID,
    request_uri_not_supported: OPENID,
    invalid_client_metadata: 'RFC 7591 §3.2.2',
    invalid_redirect_uri: 'RFC 7591 §3.2.2',
    invalid_software_statement: 'RFC 7591 §3.2.2',
    unapproved_software_statement: 'RFC 7591 §3.2.2',
  }),
);

const BY_ENDPOINT: Readonly<Record<Endpoint, string>> = {
  authorization: 'RFC 6749 §4.1.2.1',
  token: 'RFC 6749 §5.2',
  refresh: 'RFC 6749 §5.2',
  registration: 'RFC 7591 §3.2.2',
  resource: 'RFC 6750 §3.1',
};

/** What is said where the error does not name its section itself. */
const BY_CODE: Readonly<Partial<Record<AuthFailureCode, string>>> = {
  'bad-metadata': 'RFC 8414 §3.2',
  'issuer-mismatch': 'RFC 8414 §3.3',
  'pkce-unsupported': 'RFC 8414 §2',
  'insecure-endpoint': 'RFC 6749 §3.1',
  'blocked-address': 'RFC 9728 §7.7',
  'registration-refused': 'RFC 7591 §3.2.2',
  'credential-refused': 'RFC 6750 §3.1',
};

/** The error code as it may be shown: RFC 6749 allows it almost any character, and everybody uses these. */
export function shownError(error: string | undefined): string | undefined {
  return error !== undefined && /^[\w.-]{1,64}$/.test(error) ? error : undefined;
}

export function sectionOfError(error: string, endpoint: Endpoint): string {
  // The same word has two places: in a redirect, and in the answer to who asks whether a code was typed.
  if (error === 'access_denied' && endpoint === 'token') return DEVICE;
  const section = BY_ERROR.get(error);
  // Nobody types a code for a refresh.
  return section === undefined || (section === DEVICE && endpoint === 'refresh')
    ? BY_ENDPOINT[endpoint]
    : section;
}

export const sectionOfCode = (code: AuthFailureCode): string | undefined => BY_CODE[code];
