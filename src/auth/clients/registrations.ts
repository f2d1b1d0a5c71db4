import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey, type Store } from '../../storage/types.js';
import { createPinnedIssuers, requireKnownIssuer } from '../discovery/pinned-issuers.js';
import { AuthError, failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import { hasScopes, scopeUnion } from '../sign-in/scopes.js';
import type { AuthFailure, ClientRegistration, HttpServer } from '../types.js';
import { metadataDocumentFor } from './client-metadata.js';
import { isRefusal, type RegistrationDeps, register } from './dynamic-registration.js';
import { forgetClient, registrationRecords, type StoredRegistration } from './registration-records.js';
import type { RegistrationRequest } from './registration-request.js';

export type { RegistrationRequest } from './registration-request.js';

/** An authorization server's no: not asked for again at once. */
interface Refusal {
  readonly untilMs: number;
  readonly failure?: AuthFailure;
}

/** Short enough for an operator who has put it right, long enough for a person who tries again and again. */
const REFUSED_FOR_MS = 10 * 60_000;
/** Costs everybody a sign-in that fails, and there is another way: so it is remembered longer. */
const DOCUMENT_REFUSED_FOR_MS = 24 * 3_600_000;
/** A client that was made a moment ago is not unknown to the authorization server: there is another reason. */
const YOUNG_MS = 10 * 60_000;

/** A client that was to be replaced is kept for so long, in case that no other is to be had. */
const FORMER_KEPT_MS = 24 * 3_600_000;

/** Which no is remembered: to our document, to a registration, or to a registered client, in whose place came another. */
type Way = 'document' | 'dynamic' | 'client';

/** Says nothing about what a provider would take. */
const OURS: ReadonlySet<AuthFailure['code']> = new Set(['internal', 'store-unavailable']);

type Where = Omit<RegistrationRequest, 'scope'>;

/** One client a server, issuer and redirect URI, shared by all people. */
export interface Registrations {
  /**
   * The configured client, else our metadata document where the authorization server takes one, else the registered
   * client, else a new one (RFC 7591): the order of the MCP specification.
   * @throws {AuthError} registration-refused; for a configured client, issuer-mismatch where it is another issuer's, and
   * bad-metadata where nothing says whose it is
   */
  get(request: RegistrationRequest): Promise<ClientRegistration>;
  /** The provider says that it does not know this client: the next sign-in gets another. Credentials keep theirs. */
  refused(where: Where, client: ClientRegistration): Promise<void>;
  /** A browser went there with this client and never came back: it may have been told that nobody knows it. */
  doubt(where: Where, client: ClientRegistration): Promise<void>;
  /**
   * A code was redeemed, or a token granted, with it: from now on, a browser that does not come back says nothing about
   * the client, and a configured one is this issuer's.
   */
  accepted(where: Where, client: ClientRegistration): Promise<void>;
}

/** The issuer is part of the key: what one issued is never shown to another (threat 7). */
const keyOf = ({ server, discovery, redirectUri, device }: Where): string =>
  recordKey(server.name, discovery.metadata.issuer, redirectUri, ...(device === true ? ['device'] : []));

/** The client that somebody registered by hand. */
export function preRegistered({ oauth }: HttpServer): ClientRegistration | undefined {
  if (oauth.clientId === undefined) return undefined;
  const byKey = oauth.privateKey === undefined ? undefined : 'private_key_jwt';
  const method = oauth.tokenEndpointAuthMethod ?? byKey;
  return {
    kind: 'pre-registered',
    clientId: oauth.clientId,
    ...(oauth.clientSecret === undefined ? {} : { clientSecret: oauth.clientSecret }),
    ...(method === undefined ? {} : { tokenEndpointAuthMethod: method }),
  };
}

/** The remembered no, in the words of the time. */
function refusedBefore({ failure }: Refusal, issuer: string): AuthError {
  const { host } = new URL(issuer);
  const why = `${failure?.detail ?? 'refused'}; not asked again for ten minutes`;
  return new AuthError('registration-refused', why, host, {
    error: failure?.error,
    ...(failure?.rfc === undefined ? {} : { rfc: failure.rfc }),
  });
}

class StoredRegistrations implements Registrations {
  readonly #records;
  readonly #former;
  readonly #refusals;
  readonly #accepted;
  readonly #pinned;

  constructor(private readonly deps: RegistrationDeps & { readonly store: Store }) {
    this.#records = registrationRecords(deps.store);
    this.#former = deps.store.records<StoredRegistration>('former-registrations');
    this.#refusals = deps.store.records<Refusal>('registration-refusals');
    this.#accepted = deps.store.records<true>('accepted-documents');
    this.#pinned = createPinnedIssuers(deps.store);
  }

  async get(request: RegistrationRequest): Promise<ClientRegistration> {
    const configured = preRegistered(request.server);
    if (configured !== undefined) {
      requireKnownIssuer(request.server, request.discovery);
      await this.#pinned.check(request.server, configured, request.discovery.metadata.issuer);
      return configured;
    }
    const document = await this.#document(request);
    if (document !== undefined) return document;
    try {
      return await this.#registered(request);
    } catch (error) {
      const refused = await this.#refusedBefore(request, error);
      if (refused === undefined) throw error;
      return refused;
    }
  }

  /**
   * That a client is refused may be a browser's word alone, and anybody who may sign in can write it: where no other
   * client is to be had, nobody must lose the one that worked.
   */
  async #refusedBefore(
    request: RegistrationRequest,
    error: unknown,
  ): Promise<ClientRegistration | undefined> {
    if (OURS.has(failureOf(error).code)) return undefined;
    const former = await unlessUnreadable(this.#former.get(keyOf(request)));
    return this.#documentFor(request) ?? this.#ifUsable(former, request);
  }

  async refused(where: Where, client: ClientRegistration): Promise<void> {
    if (client.kind === 'metadata-document') await this.#remember('document', where, DOCUMENT_REFUSED_FOR_MS);
    if (client.kind === 'dynamic') await this.#replace(where, client.clientId);
  }

  /** Once: a provider that refuses the next one too, just after it made it, would be sent registrations without an end. */
  async #replace(where: Where, clientId: string): Promise<void> {
    if ((await this.#refusal('client', where)) !== undefined) return;
    await this.#remember('client', where, YOUNG_MS);
    const stored = await unlessUnreadable(this.#records.get(keyOf(where)));
    if (stored?.client.clientId === clientId) await this.#former.set(keyOf(where), stored, FORMER_KEPT_MS);
    await forgetClient(this.deps.store, where.server.name, clientId);
  }

  async accepted(where: Where, client: ClientRegistration): Promise<void> {
    if (client.kind === 'metadata-document') await this.#accepted.set(keyOf(where), true);
    if (client.kind === 'dynamic') await this.#putBack(where, client.clientId);
    const { metadata, assumed } = where.discovery;
    if (assumed !== true) await this.#pinned.pin(where.server, client, metadata.issuer);
  }

  /** It works after all, and nothing came in its place. */
  async #putBack(where: Where, clientId: string): Promise<void> {
    const former = await unlessUnreadable(this.#former.get(keyOf(where)));
    if (former?.client.clientId !== clientId) return;
    if ((await unlessUnreadable(this.#records.get(keyOf(where)))) === undefined)
      await this.#records.set(keyOf(where), former);
    await this.#former.delete(keyOf(where));
  }

  async doubt(where: Where, client: ClientRegistration): Promise<void> {
    if ((await unlessUnreadable(this.#accepted.get(keyOf(where)))) === true) return;
    const stored = await unlessUnreadable(this.#records.get(keyOf(where)));
    const isYoung = this.deps.now() - (stored?.atMs ?? 0) < YOUNG_MS;
    if (client.kind !== 'dynamic' || !isYoung) await this.refused(where, client);
  }

  /** Our document, unless the authorization server refused it and has another way. */
  async #document(request: RegistrationRequest): Promise<ClientRegistration | undefined> {
    const document = this.#documentFor(request);
    if (document === undefined) return undefined;
    const hasOtherWay = request.discovery.metadata.registration_endpoint !== undefined;
    if (hasOtherWay && (await this.#refusal('document', request)) !== undefined) return undefined;
    return document;
  }

  #documentFor(request: RegistrationRequest): ClientRegistration | undefined {
    const clientId = metadataDocumentFor(request, this.deps.publicUrl);
    if (clientId === undefined) return undefined;
    const method = request.server.oauth.tokenEndpointAuthMethod ?? 'none';
    return { kind: 'metadata-document', clientId, tokenEndpointAuthMethod: method };
  }

  async #registered(request: RegistrationRequest): Promise<ClientRegistration> {
    const known = await this.#usable(request);
    if (known !== undefined) return known;
    return await this.deps.store.lock(recordKey('registration', keyOf(request)), async () => {
      const meanwhile = await this.#usable(request);
      if (meanwhile !== undefined) return meanwhile;
      const refusal = await this.#refusal('dynamic', request);
      if (refusal !== undefined) throw refusedBefore(refusal, request.discovery.metadata.issuer);
      return await this.#register(request);
    });
  }

  /** With all that was asked for before, so that people who need different scopes do not outdo each other. */
  async #register(request: RegistrationRequest): Promise<ClientRegistration> {
    const before = await unlessUnreadable(this.#records.get(keyOf(request)));
    const scope = scopeUnion(before?.scope, request.scope);
    try {
      const made = await register({ ...request, ...(scope === undefined ? {} : { scope }) }, this.deps);
      await this.#records.set(keyOf(request), made);
      return made.client;
    } catch (error) {
      if (isRefusal(error)) await this.#remember('dynamic', request, REFUSED_FOR_MS, failureOf(error));
      throw namingProvider(error, request.discovery.metadata.issuer);
    }
  }

  async #usable(request: RegistrationRequest): Promise<ClientRegistration | undefined> {
    // A damaged one is replaced by registering anew: what was issued with it keeps its own copy.
    return this.#ifUsable(await unlessUnreadable(this.#records.get(keyOf(request))), request);
  }

  #ifUsable(
    stored: StoredRegistration | undefined,
    request: RegistrationRequest,
  ): ClientRegistration | undefined {
    if (stored === undefined) return undefined;
    // Registered without a scope: the authorization server limits it to none.
    if (stored.scope !== undefined && !hasScopes(stored.scope, request.scope)) return undefined;
    return (stored.secretExpiresAtMs ?? Number.POSITIVE_INFINITY) > this.deps.now()
      ? stored.client
      : undefined;
  }

  async #refusal(way: Way, where: Where): Promise<Refusal | undefined> {
    const refusal = await unlessUnreadable(this.#refusals.get(recordKey(way, keyOf(where))));
    return refusal !== undefined && refusal.untilMs > this.deps.now() ? refusal : undefined;
  }

  async #remember(way: Way, where: Where, forMs: number, failure?: AuthFailure): Promise<void> {
    const untilMs = this.deps.now() + forMs;
    const refusal = { untilMs, ...(failure === undefined ? {} : { failure }) };
    await this.#refusals.set(recordKey(way, keyOf(where)), refusal, forMs);
  }
}

export function createRegistrations(deps: RegistrationDeps & { readonly store: Store }): Registrations {
  return new StoredRegistrations(deps);
}
