import { recordKey, type Store } from '../../storage/types.js';
import { AuthError } from '../errors.js';
import type { HttpServer } from '../types.js';

/** To which issuer a configured client belongs. */
export interface PinnedIssuers {
  /**
   * A client that somebody registered by hand is one issuer's. Where the config does not say whose, it is the first
   * one's that it was used with: its secret must not go wherever the server's metadata leads later (threat 7).
   * @throws {AuthError} issuer-mismatch
   */
  check(server: HttpServer, issuer: string): Promise<void>;
}

export function createPinnedIssuers(store: Store): PinnedIssuers {
  const records = store.records<{ readonly issuer: string }>('client-issuers');
  return {
    async check({ name, oauth }, issuer) {
      const { clientId } = oauth;
      if (clientId === undefined || oauth.issuer !== undefined) return;
      const key = recordKey(name, clientId);
      const pinned = await records.get(key);
      if (pinned === undefined) return await records.set(key, { issuer });
      if (pinned.issuer === issuer) return;
      const why =
        'the configured client_id was used with another issuer before; set oauth.issuer if it moved';
      throw new AuthError('issuer-mismatch', why, new URL(issuer).host, { rfc: 'RFC 6749 §2.2' });
    },
  };
}
