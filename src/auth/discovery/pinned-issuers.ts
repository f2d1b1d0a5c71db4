import { type Records, recordKey, type Store } from '../../storage/types.js';
import { AuthError } from '../errors.js';
import type { ClientRegistration, HttpServer } from '../types.js';
import type { Discovery } from './discovery.js';

type Client = Pick<ClientRegistration, 'kind' | 'clientId'>;

/** To which issuer a configured client belongs. */
export interface PinnedIssuers {
  /**
   * A client that somebody registered by hand is one issuer's. Where the config does not say whose, it is the first
   * one's that took it: its secret must not go wherever the server's metadata leads later (threat 7).
   * @throws {AuthError} issuer-mismatch
   */
  check(server: HttpServer, client: Client, issuer: string): Promise<void>;
  /** This issuer took the client, and gave a token for it. The first one counts. Where somebody was sent proves nothing. */
  pin(server: HttpServer, client: Client, issuer: string): Promise<void>;
}

/**
 * Endpoints that are only assumed say nothing of whose the configured client is, and may be there for a moment only: where
 * they are meant, the config says so.
 * @throws {AuthError} bad-metadata
 */
export function requireKnownIssuer(
  { oauth }: HttpServer,
  { assumed, metadata }: Pick<Discovery, 'assumed' | 'metadata'>,
): void {
  if (assumed !== true || oauth.clientId === undefined || oauth.issuer !== undefined) return;
  const why = `no metadata says whose the configured client_id is; if the server signs people in itself, set oauth.issuer to ${metadata.issuer}`;
  throw new AuthError('bad-metadata', why, new URL(metadata.issuer).host, { rfc: 'RFC 9728 §3.1' });
}

class StoredPins implements PinnedIssuers {
  readonly #records: Records<{ readonly issuer: string }>;

  constructor(private readonly store: Store) {
    this.#records = store.records('client-issuers');
  }

  async check(server: HttpServer, client: Client, issuer: string): Promise<void> {
    const key = keyOf(server, client);
    const pinned = key === undefined ? undefined : await this.#records.get(key);
    if (pinned === undefined) return;
    if (pinned.issuer === issuer) return;
    const why = 'the configured client_id was used with another issuer before; set oauth.issuer if it moved';
    throw new AuthError('issuer-mismatch', why, new URL(issuer).host, { rfc: 'RFC 6749 §2.2' });
  }

  async pin(server: HttpServer, client: Client, issuer: string): Promise<void> {
    const key = keyOf(server, client);
    if (key === undefined || (await this.#records.get(key)) !== undefined) return;
    await this.store.lock(recordKey('client-issuer', key), async () => {
      if ((await this.#records.get(key)) === undefined) await this.#records.set(key, { issuer });
    });
  }
}

/** Undefined: there is nothing to remember. */
function keyOf({ name, oauth }: HttpServer, { kind, clientId }: Client): string | undefined {
  return kind === 'pre-registered' && oauth.issuer === undefined ? recordKey(name, clientId) : undefined;
}

export const createPinnedIssuers = (store: Store): PinnedIssuers => new StoredPins(store);
