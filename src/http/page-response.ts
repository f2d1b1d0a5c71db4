import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { document, type Page, STYLE_SOURCE } from './pages/layout.js';
import { plainHost } from './pages/text.js';

const FIXED_HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow',
} as const;

/** `form-action` of a page without a form. */
const NO_FORM = "'none'";
/** … and of the key form. */
export const OWN_FORM = "'self'";

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1)(:\d+)?$/;

/**
 * `form-action` of the connect page, whose form is answered with a 303 to the authorization server. Browsers that check
 * every redirect after a form (Chromium does; CSP Level 3 §6.4.1 leaves it open) also check those that the authorization
 * server itself answers with, on its way to a login page at some other host: naming its origin alone would end
 * most enterprise sign-ins on a blocked page. So `https:` stands beside it, and for a server on this machine plain http to
 * this machine. The page has one form, posts nothing of the person's, and no data of others becomes markup.
 */
export function connectFormAction(host: string): string {
  const plain = plainHost(host);
  if (plain === undefined || !/^[a-z0-9.-]+(:\d+)?$/.test(plain)) return "'self' https:";
  const local = LOOPBACK_HOST.test(plain) ? ` http://${plain} http://127.0.0.1:* http://localhost:*` : '';
  return `'self' https://${plain} https:${local}`;
}

function contentSecurityPolicy(formAction: string): string {
  return [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    'img-src data:',
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** What every answer of ours carries, redirects included. */
export function fixedHeaders(c: Context): void {
  for (const [name, value] of Object.entries(FIXED_HEADERS)) c.header(name, value);
}

/** One page, with all that keeps it from being framed, cached, indexed, scripted or quoted to other sites (threat 19). */
export function pageResponse(
  c: Context,
  status: ContentfulStatusCode,
  page: Page,
  formAction: string = NO_FORM,
): Response | Promise<Response> {
  fixedHeaders(c);
  c.header('Content-Security-Policy', contentSecurityPolicy(formAction));
  return c.html(document(page), status);
}
