import { CachedRecords } from '../../storage/cached-records.js';
import { isUnreadable } from '../../storage/sealing/unreadable.js';
import { someAtOnce } from '../../storage/some-at-once.js';
import { keySegments, type Records, recordKey, type Store } from '../../storage/types.js';
import type {
  Credential,
  CredentialKey,
  Credentials,
  CredentialView,
  KeysCredential,
  OAuthCredential,
  Subject,
} from '../types.js';

/** The store's credentials: what the keeper and the keys write, and views of it that may be shown. */
export interface CredentialRecords extends Credentials {
  /** With its secrets. @throws {StoreError} also when the record is there and cannot be read. */
  get(credential: CredentialKey): Promise<Credential | undefined>;
  /** The same, at once where it is in memory and nobody, in no process, has changed it. All who ask share it. */
  current(credential: CredentialKey): Credential | undefined | Promise<Credential | undefined>;
  /** As it was when `current` last read it: for when the store cannot be asked. */
  remembered(credential: CredentialKey): Credential | undefined;
  /** Never expires in the store: an expired record is deleted on reading, which can lose a refresh written meanwhile. */
  set(credential: CredentialKey, value: Credential): Promise<void>;
  /** In the place of what `isStill` recognises, and of nothing else: see `Records.replace`. Resolves to what counts. */
  replace(
    credential: CredentialKey,
    isStill: (found: Credential) => boolean,
    value: Credential,
  ): Promise<Credential | undefined>;
  delete(credential: CredentialKey): Promise<boolean>;
}

/** Under this name in the store, keyed `recordKey(subject, server)`. */
const COLLECTION = 'credentials';

/** A key's name in the store. Made once for each object: who asks often asks with the same one. */
function keyNames(): (credential: CredentialKey) => string {
  const names = new WeakMap<CredentialKey, string>();
  return (credential) => {
    const known = names.get(credential);
    if (known !== undefined) return known;
    const name = recordKey(credential.subject, credential.server);
    names.set(credential, name);
    return name;
  };
}

/**
 * `sk-…9f3c`: the last four characters, and a known-looking prefix where there is room. Never more than a quarter
 * of the value in all: a short key shows only `…`.
 */
export function maskKey(value: string): string {
  const room = Math.floor(value.length / 4) - 4;
  if (room < 0) return '…';
  const prefix = /^[A-Za-z]{2,4}[-_]/.exec(value)?.[0] ?? '';
  return `${prefix.length <= room ? prefix : ''}…${value.slice(-4)}`;
}

/** `…9f3c` for each: what may be shown of keys. */
export function maskAll(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, maskKey(value)]));
}

/** By a refresh token, or because there is always another one for a service account. */
const renews = ({ refreshToken, grant }: OAuthCredential): boolean =>
  refreshToken !== undefined || grant === 'client_credentials';

function viewOfOAuth(key: CredentialKey, value: OAuthCredential): CredentialView {
  return {
    kind: 'oauth',
    ...key,
    issuedAtMs: value.issuedAtMs,
    refreshable: renews(value) && value.refused === undefined,
    issuer: value.issuer,
    registration: value.client.kind,
    ...(value.scope === undefined ? {} : { scope: value.scope }),
    ...(value.grantedAtMs === undefined ? {} : { grantedAtMs: value.grantedAtMs }),
    ...(value.expiresAtMs === undefined ? {} : { expiresAtMs: value.expiresAtMs }),
    ...(value.refused === undefined ? {} : { refused: value.refused }),
  };
}

function viewOfKeys(key: CredentialKey, value: KeysCredential): CredentialView {
  return {
    kind: 'keys',
    ...key,
    masked: maskAll(value.values),
    issuedAtMs: value.issuedAtMs,
    unproven: value.unproven === true,
    ...(value.refused === undefined ? {} : { refused: value.refused }),
  };
}

/** The credential without its secrets. */
function viewOf({ subject, server }: CredentialKey, value: Credential): CredentialView {
  const key = { subject, server };
  return value.kind === 'oauth' ? viewOfOAuth(key, value) : viewOfKeys(key, value);
}

async function view(records: Records<Credential>, key: CredentialKey): Promise<CredentialView | undefined> {
  try {
    const value = await records.get(recordKey(key.subject, key.server));
    return value === undefined ? undefined : viewOf(key, value);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { kind: 'unreadable', subject: key.subject, server: key.server };
  }
}

async function list(records: Records<Credential>, subject?: Subject): Promise<readonly CredentialView[]> {
  const keys = await records.keys(subject === undefined ? undefined : recordKey(subject));
  const views = await someAtOnce(keys, async (key) => {
    const [owner, server] = keySegments(key);
    return owner === undefined || server === undefined
      ? undefined
      : await view(records, { subject: owner, server });
  });
  return views.filter((found) => found !== undefined);
}

export function createCredentials(store: Store): CredentialRecords {
  const records = store.records<Credential>(COLLECTION);
  const cached = new CachedRecords(records);
  const keyOf = keyNames();
  return {
    view: (key) => view(records, key),
    list: (subject) => list(records, subject),
    get: (key) => records.get(keyOf(key)),
    current: (key) => cached.current(keyOf(key)),
    remembered: (key) => cached.remembered(keyOf(key)),
    set: (key, value) => records.set(keyOf(key), value),
    replace: (key, isStill, value) => records.replace(keyOf(key), isStill, value),
    delete: (key) => records.delete(keyOf(key)),
  };
}
