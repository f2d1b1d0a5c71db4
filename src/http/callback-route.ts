import { type Context, Hono } from 'hono';
import { fingerprint } from '../auth/sign-in/browser-binding.js';
import { callbackParameters } from '../auth/sign-in/callback-parameters.js';
import { pageResponse } from './page-response.js';
import { badRequestPage, tryLaterPage } from './pages/plain-pages.js';
import { methodNotAllowed, returnPage, type SignInPages } from './state-pages.js';

const onlyGet = methodNotAllowed('GET');

/** Where authorization servers send the browser back (RFC 6749 §4.1.2). It spends a code, so only a real GET counts. */
export function callbackRoute(pages: SignInPages): Hono {
  const { signIns, cookies } = pages;
  const finish = async (c: Context): Promise<Response> => {
    if (c.req.method !== 'GET') return onlyGet(c);
    // A speculative load is thrown away unseen; refused, the browser asks again when the person really goes there.
    if (/prefetch/i.test(c.req.header('sec-purpose') ?? '')) return pageResponse(c, 503, tryLaterPage);
    const parameters = callbackParameters(new URL(c.req.url).searchParams);
    if (parameters === undefined) return pageResponse(c, 400, badRequestPage);
    const id = fingerprint(parameters.state);
    const outcome = await signIns.finish(parameters, cookies.read(c, id));
    if (outcome.kind === 'bad-request' || outcome.kind === 'again')
      return pageResponse(c, 400, badRequestPage);
    return returnPage(c, outcome, pages);
  };
  return new Hono().get('/oauth/callback', finish).all('/oauth/callback', onlyGet);
}
