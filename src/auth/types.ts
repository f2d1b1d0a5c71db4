/** The words of credentials; those of sign-ins are in `sign-in/types.ts`. Nothing here knows a chat. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Whose credential it is: `telegram:123`, a name from the config's `people:`, or `shared`. */
export type Subject = string;

/** A `${NAME}` in a server's headers or env. `value` is there when the environment has it: everyone's key. */
export interface KeyVariable {
  readonly name: string;
  readonly value?: string;
}

export interface OAuthSettings {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly scope?: string;
  readonly clientName?: string;
  /** Our client metadata document, where it is not the gateway's own. */
  readonly clientMetadataUrl?: string;
  /** False: no metadata document, whatever the authorization server takes. */
  readonly metadataDocument?: boolean;
  /** RFC 8414 name of how the client proves itself, where the usual choice is not wanted. */
  readonly tokenEndpointAuthMethod?: string;
  /** A JWK, or PKCS #8 in PEM, for `private_key_jwt`; without it, the gateway's own key. */
  readonly privateKey?: string;
  /** JWS algorithm of that key. */
  readonly signingAlg?: string;
  readonly issuer?: string;
  /** Fixed redirect URI, where the gateway's own `{public_url}/oauth/callback` is not wanted. */
  readonly redirectUri?: string;
  /** Of `http://127.0.0.1:{port}/callback`, used where people do not come back to the gateway's public URL. */
  readonly redirectPort?: number;
  /** How people come back; absent: what fits (see `sign-in/way.ts`). */
  readonly flow?: 'browser' | 'paste' | 'device';
  /** How long a sign-in with this server may take; else `security.sign_in_lifetime`. */
  readonly timeoutMs?: number;
  /** Sent along with the authorization request (`prompt`, `access_type`, `audience`, …). */
  readonly authorizeParameters: Readonly<Record<string, string>>;
}

interface ServerBase {
  readonly name: string;
  readonly enabled: boolean;
  readonly credentials: 'personal' | 'shared';
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly tools: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
  /** Every distinct `${NAME}` in headers or env, in order of appearance. */
  readonly keys: readonly KeyVariable[];
}

export interface HttpServer extends ServerBase {
  readonly kind: 'http' | 'sse';
  readonly url: string;
  /** The config says so: people sign in, or the gateway itself (a service account). Else keys if there are `${NAME}`s, else whatever the server's 401 asks for. */
  readonly auth?: 'oauth' | 'client_credentials';
  readonly oauth: OAuthSettings;
  /** Values may hold `${NAME}` (a key) or be literal. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface StdioServer extends ServerBase {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** An entry of `mcp_servers`, validated, with defaults filled in. */
export type Server = HttpServer | StdioServer;

export interface CredentialKey {
  readonly subject: Subject;
  readonly server: string;
}

export interface ClientRegistration {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly tokenEndpointAuthMethod?: string;
  /** `metadata-document`: its id is the address of a document that describes it. */
  readonly kind: 'pre-registered' | 'metadata-document' | 'dynamic';
}

/**
 * What a sign-in got. It holds all that a refresh needs, so that a refresh goes where the token was issued and
 * nowhere else (threat 7).
 */
export interface OAuthCredential {
  readonly kind: 'oauth';
  /** A service account's; absent: a person's. */
  readonly grant?: 'client_credentials';
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scope?: string;
  /** What was asked for, where the provider granted something else. */
  readonly requestedScope?: string;
  /** When the person consented: a refresh leaves it as it is. */
  readonly grantedAtMs?: number;
  /** The id of the sign-in that brought it, which may have died before it could say so. */
  readonly signIn?: string;
  readonly issuedAtMs: number;
  /** Absent: the provider did not say (RFC 6749 §5.1 `expires_in`): assume nothing, react to 401. */
  readonly expiresAtMs?: number;
  readonly client: ClientRegistration;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly authMethodsSupported?: readonly string[];
  /** RFC 8707 resource indicator, as sent on authorization. */
  readonly resource?: string;
  /** Whose they are, where there was no resource to name: the server's address then. */
  readonly serverUrl?: string;
  /** Refreshed because the server had refused the token before: if it refuses this one too, a next one is no help. */
  readonly replacesRefused?: true;
  /** The provider refused a refresh, or the server a fresh token: since when, and the error code (`invalid_grant`). */
  readonly refused?: { readonly sinceMs: number; readonly code: string };
}

/** API keys by variable name. `unproven`: the server answers the same without them. */
export interface KeysCredential {
  readonly kind: 'keys';
  readonly values: Readonly<Record<string, string>>;
  /** The id of the sign-in that brought them; absent: they were given in the chat. */
  readonly signIn?: string;
  readonly issuedAtMs: number;
  readonly unproven?: boolean;
  readonly refused?: { readonly sinceMs: number; readonly code: string };
}

export type Credential = OAuthCredential | KeysCredential;

/** A credential as it may be shown: no secret in it. */
export type CredentialView =
  | {
      readonly kind: 'oauth';
      readonly subject: Subject;
      readonly server: string;
      readonly scope?: string;
      readonly issuedAtMs: number;
      /** When the person consented: a refresh leaves it as it is. */
      readonly grantedAtMs?: number;
      readonly expiresAtMs?: number;
      /** True when it refreshes by itself. */
      readonly refreshable: boolean;
      readonly issuer: string;
      readonly registration: ClientRegistration['kind'];
      readonly refused?: { readonly sinceMs: number; readonly code: string };
    }
  | {
      readonly kind: 'keys';
      readonly subject: Subject;
      readonly server: string;
      /** `sk-…9f3c`, by variable name. */
      readonly masked: Readonly<Record<string, string>>;
      readonly issuedAtMs: number;
      readonly unproven: boolean;
      readonly refused?: { readonly sinceMs: number; readonly code: string };
    }
  /** The record is there and cannot be read (corrupt, another sealing key). It is left as it is. */
  | { readonly kind: 'unreadable'; readonly subject: Subject; readonly server: string };

/** What became of an attempt to get a token that works. */
export type TokenOutcome =
  | { readonly kind: 'token'; readonly accessToken: string; readonly expiresAtMs?: number }
  | {
      readonly kind: 'needs-sign-in';
      readonly reason: 'never' | 'refused' | 'scope';
      readonly sinceMs?: number;
    }
  | { readonly kind: 'try-later'; readonly retryAtMs: number }
  /** A service account got none: nothing that a person could do. */
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

/** The one place where tokens are read, refreshed and written. */
export interface TokenKeeper {
  /**
   * The access token to use now. `rejected` is a token the server just answered 401 to: if the store already holds
   * another one, that one is returned and nothing is refreshed; else it is refreshed once. A 401 to what came of that
   * is to be told too: it ends the credential, unless the server takes the token for other things (then the same one
   * is returned), or lets anybody connect, so that nobody knows (then a sign-in is needed, and nothing has ended).
   * @throws {StoreError} when the store cannot be read and nothing is known: never "needs sign-in".
   */
  accessToken(credential: CredentialKey, rejected?: string): Promise<TokenOutcome>;
  /** Keeps what a sign-in got, in place of what was there. */
  keep(credential: CredentialKey, tokens: OAuthCredential): Promise<void>;
  /** Revokes at the provider (RFC 7009) where it can, and deletes. */
  signOut(credential: CredentialKey): Promise<SignOutOutcome>;
}

export type SignOutOutcome =
  | { readonly kind: 'nothing' }
  /**
   * `revoked`: the provider confirmed. `deleted-only`: it has no revocation, did not answer, or ended the access in use
   * (`partly`) and not the grant.
   */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'deleted-only'; readonly why: 'unsupported' | 'failed' | 'partly' | 'not-oauth' };

/** Keys that people gave for a server's `${NAME}`s. */
export interface ApiKeys {
  /** What to fill `${NAME}` with for this subject: the environment's values and the stored ones. Undefined: one is missing. */
  values(server: Server, subject: Subject): Promise<Readonly<Record<string, string>> | undefined>;
  /** Checks by connecting, then keeps. A refused key leaves the old one in place. */
  submit(
    server: Server,
    subject: Subject,
    values: Readonly<Record<string, string>>,
  ): Promise<KeySubmitOutcome>;
  signOut(credential: CredentialKey): Promise<SignOutOutcome>;
  /** Marks the stored keys as refused by the server, if they are still those that it refused: `values`. */
  refused(credential: CredentialKey, code: string, values: Readonly<Record<string, string>>): Promise<void>;
}

export type KeySubmitOutcome =
  | {
      readonly kind: 'kept';
      readonly masked: Readonly<Record<string, string>>;
      readonly tools?: number;
      readonly unproven: boolean;
    }
  | { readonly kind: 'refused' }
  /** A field is missing, empty, or has characters that no header can carry. */
  | { readonly kind: 'malformed'; readonly name: string; readonly why: string }
  | { readonly kind: 'not-checked'; readonly failure: AuthFailure };

/** Credentials as they may be shown. */
export interface Credentials {
  view(credential: CredentialKey): Promise<CredentialView | undefined>;
  /** All of one subject's, or everyone's. */
  list(subject?: Subject): Promise<readonly CredentialView[]>;
}

/** With what to connect: only for `verify`, before anything is stored. */
export type Access =
  /** `toProve`: a server has refused it, so it is to be shown that it is taken, and not only that anybody may connect. */
  | { readonly kind: 'token'; readonly accessToken: string; readonly toProve?: true }
  | { readonly kind: 'keys'; readonly values: Readonly<Record<string, string>> };

/** What connecting with a new credential showed. Passed into `auth` by the composition root (it lives in `mcp`). */
export type Verify = (server: Server, subject: Subject, access: Access) => Promise<VerifyOutcome>;

/** Access that a server asks for beyond what a credential has. `exhausted`: signing in for it has not helped. */
export interface MoreAccess {
  readonly scopes: readonly string[];
  readonly exhausted: boolean;
}

export type VerifyOutcome =
  /** `proven` is false where the server answers the same without the credential (looked at for keys, and `toProve`). */
  | { readonly kind: 'works'; readonly tools: number; readonly proven: boolean }
  | { readonly kind: 'refused' }
  /** It is good, and not for everything (RFC 6750 §3.1). */
  | { readonly kind: 'needs-scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'unreachable'; readonly failure: AuthFailure };

export type AuthFailureCode =
  | 'unreachable' // no connection, DNS, TLS
  | 'timeout'
  | 'too-large'
  | 'http-error' // 5xx or an unexpected status
  | 'bad-metadata' // HTML, not JSON, missing endpoints, no authorization server found
  | 'blocked-address' // guarded fetch: private or special address
  | 'insecure-endpoint' // http: beyond loopback, or a scheme that is none of ours
  | 'issuer-mismatch' // RFC 8414 §3.3, RFC 9207
  | 'pkce-unsupported'
  | 'device-unsupported' // RFC 8628 is not offered, not to this client, or not allowed here
  | 'registration-refused' // RFC 7591 refused or not offered, and no client_id configured
  | 'provider-refused' // an OAuth error other than access_denied
  | 'client-refused' // invalid_client, and the client is the config's
  | 'credential-refused' // the server refused the fresh credential
  | 'store-unavailable'
  | 'too-many-pending'
  | 'rate-limited' // by this gateway: more than its `limits` allow was asked of it
  | 'internal';

/** Why something failed. `detail` is for the log and `/mcp status`: cut, one line, no secret; data, never markup. */
export interface AuthFailure {
  readonly code: AuthFailureCode;
  readonly detail: string;
  /** The host that it concerns. */
  readonly host?: string;
  /** The provider's own error code, as it came: `invalid_scope`. */
  readonly error?: string;
  /** The section of the standard that it is about: "RFC 8707 §2". */
  readonly rfc?: string;
}
