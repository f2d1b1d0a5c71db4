import { unlessUnreadable } from '../storage/sealing/unreadable.js';
import { recordKey, type Store } from '../storage/types.js';
import type { CredentialRecords } from './credentials/credentials.js';
import { dropDiscovery } from './discovery/records.js';
import { hasScopes, scopeUnion } from './sign-in/scopes.js';
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
  /** What the next sign-in has to ask for beyond what it would: all that was missing so far. */
  wanted(key: CredentialKey): Promise<string | undefined>;
  /** What was refused before works now, or nobody is to ask for it again. */
  forget(key: CredentialKey): Promise<void>;
}

interface StepUp {
  readonly scopes: string;
  /** Sign-ins that asked for all of these scopes, after which they were still missing. */
  readonly tries: number;
  /** Sign-ins after which anything was missing. */
  readonly total: number;
  /** `grantedAtMs` of the credential that was counted last. */
  readonly countedMs?: number;
  readonly sinceMs: number;
}

/** Once more than once: a person may have left out a tick. */
const MOST_TRIES = 2;
/** A server that asks for something else each time. */
const MOST_IN_ALL = 6;
const DAY_MS = 24 * 3_600_000;
/** So that the sign-in after the next expiry still asks for what was learned. */
const KEPT_MS = 90 * DAY_MS;

const FIRST: Pick<StepUp, 'tries' | 'total'> = { tries: 0, total: 0 };

function next(
  before: StepUp | undefined,
  scopes: string | undefined,
  credential: OAuthCredential | undefined,
  nowMs: number,
): StepUp {
  const isNews = before === undefined || !hasScopes(before.scopes, scopes);
  const isOld = before === undefined || nowMs - before.sinceMs > DAY_MS;
  const { tries, total } = isOld ? FIRST : { tries: isNews ? 0 : before.tries, total: before.total };
  const granted = credential?.grantedAtMs;
  const isCounted = granted === undefined || granted === before?.countedMs;
  const asked = scopeUnion(credential?.requestedScope, credential?.scope);
  return {
    scopes: scopeUnion(before?.scopes, scopes) ?? '',
    tries: !isCounted && hasScopes(asked, scopes) ? tries + 1 : tries,
    total: isCounted ? total : total + 1,
    sinceMs: isOld ? nowMs : before.sinceMs,
    ...(granted === undefined ? {} : { countedMs: granted }),
  };
}

export interface ChallengesDeps {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  readonly now: () => number;
}

export function createChallenges({ store, credentials, now }: ChallengesDeps): Challenges {
  const records = store.records<StepUp>('step-ups');
  const keyOf = ({ subject, server }: CredentialKey): string => recordKey(subject, server);

  async function stored(key: CredentialKey): Promise<OAuthCredential | undefined> {
    const credential = await unlessUnreadable(credentials.get(key));
    return credential?.kind === 'oauth' ? credential : undefined;
  }

  return {
    unauthorized: (server) => dropDiscovery(store, server),
    async insufficientScope(key, scopes, credential) {
      return await store.lock(recordKey('step-up', keyOf(key)), async () => {
        const before = await unlessUnreadable(records.get(keyOf(key)));
        const refused = credential ?? (await stored(key));
        const after = next(before, scopeUnion(...scopes), refused, now());
        await records.set(keyOf(key), after, KEPT_MS);
        return { scopes, exhausted: after.tries >= MOST_TRIES || after.total >= MOST_IN_ALL };
      });
    },
    async wanted(key) {
      const scopes = (await unlessUnreadable(records.get(keyOf(key))))?.scopes;
      if (scopes === undefined || scopes === '') return undefined;
      // MCP, SEP-2350: the union with what was asked for before, or the new token could do less than the old one.
      const held = await stored(key);
      return scopeUnion(held?.requestedScope ?? held?.scope, scopes);
    },
    forget: async (key) => {
      await records.delete(keyOf(key));
    },
  };
}
