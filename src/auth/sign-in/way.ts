import { isLoopbackHost } from '../requests/address-guard.js';
import type { HttpServer } from '../types.js';
import type { SignInParts } from './deps.js';
import type { BeginRequest } from './types.js';

/**
 * How a person comes back from the provider. `browser`: to the gateway's callback. `paste`: they send the address of the
 * page that did not open. `device`: not at all, they type a code there (RFC 8628).
 */
export type Way = 'browser' | 'paste' | 'device' | 'device-or-paste';

type Where = Pick<SignInParts, 'reachable' | 'publicUrl' | 'loopbackUrl'>;

const isLoopback = (uri: string): boolean => isLoopbackHost(new URL(uri).hostname);

/** Where the provider sends the browser: to the public URL, or to this machine where no browser elsewhere could follow. */
export function redirectUriOf(
  server: HttpServer,
  { browser }: Pick<BeginRequest, 'browser'>,
  { reachable, publicUrl, loopbackUrl }: Where,
): string {
  const { redirectUri, redirectPort, flow } = server.oauth;
  if (redirectUri !== undefined) return redirectUri;
  const own = `${publicUrl}/oauth/callback`;
  if (reachable && flow !== 'paste') return own;
  // RFC 8252 §7.3; the path is the one that agents register who know this setting.
  if (redirectPort !== undefined) return `http://127.0.0.1:${redirectPort}/callback`;
  return browser === 'elsewhere' || flow === 'paste' ? `${loopbackUrl}/oauth/callback` : own;
}

/** Whether the redirect finds this gateway from wherever the browser is. */
function comesBack(server: HttpServer, request: BeginRequest, where: Where): boolean {
  const redirectUri = redirectUriOf(server, request, where);
  return where.reachable && (redirectUri.startsWith(`${where.publicUrl}/`) || !isLoopback(redirectUri));
}

/**
 * The configured way, else the one that fits. By code only where the operator lists who may use the gateway and does not
 * want each sign-in confirmed: no browser comes back that could show six digits (RFC 8628 §5.4).
 */
export function wayOf(server: HttpServer, request: BeginRequest, where: Where): Way {
  const { flow } = server.oauth;
  if (flow !== undefined) return flow;
  if (comesBack(server, request, where) || request.browser !== 'elsewhere') return 'browser';
  return request.listed === true && !request.confirmAlways ? 'device-or-paste' : 'paste';
}

/** Whether an address that was sent may end this sign-in: one that was asked for, or that no browser elsewhere can open. */
export function takesPaste(way: { readonly flow: { readonly redirectUri: string }; readonly paste?: true }) {
  return way.paste === true || isLoopback(way.flow.redirectUri);
}
