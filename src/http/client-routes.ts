import { type Context, Hono } from 'hono';
import { CLIENT_METADATA_PATH, JWKS_PATH } from '../auth/clients/client-metadata-paths.js';
import type { ClientDocuments } from './client-documents.js';
import { fixedHeaders } from './page-response.js';
import { methodNotAllowed } from './state-pages.js';

/** A document that changes with the config alone may be kept for a while; a key set is looked at anew sooner. */
const KEPT_SECONDS = 300;

function document(c: Context, body: object): Response {
  fixedHeaders(c);
  c.header('Cache-Control', `public, max-age=${KEPT_SECONDS}`);
  return c.json(body);
}

export function clientRoutes(documents: ClientDocuments): Hono {
  return new Hono()
    .get(CLIENT_METADATA_PATH, async (c) => document(c, await documents.metadata()))
    .all(CLIENT_METADATA_PATH, methodNotAllowed('GET, HEAD'))
    .get(JWKS_PATH, async (c) => document(c, await documents.keys()))
    .all(JWKS_PATH, methodNotAllowed('GET, HEAD'));
}
