import type { FetchLike } from '@modelcontextprotocol/client';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import type { Store } from '../../storage/types.js';
import type { Discovery } from '../discovery/discovery.js';
import { revocationEndpoint } from '../discovery/metadata-checks.js';
import { AuthError, failureOf } from '../errors.js';
import { isElsewhere, isOfAnother } from '../keeper/moved-servers.js';
import type {
  AuthFailure,
  ClientRegistration,
  CredentialKey,
  HttpServer,
  OAuthCredential,
  Server,
  TokenKeeper,
} from '../types.js';
import { type CredentialForm, type FormTrouble, readCredentialForm } from './credential-form.js';
import type { CredentialRecords } from './credentials.js';

export type ImportOutcome =
  /** `renewsFirst`: nobody knows how old the token is, so the first use renews it. */
  | { readonly kind: 'imported'; readonly renewsFirst: boolean; readonly refreshable: boolean }
  | FormTrouble
  /** Neither the input nor anything that is known here says it. Nothing was changed. */
  | {
      readonly kind: 'incomplete';
      readonly field: 'issuer' | 'token_endpoint' | 'client_id';
      readonly failure?: AuthFailure;
    }
  /** Nobody signs in to that server. */
  | { readonly kind: 'no-sign-in'; readonly why: 'stdio' | 'keys' | 'service-account' };

export interface CredentialImportDeps {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  readonly keeper: Pick<TokenKeeper, 'keep'>;
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly now: () => number;
}

/** Where tokens are refreshed and withdrawn, and what for. */
type Place = Pick<
  OAuthCredential,
  'issuer' | 'tokenEndpoint' | 'revocationEndpoint' | 'authMethodsSupported' | 'resource'
>;

type Incomplete = Extract<ImportOutcome, { kind: 'incomplete' }>;

const isIncomplete = (found: object): found is Incomplete => 'kind' in found && found.kind === 'incomplete';

/** Why there is nothing to sign in to, or undefined. */
export function withoutSignIn(
  server: Server,
): Extract<ImportOutcome, { kind: 'no-sign-in' }>['why'] | undefined {
  if (server.kind === 'stdio') return 'stdio';
  if (server.auth === 'client_credentials') return 'service-account';
  return server.keys.length > 0 && server.auth === undefined ? 'keys' : undefined;
}

/**
 * What is held already, as far as it is of the same place: another issuer's client is no business of this one (threat 7),
 * and what was for the server at its former address is not shown to it now.
 */
async function heldFrom(
  form: CredentialForm,
  key: CredentialKey,
  { url }: HttpServer,
  { credentials }: CredentialImportDeps,
): Promise<OAuthCredential | undefined> {
  const held = await unlessUnreadable(credentials.get(key));
  if (held?.kind !== 'oauth' || held.grant !== undefined) return undefined;
  if (form.resource === undefined && isOfAnother(held, url)) return undefined;
  const isSame =
    (form.issuer ?? held.issuer) === held.issuer &&
    (form.tokenEndpoint ?? held.tokenEndpoint) === held.tokenEndpoint;
  return isSame ? held : undefined;
}

/** Asks the server where its sign-ins go; with the issuer that the form names, if it names one. */
async function discovered(
  form: CredentialForm,
  server: HttpServer,
  deps: CredentialImportDeps,
): Promise<Discovery> {
  const { discover } = await import('../discovery/discovery.js');
  const issuer = form.issuer ?? server.oauth.issuer;
  const asked = issuer === undefined ? server : { ...server, oauth: { ...server.oauth, issuer } };
  const found = await discover(asked, deps.fetchFor(server), deps.now());
  const { requireKnownIssuer } = await import('../discovery/pinned-issuers.js');
  if ((form.clientId ?? server.oauth.clientId) === server.oauth.clientId) requireKnownIssuer(asked, found);
  return found;
}

function placeOf({ metadata, resource, assumed }: Discovery): Place {
  const revocation = revocationEndpoint(metadata);
  const methods = metadata.token_endpoint_auth_methods_supported;
  return {
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    ...(revocation === undefined || assumed === true ? {} : { revocationEndpoint: revocation }),
    ...(methods === undefined ? {} : { authMethodsSupported: methods }),
    ...(resource === undefined ? {} : { resource: new URL(resource.resource).href }),
  };
}

/** The form's own words first, then what is held, then what the server says; asked only where something is missing. */
async function place(
  form: CredentialForm,
  held: OAuthCredential | undefined,
  server: HttpServer,
  deps: CredentialImportDeps,
): Promise<Place | Incomplete> {
  const own = {
    ...(form.revocationEndpoint === undefined ? {} : { revocationEndpoint: form.revocationEndpoint }),
    ...(form.resource === undefined ? {} : { resource: form.resource }),
  };
  if (held !== undefined) return { ...placeHeld(held), ...own };
  const { issuer, tokenEndpoint } = form;
  try {
    const found = placeOf(await discovered(form, server, deps));
    const isSame =
      (issuer ?? found.issuer) === found.issuer &&
      (tokenEndpoint ?? found.tokenEndpoint) === found.tokenEndpoint;
    if (isSame) return { ...found, ...own };
    return { issuer: issuer ?? found.issuer, tokenEndpoint: tokenEndpoint ?? found.tokenEndpoint, ...own };
  } catch (error) {
    if (issuer !== undefined && tokenEndpoint !== undefined) return { issuer, tokenEndpoint, ...own };
    const field = issuer === undefined ? 'issuer' : 'token_endpoint';
    return { kind: 'incomplete', field, failure: failureOf(error) };
  }
}

function placeHeld(held: OAuthCredential): Place {
  const {
    issuer,
    tokenEndpoint,
    revocationEndpoint: revocation,
    authMethodsSupported: methods,
    resource,
  } = held;
  return {
    issuer,
    tokenEndpoint,
    ...(revocation === undefined ? {} : { revocationEndpoint: revocation }),
    ...(methods === undefined ? {} : { authMethodsSupported: methods }),
    ...(resource === undefined ? {} : { resource }),
  };
}

/** The client that the tokens were issued to: a refresh by any other is refused (RFC 6749 §6). */
async function client(
  form: CredentialForm,
  held: OAuthCredential | undefined,
  { issuer }: Place,
  server: HttpServer,
  { store }: CredentialImportDeps,
): Promise<ClientRegistration | Incomplete> {
  const { preRegistered } = await import('../clients/registrations.js');
  const isMeant = (known: ClientRegistration | undefined) =>
    known !== undefined && (form.clientId ?? known.clientId) === known.clientId;
  const ours = isMeant(held?.client) ? held?.client : undefined;
  const configured = preRegistered(server);
  if (ours === undefined && configured !== undefined && isMeant(configured)) {
    const { createPinnedIssuers } = await import('../discovery/pinned-issuers.js');
    const pinned = createPinnedIssuers(store);
    await pinned.check(server, configured, issuer);
    await pinned.pin(server, configured, issuer);
    return { ...configured, ...proofOf(form) };
  }
  if (ours !== undefined) return { ...ours, ...proofOf(form) };
  if (form.clientId === undefined) return { kind: 'incomplete', field: 'client_id' };
  return { kind: 'pre-registered', clientId: form.clientId, ...proofOf(form) };
}

function proofOf({
  clientSecret,
  tokenEndpointAuthMethod: method,
}: CredentialForm): Partial<ClientRegistration> {
  return {
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(method === undefined ? {} : { tokenEndpointAuthMethod: method }),
  };
}

/** Without a refresh token there is nothing to renew with: a 401 will say when it is over. */
function expiryOf({ expires, refreshToken }: CredentialForm, nowMs: number): { expiresAtMs?: number } {
  if (expires === undefined) return {};
  if (expires !== 'at-first-use') return { expiresAtMs: expires };
  return refreshToken === undefined ? {} : { expiresAtMs: nowMs };
}

function credentialOf(
  form: CredentialForm,
  held: OAuthCredential | undefined,
  where: Place,
  who: ClientRegistration,
  { url }: HttpServer,
  nowMs: number,
): OAuthCredential {
  const scope = form.scope ?? held?.scope;
  // Whoever renews tokens elsewhere renews the same consent; other scopes are another one.
  const isSameGrant = held?.grantedAtMs !== undefined && scope === held.scope;
  return {
    kind: 'oauth',
    accessToken: form.accessToken,
    issuedAtMs: nowMs,
    grantedAtMs: isSameGrant ? held.grantedAtMs : nowMs,
    client: who,
    ...where,
    ...(where.resource === undefined ? { serverUrl: url } : {}),
    ...(form.refreshToken === undefined ? {} : { refreshToken: form.refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(isSameGrant && held.requestedScope !== undefined ? { requestedScope: held.requestedScope } : {}),
    ...expiryOf(form, nowMs),
  };
}

/**
 * Puts tokens that were got or renewed elsewhere in place of what is held, through the keeper and under its lock: a
 * gateway that runs on the same store uses them from its next call on. Nothing is changed unless it is `imported`, and
 * the tokens are not tried: the first use does that.
 *
 * @throws {StoreError}
 */
export async function importCredential(
  json: string,
  key: CredentialKey,
  server: Server,
  deps: CredentialImportDeps,
): Promise<ImportOutcome> {
  const without = withoutSignIn(server);
  if (server.kind === 'stdio' || without !== undefined)
    return { kind: 'no-sign-in', why: without ?? 'stdio' };
  const read = readCredentialForm(json);
  if (read.kind === 'malformed') return read;
  const { form } = read;
  if (isElsewhere(form.resource ?? server.url, server.url))
    return { kind: 'malformed', field: 'resource', why: 'it is not the address of this server' };
  const held = await heldFrom(form, key, server, deps);
  const where = await place(form, held, server, deps);
  if (isIncomplete(where)) return where;
  try {
    const who = await client(form, held, where, server, deps);
    if (isIncomplete(who)) return who;
    await deps.keeper.keep(key, credentialOf(form, held, where, who, server, deps.now()));
  } catch (error) {
    if (error instanceof AuthError)
      return { kind: 'incomplete', field: 'client_id', failure: failureOf(error) };
    throw error;
  }
  const refreshable = form.refreshToken !== undefined;
  return { kind: 'imported', refreshable, renewsFirst: refreshable && form.expires === 'at-first-use' };
}
