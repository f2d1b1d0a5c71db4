import { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import type { SignIns } from '../auth/sign-in/types.js';
import type { Log } from '../observability/log.js';
import { adapterParts, type HttpPart } from './adapter-parts.js';
import type { ClientDocuments } from './client-documents.js';
import { clientRoutes } from './client-routes.js';
import { type LimitedParts, limitedByAddress } from './limited.js';
import type { WebApp } from './listening.js';
import { fixedHeaders, pageResponse } from './page-response.js';
import { tooLargePage } from './pages/plain-pages.js';
import { signInRoutes } from './sign-in-routes.js';
import { failure, methodNotAllowed, notFound, routeName } from './state-pages.js';

export { ListenError } from './listen-error.js';
export { type Listening, listenOn, type WebApp } from './listening.js';

export interface PublicAppOptions {
  readonly signIns: SignIns;
  /** Without a trailing slash; may have a path, which a proxy in front may strip or pass on. */
  readonly publicUrl: string;
  readonly parts: readonly HttpPart[];
  /** Who the gateway is to authorization servers; absent: nobody asks. */
  readonly documents?: ClientDocuments;
  /** Absent: nothing is counted. */
  readonly limited?: Pick<LimitedParts, 'limits' | 'addresses'>;
  readonly log: Log;
  readonly now?: () => number;
}

/** Longer than any authorization server's way back, shorter than what proxies pass on. */
const LONGEST_URL = 8192;

/** The request's path below the public URL's own. */
function pathBelow(publicUrl: string): (request: Request) => string {
  const base = new URL(publicUrl).pathname.replace(/\/+$/, '');
  return (request) => {
    const path = getPath(request);
    return base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length) : path;
  };
}

/** What must be reachable from the Internet: sign-in pages, platforms' webhooks, `/healthz`. */
export function createPublicApp({
  signIns,
  publicUrl,
  parts,
  documents,
  limited,
  log,
  now = Date.now,
}: PublicAppOptions): WebApp {
  const app = new Hono({ getPath: pathBelow(publicUrl) });
  app.use(async (c, next) => {
    if (c.req.url.length > LONGEST_URL) return pageResponse(c, 414, tooLargePage);
    await next();
    log.debug({ method: c.req.method, route: routeName(c.req.path), status: c.res.status }, 'answered');
  });
  const webhooks = parts.filter(({ audience }) => audience === 'public').map(({ path }) => path);
  if (limited !== undefined) app.use(limitedByAddress({ ...limited, webhooks, log }));
  app.get('/healthz', (c) => {
    fixedHeaders(c);
    return c.text('ok\n');
  });
  app.all('/healthz', methodNotAllowed('GET, HEAD'));
  if (documents !== undefined) app.route('/', clientRoutes(documents));
  app.route('/', signInRoutes({ signIns, publicUrl, log, now }));
  app.route('/', adapterParts(parts, 'public'));
  app.notFound(notFound);
  app.onError(failure(log));
  return { fetch: (request, bindings) => app.fetch(request, bindings) };
}
