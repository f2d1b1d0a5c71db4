import { isDeepStrictEqual } from 'node:util';
import { unlessUnreadable } from '../storage/sealing/unreadable.js';
import { recordKey, type Store } from '../storage/types.js';
import type { CredentialRecords } from './credentials/credentials.js';
import { dropDiscovery } from './discovery/records.js';
import { firstScopes, hasScopes, scopeList, scopeUnion } from './sign-in/scopes.js';
import { forgetStepUp, isExhausted, nextStepUp, stepUpKey, stepUpRecords } from './step-ups.js';
import type { CredentialKey, MoreAccess, OAuthCredential } from './types.js';

/** What servers answered to people's tokens, for the next sign-in to know. */
export interface Challenges {
  /** 401 to a token that should have worked: what is known of the server's authorization is out of date. */
  unauthorized(server: string): Promise<void>;
  /**
   * 403 `insufficient_scope` (RFC 6750 §3.1; MCP, "Step-Up Authorization Flow"): remembers which access is missing.
   * `credential`: the one that was refused, where it is not the stored one.
   */
  insufficientScope(
    key: CredentialKey,
    scopes: readonly string[],
    credential?: OAuthCredential,
  ): Promise<MoreAccess>;
  /** What the next sign-in has to ask for beyond what it would: all that was missing so far, the newest where it is too much. */
  wanted(key: CredentialKey): Promise<string | undefined>;
  /**
   * A browser went to the provider to ask for this and stayed away: the page there may have said that it does not have
   * such a scope. What no sign-in was given yet is not asked for again.
   */
  doubt(key: CredentialKey, asked: string | undefined): Promise<void>;
  /** What was refused before works now, or nobody is to ask for it again. */
  forget(key: CredentialKey): Promise<void>;
}

/** So that the sign-in after the next expiry still asks for what was learned. */
const KEPT_MS = 90 * 24 * 3_600_000;

export interface ChallengesDeps {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  readonly now: () => number;
}

export function createChallenges({ store, credentials, now }: ChallengesDeps): Challenges {
  const records = stepUpRecords(store);
  const stepUpOf = (key: CredentialKey) => unlessUnreadable(records.get(stepUpKey(key)));

  async function stored(key: CredentialKey): Promise<OAuthCredential | undefined> {
    const credential = await unlessUnreadable(credentials.get(key));
    return credential?.kind === 'oauth' ? credential : undefined;
  }

  return {
    unauthorized: (server) => dropDiscovery(store, server),
    async insufficientScope(key, scopes, credential) {
      const refused = credential ?? (await stored(key));
      const look = async () => {
        const before = await stepUpOf(key);
        const after = nextStepUp(before, scopes, refused, now());
        return { after, isNews: !isDeepStrictEqual(before, after) };
      };
      // Many calls are refused with the same words: only the first has anything to write.
      const seen = await look();
      if (!seen.isNews) return { scopes, exhausted: isExhausted(seen.after) };
      return await store.lock(recordKey('step-up', stepUpKey(key)), async () => {
        const { after, isNews } = await look();
        if (isNews) await records.set(stepUpKey(key), after, KEPT_MS);
        return { scopes, exhausted: isExhausted(after) };
      });
    },
    async wanted(key) {
      const scopes = (await stepUpOf(key))?.scopes;
      if (scopes === undefined || scopes === '') return undefined;
      // MCP, SEP-2350: the union with what was asked for before, or the new token could do less than the old one.
      const held = await stored(key);
      return firstScopes(scopes, held?.requestedScope ?? held?.scope);
    },
    async doubt(key, asked) {
      const wanted = scopeList((await stepUpOf(key))?.scopes);
      const held = await stored(key);
      const worked = scopeUnion(held?.requestedScope, held?.scope);
      const isDoubtful = (name: string) => hasScopes(asked, name) && !hasScopes(worked, name);
      if (wanted.some(isDoubtful)) await forgetStepUp(store, key);
    },
    forget: (key) => forgetStepUp(store, key),
  };
}
