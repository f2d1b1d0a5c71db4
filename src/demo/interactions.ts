import { randomBytes } from 'node:crypto';
import type { AuthorizationParams } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import express from 'express';
import type { Grants } from './grants.js';
import { consentPage, gonePage, loginPage } from './interaction-pages.js';

interface Interaction {
  readonly clientId: string;
  readonly parameters: AuthorizationParams;
  readonly expiresAtMs: number;
}

interface InteractionOptions {
  readonly issuer: URL;
  readonly people: readonly string[];
  readonly password: string;
  readonly defaultResource: URL;
  readonly scopes: readonly string[];
}

const LIFETIME_MS = 10 * 60_000;
const SESSION_COOKIE = 'demo_session';

/** The pages between `/authorize` and the redirect back: who are you, and do you allow this. */
export class Interactions {
  private readonly open = new Map<string, Interaction>();
  /** Browser session → login. */
  private readonly sessions = new Map<string, string>();

  constructor(
    private readonly options: InteractionOptions,
    private readonly grants: Grants,
    private readonly clientName: (clientId: string) => string | undefined,
  ) {}

  /** Keeps the authorization request and gives the path of its page. */
  begin(clientId: string, parameters: AuthorizationParams): string {
    const now = Date.now();
    for (const [id, interaction] of this.open) if (interaction.expiresAtMs < now) this.open.delete(id);
    const id = randomBytes(16).toString('base64url');
    this.open.set(id, { clientId, parameters, expiresAtMs: now + LIFETIME_MS });
    return `/interaction/${id}`;
  }

  routes(): express.Router {
    const router = express.Router();
    router.use(
      '/interaction',
      express.urlencoded({ extended: false, limit: '8kb' }),
      (_request, response, next) => {
        response.set({
          'Cache-Control': 'no-store',
          'Referrer-Policy': 'no-referrer',
          'Content-Security-Policy':
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        });
        next();
      },
    );
    router.get('/interaction/:id', (request, response) => this.show(request, response));
    router.post('/interaction/:id/login', (request, response) => this.logIn(request, response));
    router.post('/interaction/:id/logout', (request, response) => this.logOut(request, response));
    router.post('/interaction/:id/consent', (request, response) => this.decide(request, response));
    return router;
  }

  private show(request: express.Request, response: express.Response, wrongPassword = false): void {
    const found = this.find(request);
    if (found === undefined) return void response.status(410).send(gonePage());
    const login = this.loginOf(request);
    if (login === undefined) {
      const page = loginPage({
        id: found.id,
        people: this.options.people,
        password: this.options.password,
        wrongPassword,
      });
      return void response.status(wrongPassword ? 401 : 200).send(page);
    }
    response.send(
      consentPage({
        id: found.id,
        login,
        client: this.clientName(found.interaction.clientId) ?? 'An application',
        resource: this.resourceOf(found.interaction).href,
        scopes: this.scopesOf(found.interaction),
      }),
    );
  }

  private logIn(request: express.Request, response: express.Response): void {
    const { login, password } = (request.body ?? {}) as { login?: unknown; password?: unknown };
    const known = typeof login === 'string' && this.options.people.includes(login);
    if (!known || password !== this.options.password) {
      this.show(request, response, true);
      return;
    }
    const session = randomBytes(24).toString('base64url');
    this.sessions.set(session, login);
    response.cookie(SESSION_COOKIE, session, { httpOnly: true, sameSite: 'lax' });
    response.redirect(303, `/interaction/${String(request.params.id)}`);
  }

  private logOut(request: express.Request, response: express.Response): void {
    response.clearCookie(SESSION_COOKIE);
    response.redirect(303, `/interaction/${String(request.params.id)}`);
  }

  private decide(request: express.Request, response: express.Response): void {
    const found = this.find(request);
    const login = this.loginOf(request);
    if (found === undefined || login === undefined) return void response.status(410).send(gonePage());
    this.open.delete(found.id);
    const { interaction } = found;
    const { parameters } = interaction;
    const back = new URL(parameters.redirectUri);
    if ((request.body as { decision?: unknown } | undefined)?.decision === 'allow') {
      const code = this.grants.issueCode({
        login,
        clientId: interaction.clientId,
        scopes: this.scopesOf(interaction),
        resource: this.resourceOf(interaction),
        redirectUri: parameters.redirectUri,
        codeChallenge: parameters.codeChallenge,
      });
      back.searchParams.set('code', code);
    } else {
      back.searchParams.set('error', 'access_denied');
    }
    if (parameters.state !== undefined) back.searchParams.set('state', parameters.state);
    back.searchParams.set('iss', this.options.issuer.href);
    response.redirect(303, back.href);
  }

  private find(request: express.Request): { id: string; interaction: Interaction } | undefined {
    const id = String(request.params.id);
    const interaction = this.open.get(id);
    return interaction === undefined || interaction.expiresAtMs < Date.now()
      ? undefined
      : { id, interaction };
  }

  private loginOf(request: express.Request): string | undefined {
    const session = new RegExp(`(?:^|; )${SESSION_COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    return session === undefined ? undefined : this.sessions.get(session);
  }

  private resourceOf(interaction: Interaction): URL {
    return interaction.parameters.resource ?? this.options.defaultResource;
  }

  private scopesOf(interaction: Interaction): readonly string[] {
    const asked = interaction.parameters.scopes ?? [];
    return asked.length === 0 ? this.options.scopes : asked;
  }
}
