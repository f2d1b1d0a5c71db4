import type { Server } from '../../auth/types.js';
import type { ReauthReason, SessionFailure } from '../../mcp/session-types.js';
import { ASK_OPERATOR, failureSentence, listed, oneLine, scopeWords } from '../wording.js';

/** What a model is told: plain sentences, with nothing secret in them. A server's own words stand in quotation marks. */

const NOT_YOURSELF = 'do not try to obtain tokens yourself';

const MISSING: Readonly<Record<ReauthReason, (server: string) => string>> = {
  never: (server) => `Nobody has signed in to ${server} for this person yet.`,
  refused: (server) => `The sign-in to ${server} has ended.`,
  scope: (server) => `${server} asks for more access than it was given.`,
  key_missing: (server) => `${server} needs a key that was not given yet.`,
  key_refused: (server) => `${server} refused the key that it was given.`,
};

/** @param allowed whether this person may sign in there: what everyone shares, admins sign in to */
export function reauthSentence(server: string, reason: ReauthReason, allowed: boolean): string {
  const who = allowed ? 'Tell the person to run' : 'Tell the person to ask an admin to run';
  return `${MISSING[reason](server)} ${who} /mcp auth ${server}; ${NOT_YOURSELF}.`;
}

type Unavailable = Extract<SessionFailure, { kind: 'unavailable' }>;

export function unavailableSentence(
  { name }: Server,
  { failure, uncertain, retryAfterMs }: Unavailable,
): string {
  // 401 or 403 to this request alone: neither patience nor a sign-in mends it.
  if (failure.code === 'credential-refused')
    return `${name} refuses this call with the access that it was given. Nothing was carried out, and signing in again does not help.`;
  const why = `${name} did not answer this call: ${failureSentence(failure, 'its server')}.`;
  if (uncertain === true)
    return `${why} It may have been carried out all the same: check before calling again.`;
  if (retryAfterMs === undefined) return `${why} Nothing was carried out. Try again later.`;
  return `${why} Nothing was carried out. Try again in ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s.`;
}

export function refusedSentence(server: string, message: string): string {
  const said = oneLine(message, 200).replaceAll('"', "'");
  return said === '' ? `${server} refused the request.` : `${server} refused the request. It said: "${said}"`;
}

export const STRANGER = 'This person may not use this gateway.';

export function unknownServer(name: string, meant: string | undefined): string {
  const known = `There is no server named "${oneLine(name, 40)}".`;
  return meant === undefined ? known : `${known} Did you mean ${meant}?`;
}

export const disabledServer = (name: string): string => `${name} is disabled in this gateway.`;

export const hiddenTool = (server: string, tool: string): string =>
  `The tool "${oneLine(tool, 80)}" of ${server} is not available here.`;

export function missingAccess(server: string, scopes: readonly string[]): string {
  const what = scopes.length === 0 ? '' : ` (${listed([scopeWords(scopes)])})`;
  return `${server} asks for access${what} that signing in has not brought. ${ASK_OPERATOR}; ${NOT_YOURSELF}.`;
}

export const refusedSharedKey = (server: string): string =>
  `${server} refuses the key of this gateway. ${ASK_OPERATOR}; ${NOT_YOURSELF}.`;
