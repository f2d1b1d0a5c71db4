import { type Context, Hono } from 'hono';
import { idOfLink } from '../auth/sign-in/link.js';
import type { ReturnOutcome } from '../auth/sign-in/types.js';
import { readPagePost } from './page-post.js';
import { OWN_FORM, pageResponse } from './page-response.js';
import type { PendingState } from './pages/connect-page.js';
import { KEY_FIELD_PREFIX, keyFormPage, type Refusal } from './pages/key-form-page.js';
import { badRequestPage, forbiddenPage } from './pages/plain-pages.js';
import { methodNotAllowed, notFound, returnPage, type SignInPages, statePage } from './state-pages.js';

type Answer = Response | Promise<Response>;

function showForm(c: Context, state: PendingState, pages: SignInPages, refusal?: Refusal): Answer {
  const { signIns, cookies, now } = pages;
  cookies.set(c, state.id, signIns.keyFormBrowser(state.id), 'Strict', (state.expiresAtMs - now()) / 1000);
  const page = keyFormPage(state, signIns.pageToken(state.id), now(), refusal);
  return pageResponse(c, 200, page, OWN_FORM);
}

/** The keys by name. Undefined where one came twice: which is meant is not ours to guess. */
function submittedKeys(fields: URLSearchParams): Readonly<Record<string, string>> | undefined {
  const keys = [...fields].filter(([name]) => name.startsWith(KEY_FIELD_PREFIX));
  const values = new Map(keys.map(([name, value]) => [name.slice(KEY_FIELD_PREFIX.length), value.trim()]));
  return values.size === keys.length ? Object.fromEntries(values) : undefined;
}

function answerKeys(c: Context, outcome: ReturnOutcome, pages: SignInPages): Answer {
  if (outcome.kind === 'again') {
    if (outcome.state.kind === 'pending') return showForm(c, outcome.state, pages, outcome);
    return statePage(c, outcome.state, pages);
  }
  if (outcome.kind === 'bad-request') return pageResponse(c, 403, forbiddenPage);
  return returnPage(c, outcome, pages);
}

/** A one-time form for a server's keys, for chats without private forms of their own. */
export function keyFormRoutes(pages: SignInPages): Hono {
  const { signIns, cookies, ownOrigin } = pages;
  const show = async (c: Context, link: string): Promise<Response> => {
    const id = idOfLink(link);
    if (id === undefined) return notFound(c);
    const state = await signIns.look(id);
    if (state.kind === 'pending' && state.method === 'key-form') return showForm(c, state, pages);
    return state.kind === 'pending' ? notFound(c) : statePage(c, state, pages);
  };
  const submit = async (c: Context, link: string): Promise<Response> => {
    const post = await readPagePost(c, link, ownOrigin);
    if (post instanceof Response) return post;
    const { id, token, fields } = post;
    const keys = submittedKeys(fields);
    if (keys === undefined) return pageResponse(c, 400, badRequestPage);
    return answerKeys(c, await signIns.submitKeys(id, token, keys, cookies.read(c, id)), pages);
  };
  return new Hono()
    .get('/key/:link', (c) => show(c, c.req.param('link')))
    .post('/key/:link', (c) => submit(c, c.req.param('link')))
    .all('/key/:link', methodNotAllowed('GET, HEAD, POST'));
}
