import { randomBytes } from 'node:crypto';
import { InvalidGrantError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/** What a person agreed to on the consent page. */
export interface Consent {
  readonly login: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resource: URL;
  readonly redirectUri: string;
  readonly codeChallenge: string;
}

interface Grant {
  readonly consent: Consent;
  refreshToken: string;
  revoked: boolean;
}

const CODE_LIFETIME_MS = 60_000;

/**
 * The demo's codes and tokens, in memory. Refresh tokens rotate, and using an old one again revokes the whole grant
 * (OAuth 2.1 §4.3.1): the strictest behaviour that a gateway meets in the wild.
 */
export class Grants {
  private readonly codes = new Map<string, { readonly consent: Consent; readonly expiresAtMs: number }>();
  private readonly accessTokens = new Map<string, { readonly grant: Grant; readonly expiresAtMs: number }>();
  private readonly refreshTokens = new Map<string, Grant>();

  constructor(
    private readonly accessTokenSeconds: (resource: URL) => number,
    private readonly now: () => number = Date.now,
  ) {}

  issueCode(consent: Consent): string {
    const code = randomBytes(24).toString('base64url');
    this.codes.set(code, { consent, expiresAtMs: this.now() + CODE_LIFETIME_MS });
    return code;
  }

  challengeOf(clientId: string, code: string): string {
    return this.consentOf(clientId, code).codeChallenge;
  }

  redeemCode(clientId: string, code: string, redirectUri: string | undefined): OAuthTokens {
    const consent = this.consentOf(clientId, code);
    this.codes.delete(code);
    if (redirectUri !== consent.redirectUri) throw new InvalidGrantError('redirect_uri does not match');
    return this.issueTokens({ consent, refreshToken: '', revoked: false });
  }

  refresh(clientId: string, refreshToken: string): OAuthTokens {
    const grant = this.refreshTokens.get(refreshToken);
    if (grant === undefined || grant.consent.clientId !== clientId)
      throw new InvalidGrantError('unknown refresh token');
    if (grant.refreshToken !== refreshToken) grant.revoked = true;
    if (grant.revoked) throw new InvalidGrantError('the grant was revoked');
    return this.issueTokens(grant);
  }

  /** RFC 7009 §2.1: revoking either token ends the grant. */
  revoke(clientId: string, token: string): void {
    const grant = this.refreshTokens.get(token) ?? this.accessTokens.get(token)?.grant;
    if (grant?.consent.clientId === clientId) grant.revoked = true;
  }

  verify(accessToken: string): AuthInfo {
    const issued = this.accessTokens.get(accessToken);
    if (issued === undefined || issued.grant.revoked) throw new InvalidTokenError('unknown or revoked token');
    const { consent } = issued.grant;
    return {
      token: accessToken,
      clientId: consent.clientId,
      scopes: [...consent.scopes],
      expiresAt: Math.floor(issued.expiresAtMs / 1000),
      resource: consent.resource,
      extra: { login: consent.login },
    };
  }

  private consentOf(clientId: string, code: string): Consent {
    const issued = this.codes.get(code);
    if (issued === undefined || issued.consent.clientId !== clientId || issued.expiresAtMs < this.now()) {
      throw new InvalidGrantError('unknown or expired code');
    }
    return issued.consent;
  }

  private issueTokens(grant: Grant): OAuthTokens {
    const seconds = this.accessTokenSeconds(grant.consent.resource);
    const accessToken = randomBytes(32).toString('base64url');
    grant.refreshToken = randomBytes(32).toString('base64url');
    this.forgetExpired();
    this.accessTokens.set(accessToken, { grant, expiresAtMs: this.now() + seconds * 1000 });
    this.refreshTokens.set(grant.refreshToken, grant);
    return {
      access_token: accessToken,
      refresh_token: grant.refreshToken,
      token_type: 'Bearer',
      expires_in: seconds,
      scope: grant.consent.scopes.join(' '),
    };
  }

  private forgetExpired(): void {
    for (const [token, issued] of this.accessTokens) {
      if (issued.expiresAtMs < this.now() || issued.grant.revoked) this.accessTokens.delete(token);
    }
  }
}
