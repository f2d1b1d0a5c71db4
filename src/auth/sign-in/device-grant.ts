import type { AuthorizationServerMetadata, FetchLike } from '@modelcontextprotocol/client';
import {
  type AuthorizationServer,
  allowInsecureRequests,
  type ClientAuth,
  customFetch,
  type DeviceAuthorizationResponse,
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  processDeviceAuthorizationResponse,
  processDeviceCodeResponse,
  ResponseBodyError,
} from 'oauth4webapi';
import { authenticate, mayBePlain } from '../clients/client-auth.js';
import type { Sign } from '../clients/client-keys.js';
import { deviceEndpoint, hostOfUrl, isSecureEndpoint } from '../discovery/metadata-checks.js';
import { AuthError, failureOf } from '../errors.js';
import { conforming } from '../keeper/token-answer.js';
import { namingProvider } from '../naming-provider.js';
import { retryAfterMs } from '../requests/retry-after.js';
import type { AuthFailure, OAuthCredential } from '../types.js';
import { credentialOf } from './code-exchange.js';
import { readable } from './device-answer.js';
import type { DeviceFlow } from './records.js';

/** RFC 8628 §3.5: where the provider names none. */
const DEFAULT_INTERVAL_S = 5;
const SLOWER_BY_MS = 5_000;
/** A provider that cannot be reached is asked ever more rarely, up to this (§3.5). */
const LONGEST_INTERVAL_MS = 60_000;

/** No sign-in is open for longer. What is too large for a number would be none in the record: no wait at all. */
const DAY_MS = 24 * 3_600_000;

/** What is known before the provider has given a code. */
export type DeviceRequest = Pick<DeviceFlow, 'serverUrl' | 'discovery' | 'client' | 'scope' | 'resource'>;

/** What one question at the token endpoint came to. */
export type PollOutcome =
  | { readonly kind: 'tokens'; readonly credential: OAuthCredential }
  /** Ask again after so long. */
  | { readonly kind: 'wait'; readonly intervalMs: number }
  /** `failure`: the provider's code and where the standard has it, for whoever looks closer. */
  | { readonly kind: 'declined'; readonly failure: AuthFailure }
  | { readonly kind: 'expired'; readonly failure: AuthFailure }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

function serverOf(metadata: AuthorizationServerMetadata): AuthorizationServer {
  const endpoint = deviceEndpoint(metadata);
  return {
    issuer: metadata.issuer,
    token_endpoint: metadata.token_endpoint,
    ...(endpoint === undefined ? {} : { device_authorization_endpoint: endpoint }),
  };
}

/** With what a question is sent. */
export interface DeviceOptions {
  readonly fetch: FetchLike;
  /** For clients that prove themselves by a key. */
  readonly sign?: Sign | undefined;
}

function clientOf({ client, discovery }: DeviceRequest, sign: Sign | undefined) {
  const { issuer, token_endpoint_auth_methods_supported: methods } = discovery.metadata;
  const auth: ClientAuth = (_server, _client, body, headers) =>
    authenticate({ client, issuer, methods, sign }, headers, body);
  return { id: { client_id: client.clientId }, auth };
}

/** What a person is to type: printable, short, and nothing that could look like anything else (RFC 8628 §6.1). */
const USER_CODE = /^[\x21-\x7e](?:[\x20-\x7e]{0,38}[\x21-\x7e])?$/;

const letters = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

/**
 * The page to open, never with the code in it: a person who types the code has seen whose code it is, one who only taps a
 * link has not (RFC 8628 §5.4).
 */
function pageOf({ user_code: code, verification_uri: uri }: DeviceAuthorizationResponse): string {
  const host = hostOfUrl(uri);
  if (!isSecureEndpoint(uri)) throw new AuthError('insecure-endpoint', 'verification_uri is not https', host);
  const page = new URL(uri);
  const wanted = letters(code);
  if (letters([...page.searchParams, page.hash].flat().join('')).includes(wanted))
    page.search = page.hash = '';
  if (page.username !== '' || page.password !== '' || letters(page.pathname).includes(wanted))
    throw new AuthError('bad-metadata', 'verification_uri holds more than an address', host);
  return page.href;
}

/**
 * Asks the provider for a code (RFC 8628 §3.1). `extra` are configured parameters (`audience`), which change none of ours.
 * @throws {AuthError} and whatever `failureOf` understands
 */
export async function requestDeviceCode(
  request: DeviceRequest,
  extra: Readonly<Record<string, string>>,
  { fetch, sign }: DeviceOptions,
): Promise<
  Pick<DeviceFlow, 'deviceCode' | 'userCode' | 'page' | 'intervalMs'> & { readonly lifeMs: number }
> {
  const { metadata } = request.discovery;
  const server = serverOf(metadata);
  const { id, auth } = clientOf(request, sign);
  const parameters = {
    ...extra,
    ...(request.scope === undefined ? {} : { scope: request.scope }),
    ...(request.resource === undefined ? {} : { resource: request.resource }),
  };
  const response = await deviceAuthorizationRequest(server, id, auth, parameters, {
    [allowInsecureRequests]: mayBePlain(server.device_authorization_endpoint ?? ''),
    [customFetch]: fetch,
  });
  const answer = await processDeviceAuthorizationResponse(server, id, await readable(response));
  if (!USER_CODE.test(answer.user_code) || letters(answer.user_code).length < 4)
    throw new AuthError('bad-metadata', 'the code cannot be typed', hostOfUrl(metadata.issuer));
  return {
    deviceCode: answer.device_code,
    userCode: answer.user_code,
    page: pageOf(answer),
    intervalMs: Math.min((answer.interval ?? DEFAULT_INTERVAL_S) * 1000, DAY_MS),
    lifeMs: answer.expires_in * 1000,
  };
}

/** RFC 8628 §3.5, and RFC 6749 §5.2 for the rest. */
function refused(error: ResponseBodyError, intervalMs: number, flow: DeviceFlow): PollOutcome {
  const { issuer } = flow.discovery.metadata;
  const failure = () => failureOf(namingProvider(error, issuer, flow.client));
  switch (error.error) {
    case 'authorization_pending':
      return { kind: 'wait', intervalMs };
    case 'slow_down':
      return { kind: 'wait', intervalMs: intervalMs + SLOWER_BY_MS };
    case 'access_denied':
      return { kind: 'declined', failure: failure() };
    case 'expired_token':
      return { kind: 'expired', failure: failure() };
    default:
      return { kind: 'failed', failure: failure() };
  }
}

/** Says nothing about the sign-in: a provider that is down, or busy, may know the answer later. Once it said yes, the code is spent. */
function isPassing(error: unknown, answer: Response | undefined): boolean {
  if (answer?.status === 429) return true;
  return answer?.ok !== true && ['unreachable', 'timeout', 'http-error'].includes(failureOf(error).code);
}

export interface PollOptions extends DeviceOptions {
  readonly now: () => number;
  /** As it is now: longer than at the beginning where the provider asked for that. */
  readonly intervalMs: number;
}

/** Asks once whether the person has typed the code (RFC 8628 §3.4). Never rejects over what the provider does. */
export async function pollDevice(
  flow: DeviceFlow,
  { fetch, sign, now, intervalMs }: PollOptions,
): Promise<PollOutcome> {
  const askedAtMs = now();
  const server = serverOf(flow.discovery.metadata);
  const { id, auth } = clientOf(flow, sign);
  let answer: Response | undefined;
  try {
    answer = await deviceCodeGrantRequest(server, id, auth, flow.deviceCode, {
      additionalParameters: flow.resource === undefined ? {} : { resource: flow.resource },
      [allowInsecureRequests]: mayBePlain(flow.discovery.metadata.token_endpoint),
      [customFetch]: fetch,
    });
    const tokens = await processDeviceCodeResponse(server, id, await conforming(answer));
    return { kind: 'tokens', credential: credentialOf(flow, tokens, askedAtMs) };
  } catch (error) {
    const asked = retryAfterMs(answer, now()) ?? 0;
    if (error instanceof ResponseBodyError && error.status < 500 && error.status !== 429)
      return refused(error, intervalMs, flow);
    if (!isPassing(error, answer))
      return { kind: 'failed', failure: failureOf(namingProvider(error, server.issuer)) };
    const longer = Math.min(Math.max(intervalMs * 2, asked), LONGEST_INTERVAL_MS);
    return { kind: 'wait', intervalMs: Math.max(longer, intervalMs) };
  }
}
