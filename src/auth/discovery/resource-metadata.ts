import {
  checkResourceAllowed,
  discoverOAuthProtectedResourceMetadata,
  type FetchLike,
  type OAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from '@modelcontextprotocol/client';
import { AuthError, failureOf } from '../errors.js';
import { isRedirect } from '../requests/redirects.js';
import type { HttpServer } from '../types.js';
import { hostOfUrl } from './metadata-checks.js';

/** RFC 8707, RFC 9728 §3.3: metadata of another resource says nothing about this one. */
function checkResource(server: HttpServer, metadata: OAuthProtectedResourceMetadata): void {
  const requestedResource = resourceUrlFromServerUrl(server.url);
  if (checkResourceAllowed({ requestedResource, configuredResource: metadata.resource })) return;
  const why = 'the resource metadata names another resource';
  throw new AuthError('bad-metadata', why, hostOfUrl(server.url), { rfc: 'RFC 9728 §3.3' });
}

const MAX_REDIRECTS = 3;

function redirectTarget(url: URL, response: Response): URL | undefined {
  const location = response.headers.get('location') ?? '';
  const leads = isRedirect(response.status) && location !== '' && URL.canParse(location, url.href);
  return leads ? new URL(location, url) : undefined;
}

/**
 * The SDK follows redirects within the origin alone, and takes others, and those without an end, for "none": who can
 * make a server redirect must not choose its provider, nor make one up.
 * @returns how many redirects led here, one after another
 */
function requireFollowable(server: HttpServer, url: URL, response: Response, before: number): number {
  if (response.status < 300 || response.status > 399) return 0;
  const host = hostOfUrl(server.url);
  const to = redirectTarget(url, response);
  if (to !== undefined && to.origin !== url.origin) {
    const why = 'the resource metadata redirects to another host';
    throw new AuthError('bad-metadata', why, host, { rfc: 'RFC 9728 §3.3' });
  }
  const isPlain = to?.username === '' && to.password === '';
  if (isPlain && before < MAX_REDIRECTS) return before + 1;
  throw new AuthError('http-error', `the resource metadata was answered with ${response.status}`, host);
}

/** A page, or JSON of another shape. */
function unreadable(server: HttpServer, cause: unknown): AuthError {
  const why = 'the resource metadata cannot be read';
  return new AuthError('bad-metadata', why, hostOfUrl(server.url), { cause, rfc: 'RFC 9728 §3.2' });
}

/** `url`: where the challenge says; undefined for the well-known places, at the server's path and at its root. */
async function metadataAt(
  server: HttpServer,
  url: URL | undefined,
  fetch: FetchLike,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  let status = 0;
  let redirects = 0;
  const watched: FetchLike = async (place, init) => {
    // Of this request alone: "not here" before says nothing where the next place cannot be asked.
    status = 0;
    const response = await fetch(place, init);
    status = response.status;
    redirects = requireFollowable(server, new URL(place), response, redirects);
    return response;
  };
  try {
    const options = url === undefined ? {} : { resourceMetadataUrl: url };
    const found = await discoverOAuthProtectedResourceMetadata(server.url, options, watched);
    checkResource(server, found);
    return found;
  } catch (error) {
    if (error instanceof AuthError) throw error;
    if (failureOf(error).code === 'bad-metadata') throw unreadable(server, error);
    if (status >= 400 && status < 500) return undefined;
    if (status < 500 || error instanceof TypeError) throw error;
    const why = `the resource metadata was answered with ${status}`;
    throw new AuthError('http-error', why, hostOfUrl(server.url), { cause: error });
  }
}

/**
 * RFC 9728 metadata at the place that the challenge names, else at the well-known ones (also where the named one is not
 * there: behind a proxy, servers get their own address wrong); undefined where the server has none. The SDK takes any
 * failure for "none" and then the MCP server for the authorization server; here only a refusal (4xx) means none, and an
 * answer that cannot be read is one.
 *
 * @throws {AuthError} where it is another resource's, or cannot be had now
 */
export async function resourceMetadata(
  server: HttpServer,
  resourceMetadataUrl: URL | undefined,
  fetch: FetchLike,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  const named =
    resourceMetadataUrl === undefined ? undefined : await metadataAt(server, resourceMetadataUrl, fetch);
  return named ?? (await metadataAt(server, undefined, fetch));
}
