import type { Context } from 'hono';
import { idOfLink } from '../auth/sign-in/link.js';
import { readFormPost } from './form-post.js';
import { pageResponse } from './page-response.js';
import { badRequestPage, forbiddenPage, tooLargePage } from './pages/plain-pages.js';
import { notFound } from './state-pages.js';

export interface PagePost {
  /** Of the sign-in that the page's address is the link of. */
  readonly id: string;
  /** The page's own token: whether it is the right one, `SignIns` decides. */
  readonly token: string;
  readonly fields: URLSearchParams;
}

/** What one of our pages posted, or the page that refuses it. Nothing was looked up or spent when it is refused. */
export async function readPagePost(
  c: Context,
  link: string,
  ownOrigin: string,
): Promise<PagePost | Response> {
  const post = await readFormPost(c.req.raw, ownOrigin);
  switch (post.kind) {
    case 'foreign':
      return pageResponse(c, 403, forbiddenPage);
    case 'too-large':
      return pageResponse(c, 413, tooLargePage);
    case 'not-a-form':
      return pageResponse(c, 400, badRequestPage);
    case 'form': {
      const id = idOfLink(link);
      if (id === undefined) return notFound(c);
      const [token = '', ...repeated] = post.fields.getAll('token');
      if (token === '' || repeated.length > 0) return pageResponse(c, 403, forbiddenPage);
      return { id, token, fields: post.fields };
    }
  }
}
