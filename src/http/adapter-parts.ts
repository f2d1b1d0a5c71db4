import { type Context, Hono } from 'hono';
import type { ChatAdapter } from '../gateway/types.js';
import { readBody } from './request-body.js';

/** An adapter's own routes: a platform's webhooks, or the web chat. */
export type HttpPart = NonNullable<ChatAdapter['http']>;

/** Platforms' webhooks and forms stay far below this. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** Hands over the request with its whole body in memory, so that the limit holds whatever the adapter does with it. */
async function handOver(c: Context, part: HttpPart): Promise<Response> {
  const request = c.req.raw;
  if (request.body === null) return part.handle(request);
  const body = await readBody(request, BODY_LIMIT_BYTES);
  switch (body.kind) {
    case 'too-large':
      return c.text('Too large\n', 413);
    case 'cut':
      return c.text('Cut off\n', 400);
    case 'whole': {
      const { url, method, headers, signal } = request;
      return part.handle(new Request(url, { method, headers, body: body.bytes, signal }));
    }
  }
}

/** The parts of one audience only: what is local can't be reached through the public listener by a slip in wiring. */
export function adapterParts(parts: readonly HttpPart[], audience: HttpPart['audience']): Hono {
  const app = new Hono();
  for (const part of parts.filter((candidate) => candidate.audience === audience)) {
    const handle = (c: Context): Promise<Response> => handOver(c, part);
    app.all(part.path, handle).all(`${part.path}/*`, handle);
  }
  return app;
}
