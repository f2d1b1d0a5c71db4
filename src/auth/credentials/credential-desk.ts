import { isUnreadable } from '../../storage/sealing/unreadable.js';
import type {
  ApiKeys,
  Credential,
  CredentialKey,
  CredentialView,
  Server,
  SignOutOutcome,
  Subject,
  TokenKeeper,
} from '../types.js';
import type { CredentialImportDeps, ImportOutcome } from './credential-import.js';

export type ExportOutcome =
  /** `fields`: the JSON that import takes, secrets and all. `refused`: its provider ended it. */
  | {
      readonly kind: 'exported';
      readonly fields: Readonly<Record<string, string | number>>;
      readonly refused: boolean;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'keys' }
  | { readonly kind: 'unreadable' };

export type RevokeOutcome = SignOutOutcome | { readonly kind: 'unreadable' };

/** What an operator did with somebody's credential. */
export type DeskDeed = 'imported' | 'exported' | 'revoked';

/** What operators do with credentials of other people, from the shell. */
export interface CredentialDesk {
  /** `json`: as in docs/credentials.md. @throws {StoreError} */
  import(key: CredentialKey, server: Server, json: string): Promise<ImportOutcome>;
  /** All of one subject's, or everyone's: no secret in it. */
  list(subject?: Subject): Promise<readonly CredentialView[]>;
  export(key: CredentialKey): Promise<ExportOutcome>;
  /** Revokes at the provider (RFC 7009) where it can, and deletes. */
  revoke(key: CredentialKey): Promise<RevokeOutcome>;
}

export interface CredentialDeskDeps extends CredentialImportDeps {
  readonly keeper: TokenKeeper;
  readonly apiKeys: ApiKeys;
  /** Tells who is to know it: the audit, and of a change the gateways that run on the same store. */
  readonly done: (key: CredentialKey, what: DeskDeed) => Promise<void>;
}

async function held(
  key: CredentialKey,
  { credentials }: CredentialDeskDeps,
): Promise<Credential | 'unreadable' | undefined> {
  try {
    return await credentials.get(key);
  } catch (error) {
    if (isUnreadable(error)) return 'unreadable';
    throw error;
  }
}

export function createCredentialDesk(deps: CredentialDeskDeps): CredentialDesk {
  return {
    async import(key, server, json) {
      const { importCredential } = await import('./credential-import.js');
      const outcome = await importCredential(json, key, server, deps);
      if (outcome.kind === 'imported') await deps.done(key, 'imported');
      return outcome;
    },
    list: (subject) => deps.credentials.list(subject),
    async export(key) {
      const found = await held(key, deps);
      if (found === undefined) return { kind: 'nothing' };
      if (found === 'unreadable') return { kind: 'unreadable' };
      if (found.kind === 'keys') return { kind: 'keys' };
      const { writeCredentialForm } = await import('./credential-form.js');
      await deps.done(key, 'exported');
      return { kind: 'exported', fields: writeCredentialForm(found), refused: found.refused !== undefined };
    },
    async revoke(key) {
      const found = await held(key, deps);
      if (found === 'unreadable') return { kind: 'unreadable' };
      const outcome =
        found?.kind === 'keys' ? await deps.apiKeys.signOut(key) : await deps.keeper.signOut(key);
      if (outcome.kind !== 'nothing') await deps.done(key, 'revoked');
      return outcome;
    },
  };
}
