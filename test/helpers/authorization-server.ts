import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { type Configuration, errors, Provider } from 'oidc-provider';

/** Requests that the authorization server got, by the kind of endpoint. */
interface RequestCounts {
  metadata: number;
  registration: number;
  authorization: number;
  token: number;
  revocation: number;
  device: number;
  keys: number;
  /** Login and consent pages. */
  other: number;
}

export interface AuthorizationServerOptions {
  /** @default 3600 */
  readonly accessTokenTtlSeconds?: number;
  /** RFC 9207: `iss` in the answer, and said so in the metadata. @default true */
  readonly iss?: boolean;
  /** RFC 7009. @default true */
  readonly revocation?: boolean;
  /** RFC 7591. @default true */
  readonly registration?: boolean;
  /** RFC 8628: `typeCode` is what a person does with its pages. @default false */
  readonly device?: boolean;
  /** How clients prove themselves, in the standard's words. @default all that it knows */
  readonly clientAuthMethods?: NonNullable<Configuration['clientAuthMethods']>;
  /** Clients that need no registration, in oidc-provider's words. */
  readonly clients?: NonNullable<Configuration['clients']>;
  /** Takes client metadata documents, and fetches them in this way. */
  readonly fetchDocuments?: NonNullable<Configuration['fetch']>;
  /** Runs before every request; answering there replaces the server's own answer. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

export interface AuthorizationServer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly counts: RequestCounts;
  /** Resource indicators (RFC 8707) that tokens are issued for; a protected server adds its own. */
  readonly resources: Set<string>;
  /** The scope that its resources need. */
  readonly scope: 'tools';
  resetCounts(): void;
  close(): Promise<void>;
}

const KINDS: readonly (readonly [RegExp, keyof RequestCounts])[] = [
  [/^\/\.well-known\//, 'metadata'],
  [/^\/reg(\/|$)/, 'registration'],
  [/^\/auth$/, 'authorization'],
  [/^\/token$/, 'token'],
  [/^\/token\/revocation$/, 'revocation'],
  [/^\/device\/auth$/, 'device'],
  [/^\/jwks$/, 'keys'],
];

const none = (): RequestCounts => ({
  metadata: 0,
  registration: 0,
  authorization: 0,
  token: 0,
  revocation: 0,
  device: 0,
  keys: 0,
  other: 0,
});

function kindOf(request: IncomingMessage): keyof RequestCounts {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  return KINDS.find(([pattern]) => pattern.test(pathname))?.[1] ?? 'other';
}

/** An RSA key would cost each test a second of a busy machine. */
const ALGORITHM = 'ES256';

async function signingKeys() {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { keys: [{ ...(await exportJWK(privateKey)), alg: ALGORITHM, use: 'sig', kid: 'test' }] };
}

async function configuration(
  options: AuthorizationServerOptions,
  resources: ReadonlySet<string>,
): Promise<Configuration> {
  const ttl = options.accessTokenTtlSeconds ?? 3600;
  return {
    clients: options.clients ?? [],
    ...(options.clientAuthMethods === undefined ? {} : { clientAuthMethods: options.clientAuthMethods }),
    jwks: await signingKeys(),
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid', 'offline_access', 'tools'],
    pkce: { required: () => true },
    // A refresh token comes with every grant that asks for one, and each may be used once: a second use ends the grant.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: { AccessToken: ttl, RefreshToken: 86_400, Grant: 86_400, Session: 86_400, Interaction: 3600 },
    ...(options.fetchDocuments === undefined ? {} : { fetch: options.fetchDocuments }),
    findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: options.device ?? false },
      // Only for clients that say so.
      clientCredentials: { enabled: options.clients !== undefined },
      clientIdMetadataDocument: { enabled: options.fetchDocuments !== undefined, ack: 'draft-02' },
      registration: { enabled: options.registration ?? true },
      revocation: { enabled: options.revocation ?? true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_ctx, resource) => {
          if (!resources.has(resource)) throw new errors.InvalidTarget();
          return {
            audience: resource,
            scope: 'tools',
            accessTokenFormat: 'jwt',
            accessTokenTTL: ttl,
            jwt: { sign: { alg: ALGORITHM } },
          };
        },
      },
    },
  };
}

/** Takes RFC 9207 out again, for the many servers that never had it. */
function withoutIss(provider: Provider): void {
  provider.use(async (ctx, next) => {
    await next();
    const location: unknown = ctx.response.get('location');
    if (typeof location === 'string' && URL.canParse(location)) {
      const url = new URL(location);
      url.searchParams.delete('iss');
      ctx.set('location', url.href);
    }
    const body: unknown = ctx.body;
    if (typeof body === 'object' && body !== null && 'authorization_response_iss_parameter_supported' in body)
      ctx.body = { ...body, authorization_response_iss_parameter_supported: undefined };
  });
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}`);
    });
  });
}

/**
 * A real authorization server that nobody here wrote: oidc-provider on a port of its own, with its development login
 * (any name, any password) and consent pages, dynamic registration, PKCE, JWT access tokens for known resources, and
 * refresh tokens that rotate and whose reuse ends the whole grant.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const counts = none();
  const resources = new Set<string>();
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.writeHead(503).end();
  const server = createServer(async (request, response) => {
    counts[kindOf(request)] += 1;
    await options.before?.(request, response);
    if (!response.writableEnded && !response.headersSent) answer(request, response);
  });
  const issuer = await listen(server);
  const provider = new Provider(issuer, await configuration(options, resources));
  if (options.iss === false) withoutIss(provider);
  answer = provider.callback();
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    counts,
    resources,
    scope: 'tools',
    resetCounts: () => {
      Object.assign(counts, none());
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
