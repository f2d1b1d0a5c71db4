import type { Context } from 'hono';
import { readFormPost } from './form-post.js';
import { pageResponse } from './page-response.js';
import { badRequestPage, forbiddenPage, tooLargePage } from './pages/plain-pages.js';
import { isSignInId, notFound } from './state-pages.js';

export interface PagePost {
  /** The page's own token: whether it is the right one, `SignIns` decides. */
  readonly token: string;
  readonly fields: URLSearchParams;
}

/** What one of our pages posted, or the page that refuses it. Nothing was looked up or spent when it is refused. */
export async function readPagePost(c: Context, id: string, ownOrigin: string): Promise<PagePost | Response> {
  const post = await readFormPost(c.req.raw, ownOrigin);
  switch (post.kind) {
    case 'foreign':
      return pageResponse(c, 403, forbiddenPage);
    case 'too-large':
      return pageResponse(c, 413, tooLargePage);
    case 'not-a-form':
      return pageResponse(c, 400, badRequestPage);
    case 'form': {
      if (!isSignInId(id)) return notFound(c);
      const [token = '', ...repeated] = post.fields.getAll('token');
      if (token === '' || repeated.length > 0) return pageResponse(c, 403, forbiddenPage);
      return { token, fields: post.fields };
    }
  }
}
