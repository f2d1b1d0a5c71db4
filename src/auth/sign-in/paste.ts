import { fingerprint } from './browser-binding.js';
import { callbackParameters } from './callback-parameters.js';
import { about, type SignInParts } from './deps.js';
import { finish } from './finish.js';
import type { StoredSignIn } from './records.js';
import type { CallbackParameters, PasteOutcome, ReturnOutcome } from './types.js';
import { takesPaste } from './way.js';

interface Address {
  /** Origin and path; undefined where only the query was sent. */
  readonly place?: string;
  readonly parameters: CallbackParameters & { readonly state: string };
}

/** Browsers leave the scheme out of what they show, and some of what they copy. */
function urlOf(text: string): URL | undefined {
  const address = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

function readAddress(text: string): Address | undefined {
  const bare = text.trim();
  const url = bare.startsWith('?') ? undefined : urlOf(bare);
  const parameters = callbackParameters(url?.searchParams ?? new URLSearchParams(bare));
  if (parameters === undefined) return undefined;
  return { parameters, ...(url === undefined ? {} : { place: url.host + url.pathname }) };
}

/** RFC 6749 §3.1.2: the address is that of the redirect URI that was asked for, and no other page's. */
function fits(signIn: StoredSignIn, { place }: Address): boolean {
  if (signIn.kind !== 'pending') return true;
  const { way } = signIn.record;
  if (way.kind !== 'oauth' || !takesPaste(way)) return false;
  const expected = new URL(way.flow.redirectUri);
  return place === undefined || place === expected.host + expected.pathname;
}

function answerOf(outcome: ReturnOutcome): PasteOutcome {
  switch (outcome.kind) {
    case 'ended':
      return outcome;
    case 'used':
      return outcome.state.kind === 'unknown' || outcome.state.kind === 'pending'
        ? { kind: 'not-theirs' }
        : { kind: 'used', state: outcome.state };
    default:
      return { kind: 'not-theirs' };
  }
}

/**
 * The address that a person sent from the private chat in which they started. `state`, expiry and `iss` are checked as at
 * the callback. There is no browser to bind: that it comes from who started is what binds it, so it is never quarantined.
 * Of somebody else's sign-in nothing is told or changed, not even that there is one.
 */
export async function paste(parts: SignInParts, startedBy: string, text: string): Promise<PasteOutcome> {
  const address = readAddress(text);
  if (address === undefined) return { kind: 'no-address' };
  const signIn = await parts.transitions.read(fingerprint(address.parameters.state));
  if (signIn === undefined) return { kind: 'not-theirs' };
  const { facts } = signIn.record;
  if (facts.startedBy !== startedBy) {
    parts.log.warn(
      { ...about(facts), from: startedBy },
      'somebody sent the address of a sign-in of another person',
    );
    return { kind: 'not-theirs' };
  }
  if (!fits(signIn, address)) return { kind: 'not-theirs' };
  return answerOf(await finish(parts, address.parameters, { kind: 'chat' }));
}
