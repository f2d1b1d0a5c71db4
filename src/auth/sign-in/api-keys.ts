import { isDeepStrictEqual } from 'node:util';
import type { Store } from '../../storage/types.js';
import { recordKey } from '../../storage/types.js';
import { type CredentialRecords, createCredentials, maskAll } from '../credentials/credentials.js';
import type {
  ApiKeys,
  AuthFailure,
  Credential,
  CredentialKey,
  KeysCredential,
  Server,
  SignOutOutcome,
  Subject,
  Verify,
} from '../types.js';

type Values = Readonly<Record<string, string>>;

/** What became of keys before anything is kept. */
type KeyCheck =
  | { readonly kind: 'works'; readonly values: Values; readonly tools: number; readonly unproven: boolean }
  | { readonly kind: 'refused' }
  | { readonly kind: 'malformed'; readonly name: string; readonly why: string }
  | { readonly kind: 'unreachable'; readonly failure: AuthFailure };

/** `ApiKeys`, with submitting in its two halves: a form that was cancelled meanwhile keeps nothing. */
export interface CheckedApiKeys extends ApiKeys {
  /** Only the form of the values; connects nowhere. */
  inspect(
    server: Server,
    values: Values,
  ): Extract<KeyCheck, { kind: 'malformed' }> | { readonly values: Values };
  /** Checks by connecting. Nothing is kept. */
  check(server: Server, subject: Subject, values: Values): Promise<KeyCheck>;
  /** @param signIn the id of the sign-in that brought them, if one did. Resolves to what may be shown of them. */
  keep(
    credential: CredentialKey,
    checked: Extract<KeyCheck, { kind: 'works' }>,
    signIn?: string,
  ): Promise<Values>;
}

export interface ApiKeysDeps {
  readonly store: Store;
  readonly verify: Verify;
  readonly now?: () => number;
  readonly credentials?: CredentialRecords;
  /** Waited for before they are marked, so that a kill after it loses nobody's notice. Must not reject. */
  readonly onRefusing?: (key: CredentialKey, refused: { readonly sinceMs: number }) => Promise<void>;
  /** Called once, after the keys were marked as refused. Returns at once. */
  readonly onRefused?: (
    key: CredentialKey,
    refused: { readonly sinceMs: number; readonly code: string },
  ) => void;
}

const MAX_LENGTH = 8192;

/** The names that people must give: what the environment has is everyone's key. */
export function askedKeys(server: Server): readonly string[] {
  return server.keys.filter((key) => key.value === undefined).map((key) => key.name);
}

function fromEnvironment(server: Server): Values {
  return Object.fromEntries(
    server.keys.flatMap((key) => (key.value === undefined ? [] : [[key.name, key.value]])),
  );
}

function flaw(value: string): string | undefined {
  if (value === '') return 'it is empty';
  if (value.length > MAX_LENGTH) return `it is longer than ${MAX_LENGTH} characters`;
  // RFC 9110 §5.5: what a field value may hold, without the obsolete bytes beyond ASCII.
  return /[^\t\x20-\x7e]/.test(value) ? 'it has characters that no header can carry' : undefined;
}

/** The asked values, without the blanks that copying brings along. Values that were not asked for are left out. */
function inspect(server: Server, values: Values): ReturnType<CheckedApiKeys['inspect']> {
  const trimmed: Record<string, string> = {};
  for (const name of askedKeys(server)) {
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    const value = (given ?? '').trim();
    const why = given === undefined ? 'it is missing' : flaw(value);
    if (why !== undefined) return { kind: 'malformed', name, why };
    trimmed[name] = value;
  }
  return { values: trimmed };
}

/** Keys that people gave for a server's `${NAME}`s: checked by connecting, stored with the other credentials. */
export function createApiKeys(deps: ApiKeysDeps): CheckedApiKeys {
  const { store, verify, now = Date.now, credentials = createCredentials(store) } = deps;
  // The token keeper's lock: whatever kind of credential is there, one writes it at a time.
  const locked = <T>({ subject, server }: CredentialKey, work: () => Promise<T>): Promise<T> =>
    store.lock(recordKey('credential', subject, server), work);

  async function stored(key: CredentialKey): Promise<KeysCredential | undefined> {
    const credential = await credentials.get(key);
    return credential?.kind === 'keys' ? credential : undefined;
  }

  async function check(server: Server, subject: Subject, values: Values): Promise<KeyCheck> {
    const inspected = inspect(server, values);
    if ('kind' in inspected) return inspected;
    const access = { kind: 'keys' as const, values: { ...inspected.values, ...fromEnvironment(server) } };
    const outcome = await verify(server, subject, access);
    if (outcome.kind === 'needs-scope') return { kind: 'refused' };
    if (outcome.kind !== 'works') return outcome;
    return { kind: 'works', values: inspected.values, tools: outcome.tools, unproven: !outcome.proven };
  }

  async function keep(
    key: CredentialKey,
    { values, unproven }: Extract<KeyCheck, { kind: 'works' }>,
    signIn?: string,
  ): Promise<Values> {
    const credential = {
      kind: 'keys' as const,
      values,
      issuedAtMs: now(),
      ...(unproven ? { unproven } : {}),
      ...(signIn === undefined ? {} : { signIn }),
    };
    await locked(key, () => credentials.set(key, credential));
    return maskAll(values);
  }

  return {
    inspect,
    check,
    keep,

    async values(server, subject) {
      const asked = askedKeys(server);
      const environment = fromEnvironment(server);
      if (asked.length === 0) return environment;
      const held = (await stored({ subject, server: server.name }))?.values ?? {};
      const complete = asked.every((name) => Object.hasOwn(held, name));
      const given = Object.entries(held).filter(([name]) => asked.includes(name));
      return complete ? { ...Object.fromEntries(given), ...environment } : undefined;
    },

    async submit(server, subject, values) {
      const checked = await check(server, subject, values);
      switch (checked.kind) {
        case 'refused':
        case 'malformed':
          return checked;
        case 'unreachable':
          return { kind: 'not-checked', failure: checked.failure };
        case 'works': {
          const masked = await keep({ subject, server: server.name }, checked);
          return { kind: 'kept', masked, tools: checked.tools, unproven: checked.unproven };
        }
      }
    },

    signOut: (key) =>
      locked(key, async (): Promise<SignOutOutcome> => {
        if ((await stored(key)) === undefined) return { kind: 'nothing' };
        await credentials.delete(key);
        return { kind: 'deleted-only', why: 'not-oauth' };
      }),

    async refused(key, code, values) {
      const refused = await locked(key, async () => {
        const held = await stored(key);
        if (held === undefined || held.refused !== undefined) return undefined;
        // A call that was under way while others were given says nothing of those.
        if (Object.entries(held.values).some(([name, value]) => (values[name] ?? value) !== value))
          return undefined;
        const mark = { sinceMs: now(), code };
        const marked = { ...held, refused: mark };
        // A failover may have lost the lock: what was deleted or given meanwhile stays so.
        const isStill = (found: Credential) => isDeepStrictEqual(found, held);
        await deps.onRefusing?.(key, mark);
        return (await credentials.replace(key, isStill, marked)) === marked ? mark : undefined;
      });
      if (refused !== undefined) deps.onRefused?.(key, refused);
    },
  };
}
