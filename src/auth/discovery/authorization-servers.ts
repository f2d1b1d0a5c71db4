import {
  type AuthorizationServerMetadata,
  discoverAuthorizationServerMetadata,
  type FetchLike,
} from '@modelcontextprotocol/client';
import { AuthError, failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import { checkMetadata, offersMetadataDocuments, requireSecure } from './metadata-checks.js';

/** An authorization server with its checked metadata. */
export interface FoundServer {
  readonly url: string;
  readonly metadata: AuthorizationServerMetadata;
  /** It has no metadata: these are the endpoints that MCP 2025-03-26 says it has then. */
  readonly assumed?: true;
}

/** A server that lists more is not asked about the rest: each costs up to three requests. */
const MOST_SERVERS = 5;

/**
 * RFC 8414 and OpenID Connect Discovery, at all places for issuers with and without a path. One that answers with a page
 * is passed over, as many hosts show a page at every address; where no other has metadata, the page is what was found.
 */
async function metadataOf(url: string, fetch: FetchLike): Promise<AuthorizationServerMetadata | undefined> {
  let page: unknown;
  const passing: FetchLike = async (place, init) => {
    try {
      return await fetch(place, init);
    } catch (error) {
      if (failureOf(error).code !== 'bad-metadata') throw error;
      page ??= error;
      return new Response(null, { status: 404 });
    }
  };
  const found = await discoverAuthorizationServerMetadata(url, { fetchFn: passing }).catch(
    (error: unknown) => {
      throw namingProvider(error, url);
    },
  );
  if (found === undefined && page !== undefined) throw page;
  return found;
}

/** @throws {AuthError} */
async function serverAt(url: string, pkce: boolean, fetch: FetchLike): Promise<FoundServer> {
  requireSecure('the authorization server', url);
  return { url, metadata: checkMetadata(url, await metadataOf(url, fetch), pkce) };
}

/** Whether a client that nobody registered by hand can get in. */
const takesStrangers = (metadata: AuthorizationServerMetadata): boolean =>
  metadata.registration_endpoint !== undefined || offersMetadataDocuments(metadata);

/** The first that works, and takes us; else the first that works; where none does, what the first one met. */
async function firstThatWorks(
  urls: readonly string[],
  { pkce, known }: WhereToLook,
  fetch: FetchLike,
): Promise<FoundServer> {
  let first: unknown;
  let closed: FoundServer | undefined;
  for (const url of urls.slice(0, MOST_SERVERS)) {
    try {
      const found = await serverAt(url, pkce, fetch);
      if (known || takesStrangers(found.metadata)) return found;
      closed ??= found;
    } catch (error) {
      first ??= error;
    }
  }
  if (closed !== undefined) return closed;
  throw first;
}

/** MCP 2025-03-26, "Fallbacks for Servers without Metadata Discovery". PKCE was required of all, so it is sent. */
function assumedAt(origin: string): FoundServer {
  const issuer = new URL(origin).origin;
  return {
    url: origin,
    assumed: true,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    },
  };
}

const originOf = (serverUrl: string): string => String(new URL('/', serverUrl));

const isOrigin = (issuer: string, serverUrl: string): boolean =>
  URL.canParse(issuer) && new URL(issuer).href === originOf(serverUrl);

/** As before resource metadata existed: the MCP server's own origin is the authorization server. */
async function serverAtOrigin(origin: string, pkce: boolean, fetch: FetchLike): Promise<FoundServer> {
  requireSecure('the authorization server', origin);
  const found = await metadataOf(origin, fetch);
  return found === undefined
    ? assumedAt(origin)
    : { url: origin, metadata: checkMetadata(origin, found, pkce) };
}

export interface WhereToLook {
  readonly serverUrl: string;
  /** `oauth.issuer`: wins over whatever the server says. The server's own origin may be one without metadata. */
  readonly issuer: string | undefined;
  /** RFC 9728 `authorization_servers`; undefined where the server has no resource metadata. */
  readonly listed: readonly string[] | undefined;
  /** Whether a browser carries a code, which has to be protected; a service account has none. */
  readonly pkce: boolean;
  /** Whether the config has a client. */
  readonly known: boolean;
}

/** Which authorization server a sign-in goes to. @throws {AuthError} and whatever `failureOf` understands */
export async function findAuthorizationServer(where: WhereToLook, fetch: FetchLike): Promise<FoundServer> {
  const { serverUrl, issuer, listed, pkce } = where;
  if (issuer !== undefined && !isOrigin(issuer, serverUrl)) return await serverAt(issuer, pkce, fetch);
  if (issuer === undefined && listed !== undefined && listed.length > 0)
    return await firstThatWorks(listed, where, fetch);
  return await serverAtOrigin(issuer ?? originOf(serverUrl), pkce, fetch);
}

/** Said where the assumed endpoints are not there either: the server has no sign-in that we could find. */
export function noAuthorizationServer(host: string | undefined, cause?: unknown): AuthError {
  const why =
    'neither resource metadata, authorization server metadata nor the endpoints of 2025-03-26 were found';
  return new AuthError('bad-metadata', why, host, { cause, rfc: 'RFC 9728 §3.1' });
}
