import { Hono } from 'hono';
import type { SignIns } from '../auth/sign-in/types.js';
import type { Log } from '../observability/log.js';
import { BrowserCookies } from './browser-cookie.js';
import { callbackRoute } from './callback-route.js';
import { connectRoutes } from './connect-routes.js';
import { keyFormRoutes } from './key-form-routes.js';
import { failure } from './state-pages.js';

export interface SignInRoutesOptions {
  readonly signIns: SignIns;
  /** Where browsers reach these routes; https, or http on loopback. Decides the cookies' kind and whose forms are ours. */
  readonly publicUrl: string;
  readonly log: Log;
  readonly now: () => number;
}

/** The browser's side of a sign-in: `/connect/:link`, `/oauth/callback`, `/key/:link`. */
export function signInRoutes({ signIns, publicUrl, log, now }: SignInRoutesOptions): Hono {
  const cookies = new BrowserCookies(publicUrl);
  const pages = { signIns, cookies, ownOrigin: new URL(publicUrl).origin, now };
  const routes = new Hono();
  routes.onError(failure(log));
  return routes
    .route('/', connectRoutes(pages))
    .route('/', callbackRoute(pages))
    .route('/', keyFormRoutes(pages));
}
