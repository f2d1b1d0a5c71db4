import type { AuthFailure, AuthFailureCode } from '../../auth/types.js';
import { oneLine, plainHost } from './text.js';

/** Who can do something about it: the person (again, or later), or whoever runs the gateway. */
export type Remedy = 'again' | 'later' | 'operator' | 'cancel-first';

interface FailureText {
  readonly sentence: (host: string, server: string) => string;
  readonly remedy: Remedy;
}

/** What each failure means to the person: our own words only, never the provider's (threat 5). */
const TEXTS: Readonly<Record<AuthFailureCode, FailureText>> = {
  unreachable: { sentence: (host) => `${host} could not be reached.`, remedy: 'later' },
  timeout: { sentence: (host) => `${host} took too long to answer.`, remedy: 'later' },
  'too-large': {
    sentence: (host) => `${host} sent far more than an answer, so it was cut off.`,
    remedy: 'operator',
  },
  'http-error': { sentence: (host) => `${host} answered with an error.`, remedy: 'later' },
  'bad-metadata': {
    sentence: (host) => `${host} does not say how to sign in to it in a way that the gateway understands.`,
    remedy: 'operator',
  },
  'blocked-address': {
    sentence: (_, server) =>
      `The sign-in of ${server} leads to a private address, where this gateway does not go.`,
    remedy: 'operator',
  },
  'insecure-endpoint': {
    sentence: (_, server) => `The sign-in of ${server} leads over a connection that is not encrypted.`,
    remedy: 'operator',
  },
  'issuer-mismatch': {
    sentence: () =>
      'The answer came from another sign-in service than the one that was asked, so it was not used.',
    remedy: 'operator',
  },
  'pkce-unsupported': {
    sentence: (host) => `${host} lacks a protection that this gateway insists on (PKCE).`,
    remedy: 'operator',
  },
  'device-unsupported': {
    sentence: (host) => `${host} does not let people sign in by a code.`,
    remedy: 'operator',
  },
  'registration-refused': {
    sentence: (host) => `${host} does not accept this gateway as an application.`,
    remedy: 'operator',
  },
  'provider-refused': { sentence: (host) => `${host} refused the sign-in.`, remedy: 'again' },
  'client-refused': {
    sentence: (host) => `${host} does not accept this gateway as it is configured.`,
    remedy: 'operator',
  },
  'credential-refused': {
    sentence: (_, server) => `${server} did not accept what it was just given access with.`,
    remedy: 'again',
  },
  'store-unavailable': { sentence: () => 'The gateway could not save it.', remedy: 'later' },
  'too-many-pending': { sentence: () => 'Too many sign-ins are open at once.', remedy: 'cancel-first' },
  'rate-limited': { sentence: () => 'Too much was asked of the gateway just now.', remedy: 'later' },
  internal: { sentence: () => 'Something went wrong in the gateway; its log says what.', remedy: 'operator' },
};

/** What a provider's own code means; the others are told by `provider-refused`. */
const REFUSALS: ReadonlyMap<string, FailureText> = new Map(
  Object.entries<FailureText>({
    invalid_scope: {
      sentence: (host) => `${host} does not offer the access that was asked for.`,
      remedy: 'operator',
    },
    invalid_target: {
      sentence: (host, server) => `${host} gives no access to ${server}.`,
      remedy: 'operator',
    },
    temporarily_unavailable: {
      sentence: (host) => `${host} takes no sign-ins at the moment.`,
      remedy: 'later',
    },
    server_error: { sentence: (host) => `${host} had a problem of its own.`, remedy: 'later' },
    invalid_client: { sentence: (host) => `${host} did not recognise this gateway.`, remedy: 'again' },
    unauthorized_client: {
      sentence: (host) => `${host} does not allow this gateway to sign people in.`,
      remedy: 'operator',
    },
    unsupported_response_type: {
      sentence: (host) => `${host} does not offer sign-ins of this kind.`,
      remedy: 'operator',
    },
    invalid_request: { sentence: (host) => `${host} did not understand the sign-in.`, remedy: 'operator' },
  }),
);

export function failureText(failure: AuthFailure, server: string): { sentence: string; remedy: Remedy } {
  const host = failure.host === undefined ? undefined : plainHost(failure.host);
  const own = failure.code === 'provider-refused' ? REFUSALS.get(failure.error ?? '') : undefined;
  const { sentence, remedy } = own ?? TEXTS[failure.code];
  return { sentence: sentence(oneLine(host ?? 'The sign-in service', 128), oneLine(server)), remedy };
}
