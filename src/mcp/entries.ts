import type { Challenges } from '../auth/challenges.js';
import { isServiceAccount } from '../auth/keeper/service-accounts.js';
import { eraserOf } from '../auth/requests/echoes.js';
import type { ApiKeys, HttpServer, Server, TokenKeeper } from '../auth/types.js';
import { keptToken, type TokenSource } from './bearer.js';
import type { Entry } from './connect.js';
import { fixedSecrets } from './echoes.js';
import { withoutKeys } from './placeholders.js';
import type { ProbeKey } from './probe-key.js';
import type { Sent } from './refusals.js';
import type { ProbeResult } from './types.js';

export interface EntryDeps {
  readonly keeper: TokenKeeper;
  readonly apiKeys: ApiKeys;
  /** Is told what servers answer to people's tokens. */
  readonly challenges: Pick<Challenges, 'unauthorized' | 'insufficientScope'>;
}

/** A bearer token of the person goes along unless the server's own keys are all that it takes. */
const takesTokens = (server: Server): server is HttpServer =>
  server.kind !== 'stdio' && (server.keys.length === 0 || server.auth !== undefined);

/** With a value of the environment for each key that has one. */
export const environmentKeys = (server: Server): Readonly<Record<string, string>> =>
  Object.fromEntries(server.keys.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));

/** What this person has for the server's `${NAME}`s. Undefined: one is missing. */
export async function keysOf(
  server: Server,
  { subject }: ProbeKey,
  { apiKeys }: EntryDeps,
): Promise<Readonly<Record<string, string>> | undefined> {
  return server.keys.length === 0 ? {} : await apiKeys.values(server, subject);
}

export function entryWith(
  server: Server,
  key: ProbeKey,
  keys: Readonly<Record<string, string>>,
  { keeper }: EntryDeps,
): Entry {
  return { keys, ...(takesTokens(server) ? { tokens: keptToken(keeper, key) } : {}) };
}

/** What went along with a session so far. */
export interface SentSecrets extends Sent {
  /** By their `${NAME}`s. */
  readonly values: Readonly<Record<string, string>>;
  /** Keys, those that stand in the config too, and the last token: for nobody to see, whatever a server repeats. */
  secrets(): readonly string[];
  /** What a server says, without them: an answer may be shown to anybody, and a model says what it was told. */
  without<T>(said: T): T;
}

/** The same entry, and what goes along with it. */
export function observed(
  server: Server,
  entry: Entry,
): { readonly entry: Entry; readonly sent: SentSecrets } {
  const values = entry.keys ?? {};
  const fixed = Object.values(withoutKeys(server.kind === 'stdio' ? server.env : server.headers));
  const keys = [...Object.values(values), ...fixedSecrets(fixed)];
  let last: string | undefined;
  let erase: ReturnType<typeof eraserOf> | undefined;
  const secrets = () => [...keys, ...(last === undefined ? [] : [last])].filter((secret) => secret !== '');
  const sent = {
    values,
    keys: entry.keys !== undefined && server.keys.length > 0,
    token: false,
    secrets,
    without<T>(said: T): T {
      erase ??= eraserOf(secrets());
      return erase(said);
    },
  };
  const { tokens } = entry;
  if (tokens === undefined) return { entry, sent };
  const seen: TokenSource = async (rejected) => {
    const token = await tokens(rejected);
    sent.token = token !== undefined;
    if (token !== last) erase = undefined;
    last = token;
    return token;
  };
  return { entry: { ...entry, tokens: seen }, sent };
}

/** There is nobody to sign in: what a person could mend is for whoever runs the gateway. */
function ofServiceAccount(result: ProbeResult): ProbeResult {
  if (result.kind === 'needs-scope') return { ...result, exhausted: true };
  if (result.kind !== 'needs-sign-in') return result;
  const detail = 'the server refused the token of the service account';
  return { kind: 'unreachable', failure: { code: 'credential-refused', detail, rfc: 'RFC 6750 §3.1' } };
}

/** Tells those who have to know it what the server refused. @param keys that went along */
export async function noted(
  server: Server,
  key: ProbeKey,
  result: ProbeResult,
  keys: Readonly<Record<string, string>>,
  { apiKeys, challenges }: EntryDeps,
): Promise<ProbeResult> {
  if (result.kind === 'needs-key' && result.reason === 'refused') await apiKeys.refused(key, 'refused', keys);
  if (result.kind === 'needs-sign-in' && result.reason === 'refused')
    await challenges.unauthorized(key.server);
  if (isServiceAccount(server)) return ofServiceAccount(result);
  if (result.kind !== 'needs-scope') return result;
  const { exhausted } = await challenges.insufficientScope(key, result.scopes);
  return exhausted ? { ...result, exhausted } : result;
}
