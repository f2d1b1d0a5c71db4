import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { oauthProvider } from '@better-auth/oauth-provider';
import { type BetterAuthPlugin, betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import type { TokenIssuer } from './protected-server.js';

export interface SecondProvider extends TokenIssuer {
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[];
  /** The statuses of its revocations, in order. */
  readonly revocations: number[];
  close(): Promise<void>;
}

const TABLES = [
  'user',
  'session',
  'account',
  'verification',
  'jwks',
  'oauthClient',
  'oauthResource',
  'oauthClientResource',
  'oauthRefreshToken',
  'oauthAccessToken',
  'oauthConsent',
  'oauthClientAssertion',
];

const passwordOf = (login: string): string => `password-of-${login}`;
const emailOf = (login: string): string => `${login}@example.com`;

function authAt(origin: string, resources: readonly string[]) {
  return betterAuth({
    baseURL: origin,
    secret: randomBytes(32).toString('base64url'),
    database: memoryAdapter(Object.fromEntries(TABLES.map((table) => [table, []]))),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      jwt(),
      // Its types do not hold where an optional property may not be undefined.
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: ['openid', 'offline_access', 'tools'],
        resources: [...resources],
        // Any client for any resource, as at a provider that takes MCP clients which it never saw before.
        enforcePerClientResources: false,
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }) as unknown as BetterAuthPlugin,
    ],
  });
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * A second real authorization server that nobody here wrote: Better Auth with its OAuth provider. Its issuer has a path,
 * its tokens are signed with EdDSA, its codes and clients are its own. Everything is in memory.
 *
 * @param logins who has an account there
 */
export async function startSecondProvider(logins: readonly string[]): Promise<SecondProvider> {
  const resources = new Set<string>();
  const requests: string[] = [];
  const revocations: number[] = [];
  let made: Promise<Handler> | undefined;
  // Made with the first request: its resources are known by then, and cannot be added later.
  const make = async (): Promise<Handler> => {
    const auth = authAt(origin, [...resources]);
    for (const login of logins)
      await auth.api.signUpEmail({
        body: { name: login, email: emailOf(login), password: passwordOf(login) },
      });
    return toNodeHandler(auth);
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(`${request.method} ${pathname}`);
    if (pathname.endsWith('/oauth2/revoke'))
      response.on('finish', () => revocations.push(response.statusCode));
    made ??= make();
    await (await made)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/api/auth`;
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    scope: 'tools',
    resources,
    requests,
    revocations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Better Auth answers its pages' scripts with where to go next. */
async function nextOf(response: Response, at: URL): Promise<URL> {
  const text = await response.text();
  const said: unknown = response.status === 200 ? JSON.parse(text) : undefined;
  if (typeof said !== 'object' || said === null || !('url' in said) || typeof said.url !== 'string')
    throw new Error(`no way on from ${at.pathname} (${response.status}): ${text.slice(0, 300)}`);
  return new URL(said.url, at);
}

/** What the scripts of the login and the consent page send, which are the operator's own. Gives the way back, not followed. */
export async function consentAtSecond(
  authorizationUrl: string,
  { login = 'ana', accept = true }: { login?: string; accept?: boolean } = {},
): Promise<URL> {
  const start = new URL(authorizationUrl);
  const api = new URL('/api/auth/', start);
  let cookie = '';
  const post = async (path: string, page: URL, body: object): Promise<URL> => {
    const response = await fetch(new URL(path, api), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: start.origin, cookie },
      body: JSON.stringify({ ...body, oauth_query: page.search.slice(1) }),
    });
    const cookies = response.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookies.length > 0) cookie = cookies.join('; ');
    return nextOf(response, page);
  };
  const loginPage = await nextOf(await fetch(start, { redirect: 'manual' }), start);
  if (loginPage.origin !== start.origin) return loginPage;
  const credentials = { email: emailOf(login), password: passwordOf(login) };
  const consentPage = await post('sign-in/email', loginPage, credentials);
  return await post('oauth2/consent', consentPage, { accept });
}
