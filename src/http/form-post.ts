import { readBody } from './request-body.js';

/** 16 KiB: some thirty keys; a connect form is 60 bytes. */
const FORM_LIMIT_BYTES = 16 * 1024;

export type FormPost =
  | { readonly kind: 'form'; readonly fields: URLSearchParams }
  /** Not sent from a page of ours. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-a-form' };

/**
 * Whether a browser says that a page of ours sent this. Our pages' `no-referrer` makes browsers send `Origin: null`
 * with their forms (Fetch §3.2, "append a request Origin header"), so `Sec-Fetch-Site` decides where it is sent
 * (all browsers since 2023), and `Origin` only where it is not.
 */
function fromOwnPage(headers: Headers, ownOrigin: string): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  return headers.get('origin') === ownOrigin;
}

/** A form that one of our pages sent; anything else is refused before anything looks at it. */
export async function readFormPost(request: Request, ownOrigin: string): Promise<FormPost> {
  if (!fromOwnPage(request.headers, ownOrigin)) return { kind: 'foreign' };
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return { kind: 'not-a-form' };
  const body = await readBody(request, FORM_LIMIT_BYTES);
  switch (body.kind) {
    case 'too-large':
      return body;
    case 'cut':
      return { kind: 'not-a-form' };
    case 'whole':
      return { kind: 'form', fields: new URLSearchParams(Buffer.from(body.bytes).toString('utf8')) };
  }
}
