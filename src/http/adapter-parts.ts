import { type Context, Hono } from 'hono';
import type { ChatAdapter } from '../gateway/types.js';
import { readLimited } from './form-post.js';

/** An adapter's own routes: a platform's webhooks, or the web chat. */
export type HttpPart = NonNullable<ChatAdapter['http']>;

/** Platforms' webhooks and forms stay far below this. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** The request with its whole body in memory, so that the limit holds whatever the adapter does with it. */
async function bounded(request: Request): Promise<Request | undefined> {
  if (request.body === null) return request;
  const body = await readLimited(request, BODY_LIMIT_BYTES);
  if (body === undefined) return undefined;
  return new Request(request.url, {
    method: request.method,
    headers: request.headers,
    body,
    signal: request.signal,
  });
}

/** The parts of one audience only: what is local can't be reached through the public listener by a slip in wiring. */
export function adapterParts(parts: readonly HttpPart[], audience: HttpPart['audience']): Hono {
  const app = new Hono();
  for (const part of parts.filter((candidate) => candidate.audience === audience)) {
    const handle = async (c: Context): Promise<Response> => {
      const request = await bounded(c.req.raw);
      return request === undefined ? c.text('Too large\n', 413) : part.handle(request);
    };
    app.all(part.path, handle).all(`${part.path}/*`, handle);
  }
  return app;
}
