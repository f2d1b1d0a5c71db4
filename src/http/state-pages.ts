import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ReturnOutcome, SignInState, SignIns } from '../auth/sign-in/types.js';
import type { Log } from '../observability/log.js';
import type { BrowserCookies } from './browser-cookie.js';
import { pageResponse } from './page-response.js';
import { codePage } from './pages/code-page.js';
import { endedPage, usedPage } from './pages/ended-page.js';
import { badRequestPage, methodPage, notFoundPage, tryLaterPage } from './pages/plain-pages.js';

/** What the routes of a sign-in work with. */
export interface SignInPages {
  readonly signIns: SignIns;
  readonly cookies: BrowserCookies;
  readonly ownOrigin: string;
  readonly now: () => number;
}

type Answer = Response | Promise<Response>;

/** The code page once more, for the browser that was shown it: a phone reloads the tab when one comes back from the chat. */
async function codePageAgain(
  c: Context,
  state: SignInState,
  { signIns, cookies, now }: SignInPages,
): Promise<Response | undefined> {
  if (state.kind !== 'waiting-for-code') return undefined;
  const digits = await signIns.codeAgain(state.id, cookies.read(c, state.id));
  return digits === undefined ? undefined : await pageResponse(c, 200, codePage(state, digits, now()));
}

/** How a sign-in stands, for who opened its link when there is nothing left to do with it. */
export async function statePage(
  c: Context,
  state: SignInState,
  pages: SignInPages,
  status: ContentfulStatusCode = 410,
): Promise<Response> {
  if (state.kind === 'unknown') return pageResponse(c, 404, notFoundPage);
  const again = await codePageAgain(c, state, pages);
  if (again !== undefined) return again;
  const connectedBefore = state.kind === 'ended' && state.result.kind === 'connected';
  return pageResponse(
    c,
    status,
    state.kind === 'ended' && !connectedBefore ? endedPage(state) : usedPage(state),
  );
}

function showCode(
  c: Context,
  { state, digits, browser }: Extract<ReturnOutcome, { kind: 'code' }>,
  { cookies, now }: SignInPages,
): Answer {
  if (state.kind === 'unknown') return pageResponse(c, 400, badRequestPage);
  if (state.kind === 'waiting-for-code')
    cookies.set(c, state.id, browser, 'Lax', (state.expiresAtMs - now()) / 1000);
  return pageResponse(c, 200, codePage(state, digits, now()));
}

/** What a browser sees that came back from the provider, or sent a key that will not be asked for again. */
export async function returnPage(
  c: Context,
  outcome: Exclude<ReturnOutcome, { kind: 'again' }>,
  pages: SignInPages,
): Promise<Response> {
  const { cookies } = pages;
  switch (outcome.kind) {
    case 'bad-request':
      return pageResponse(c, 400, badRequestPage);
    case 'ended':
      cookies.clear(c, outcome.state.id);
      // RFC 9110 §15.5.1: a `state` whose time is over is no valid one, if one that we can still say so about.
      return pageResponse(c, outcome.state.result.kind === 'expired' ? 400 : 200, endedPage(outcome.state));
    case 'used': {
      const { state } = outcome;
      if (state.kind === 'unknown') return pageResponse(c, 400, badRequestPage);
      const again = await codePageAgain(c, state, pages);
      if (again !== undefined) return again;
      if (state.kind === 'ended') cookies.clear(c, state.id);
      return pageResponse(c, 200, usedPage(state));
    }
    case 'code':
      return showCode(c, outcome, pages);
  }
}

export const notFound = (c: Context): Answer => pageResponse(c, 404, notFoundPage);

/** RFC 9110 §15.5.6: 405 names what is allowed. */
export function methodNotAllowed(allowed: string): (c: Context) => Answer {
  return (c) => {
    c.header('Allow', allowed);
    return pageResponse(c, 405, methodPage);
  };
}

/** The first part of a path, and only if it is one of ours: ids, codes and states never reach the log. */
export function routeName(path: string): string {
  const [, first = ''] = path.split('/');
  return ['connect', 'oauth', 'key', 'healthz', 'readyz', 'metrics', 'chat', 'webhooks'].includes(first)
    ? `/${first}`
    : 'other';
}

/** What nobody planned: one log line with the cause, a page that says what to do, and the process lives. */
export function failure(log: Log): (error: Error, c: Context) => Answer {
  return (error, c) => {
    log.error({ error, method: c.req.method, route: routeName(c.req.path) }, 'a page could not be answered');
    return pageResponse(c, error.name === 'StoreError' ? 503 : 500, tryLaterPage);
  };
}
