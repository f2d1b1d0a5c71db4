import { onceHeardOf } from '../keeper/fresh-tokens.js';
import type { CredentialKey, OAuthCredential, Server } from '../types.js';
import { about, causeOf, failed, failedBy, type SignInParts } from './deps.js';
import type { FinishingRecord, SetAside, SignInFacts, StoredSignIn } from './records.js';
import { renewed } from './renewal.js';
import { type EndedState, endedState, stateOf } from './state.js';
import type { SignInResult } from './types.js';

/** What is to be done while the sign-in is still open, and how it then ended. */
type Ending = () => SignInResult | Promise<SignInResult>;

type Failed = Extract<SignInResult, { kind: 'failed' }>;

/** Why nothing comes of a sign-in any more. */
export type Over = Extract<SignInResult, { kind: 'failed' | 'cancelled' }>;

export const isOver = (server: Server | Over): server is Over =>
  server.kind === 'failed' || server.kind === 'cancelled';

/** The server that this sign-in is for, unless the config changed under it. */
export function serverOf(parts: SignInParts, facts: SignInFacts, url: string | undefined): Server | Over {
  const server = parts.serverByName(facts.server);
  if (server === undefined || !server.enabled)
    return failed('internal', 'the server is no longer configured');
  // Who lost access since, or is no admin any more where one has to sign in, gets nothing of it (threat 12).
  if (!parts.mayHold(facts.startedBy, server)) return { kind: 'cancelled' };
  // Tokens were asked for this URL: they are not shown to another one that took its name.
  const moved = url !== undefined && (server.kind === 'stdio' || server.url !== url);
  return moved ? failed('internal', 'the server was configured anew meanwhile; sign in again') : server;
}

/** Does the old credential still work, as far as is known? Then it is not given up for one that nobody could check. */
async function hasLiving(parts: SignInParts, key: CredentialKey): Promise<boolean> {
  const view = await parts.credentials.view(key);
  if (view === undefined || view.kind === 'unreadable' || view.refused !== undefined) return false;
  if (view.kind === 'keys' || view.refreshable) return true;
  return view.expiresAtMs === undefined || view.expiresAtMs > parts.now();
}

async function tokenEnding(
  parts: SignInParts,
  server: Server,
  facts: SignInFacts,
  got: OAuthCredential,
): Promise<Ending> {
  const key = { subject: facts.subject, server: facts.server };
  const fails = (result: Failed): Failed => {
    parts.log.warn({ ...about(facts), failure: result.failure }, 'a sign-in failed');
    return result;
  };
  const renewal = await renewed(parts, server, got);
  const credential = { ...(renewal.kind === 'usable' ? renewal.credential : got), signIn: facts.id };
  const access = { kind: 'token' as const, accessToken: credential.accessToken };
  const verify = () => parts.verify(server, facts.subject, access);
  const outcome = renewal.kind === 'usable' ? await onceHeardOf(credential, verify, parts) : renewal;
  switch (outcome.kind) {
    case 'works':
      return async () => {
        await parts.keeper.keep(key, credential);
        return { kind: 'connected', tools: outcome.tools };
      };
    case 'refused':
      // The server may have moved to another provider since it was asked.
      await parts.challenges.unauthorized(server.name);
      return () => fails(failed('credential-refused', 'the server refused the new credential'));
    case 'over':
      return () => fails({ kind: 'failed', failure: outcome.failure });
    case 'needs-scope':
      return async () => {
        const wants = await parts.challenges.insufficientScope(key, outcome.scopes, credential);
        await parts.keeper.keep(key, credential);
        return { kind: 'connected', wants };
      };
    case 'unreachable':
      return async () => {
        // It did answer, with 403: the token is good, and this person is let in to nothing.
        const barred = outcome.failure.code === 'credential-refused';
        if (barred || (await hasLiving(parts, key)))
          return fails({ kind: 'failed', failure: outcome.failure });
        await parts.keeper.keep(key, credential);
        return { kind: 'connected' };
      };
  }
}

async function keysEnding(
  parts: SignInParts,
  server: Server,
  facts: SignInFacts,
  values: Readonly<Record<string, string>>,
): Promise<Ending> {
  const checked = await parts.apiKeys.check(server, facts.subject, values);
  switch (checked.kind) {
    case 'works':
      return async () => {
        const key = { subject: facts.subject, server: facts.server };
        const masked = await parts.apiKeys.keep(key, checked, facts.id);
        return { kind: 'connected', tools: checked.tools, unproven: checked.unproven, masked };
      };
    case 'refused':
      return () => failed('credential-refused', 'the server refused the key');
    case 'malformed':
      return () =>
        failed('credential-refused', `the value for ${checked.name} cannot be used: ${checked.why}`);
    case 'unreachable':
      return () => ({ kind: 'failed', failure: checked.failure });
  }
}

/**
 * Checks what a sign-in got by connecting, and ends it: the new credential replaces the old one only when it works.
 * What is not kept is dropped, never revoked: a provider may keep one grant a person and client, and revoking one of
 * its tokens could end the good ones.
 */
async function endingOf(parts: SignInParts, facts: SignInFacts, aside: SetAside): Promise<Ending> {
  const server = serverOf(parts, facts, aside.kind === 'oauth' ? aside.serverUrl : undefined);
  if (isOver(server)) return () => server;
  return aside.kind === 'oauth'
    ? tokenEnding(parts, server, facts, aside.credential)
    : keysEnding(parts, server, facts, aside.values);
}

/** What is said when the outcome itself could not be stored; the sweeper will end what is left. */
function unstored(parts: SignInParts, facts: SignInFacts, error: unknown): EndedState {
  return endedState({ facts, atMs: parts.now(), result: failedBy(error) });
}

/** Ends a sign-in that this process took. */
export async function endTaken(parts: SignInParts, facts: SignInFacts, ending: Ending): Promise<EndedState> {
  const decide = (signIn: StoredSignIn) => (signIn.kind === 'finishing' ? ending() : undefined);
  const signIn = await parts.transitions.end(facts.id, decide);
  const state = stateOf(signIn, parts.now());
  return state.kind === 'ended'
    ? state
    : endedState({ facts, atMs: parts.now(), result: { kind: 'interrupted' } });
}

/** Ends a taken sign-in as failed, whatever was thrown, the store's own trouble included. */
export async function endFailed(parts: SignInParts, facts: SignInFacts, error: unknown): Promise<EndedState> {
  parts.log.warn({ ...about(facts), ...causeOf(error) }, 'a sign-in failed');
  try {
    return await endTaken(parts, facts, () => failedBy(error));
  } catch (storeError) {
    parts.log.error({ ...about(facts), error: storeError }, 'the outcome of a sign-in could not be stored');
    return unstored(parts, facts, error);
  }
}

/** From a taken sign-in and what it got to its outcome. Never rejects. */
export async function settle(
  parts: SignInParts,
  facts: FinishingRecord['facts'],
  aside: SetAside,
): Promise<EndedState> {
  try {
    return await endTaken(parts, facts, await endingOf(parts, facts, aside));
  } catch (error) {
    return endFailed(parts, facts, error);
  }
}
