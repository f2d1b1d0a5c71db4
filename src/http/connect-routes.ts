import { type Context, Hono } from 'hono';
import { idOfLink } from '../auth/sign-in/link.js';
import type { PressOutcome } from '../auth/sign-in/types.js';
import { readPagePost } from './page-post.js';
import { connectFormAction, fixedHeaders, pageResponse } from './page-response.js';
import { connectPage, type PendingState } from './pages/connect-page.js';
import { forbiddenPage } from './pages/plain-pages.js';
import { methodNotAllowed, notFound, type SignInPages, statePage } from './state-pages.js';

type Answer = Response | Promise<Response>;

function showConnect(c: Context, state: PendingState, { signIns, now }: SignInPages): Answer {
  const page = connectPage(state, signIns.pageToken(state.id), now());
  return pageResponse(c, 200, page, connectFormAction(state.host));
}

function answerPress(c: Context, id: string, outcome: PressOutcome, pages: SignInPages): Answer {
  switch (outcome.kind) {
    case 'forged':
      return pageResponse(c, 403, forbiddenPage);
    case 'state':
      if (outcome.state.kind === 'pending') return showConnect(c, outcome.state, pages);
      return statePage(c, outcome.state, pages);
    case 'redirect':
      pages.cookies.set(c, id, outcome.browser, 'Lax', outcome.maxAgeSeconds);
      fixedHeaders(c);
      return c.redirect(outcome.location, 303);
  }
}

/** The link in the chat. GET shows, and neither spends nor starts anything, however often a preview opens it (threat 2). */
export function connectRoutes(pages: SignInPages): Hono {
  const { signIns, ownOrigin } = pages;
  const show = async (c: Context, link: string): Promise<Response> => {
    const id = idOfLink(link);
    if (id === undefined) return notFound(c);
    const state = await signIns.look(id);
    if (state.kind === 'pending' && state.method === 'oauth') return showConnect(c, state, pages);
    return state.kind === 'pending' ? notFound(c) : statePage(c, state, pages);
  };
  const press = async (c: Context, link: string): Promise<Response> => {
    const post = await readPagePost(c, link, ownOrigin);
    if (post instanceof Response) return post;
    return answerPress(c, post.id, await signIns.press(post.id, post.token), pages);
  };
  return new Hono()
    .get('/connect/:link', (c) => show(c, c.req.param('link')))
    .post('/connect/:link', (c) => press(c, c.req.param('link')))
    .all('/connect/:link', methodNotAllowed('GET, HEAD, POST'));
}
