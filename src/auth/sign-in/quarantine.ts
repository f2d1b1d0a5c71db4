import { recordKey } from '../../storage/types.js';
import { sameText } from './browser-binding.js';
import { about, type SignInParts } from './deps.js';
import { idsStartedBy, isSignInId, type SetAside, type SignInFacts, type StoredSignIn } from './records.js';
import { endFailed, settle } from './settle.js';
import { isExpired, stateOf } from './state.js';
import type { ConfirmOutcome, ReturnOutcome } from './types.js';

/**
 * Sets aside what a browser brought of which nobody knows whose it is: used by nothing, not even to verify it, until
 * the person who started gives in the chat the six digits that only that browser shows (threat 1).
 */
export async function quarantine(
  parts: SignInParts,
  facts: SignInFacts,
  aside: SetAside,
): Promise<ReturnOutcome> {
  try {
    const digits = parts.random.digits();
    const state = await parts.transitions.setAside(facts.id, digits, aside);
    if (state !== undefined)
      return { kind: 'code', digits, browser: parts.bound.codeBrowser.of(facts.id), state };
    return { kind: 'used', state: stateOf(await parts.transitions.read(facts.id), parts.now()) };
  } catch (error) {
    return { kind: 'ended', state: await endFailed(parts, facts, error) };
  }
}

/**
 * Only the browser that brought the callback has ever been given this cookie: not the one that pressed the button,
 * which may be somebody else's, and not whoever holds the link or the `state`.
 */
export async function codeAgain(
  parts: SignInParts,
  id: string,
  browser: string | undefined,
): Promise<string | undefined> {
  if (browser === undefined || !isSignInId(id) || !parts.bound.codeBrowser.fits(id, browser))
    return undefined;
  const signIn = await parts.transitions.read(id);
  const waiting = signIn?.kind === 'waiting' && !isExpired(signIn, parts.now());
  return waiting ? signIn.record.digits : undefined;
}

type Waiting = Extract<StoredSignIn, { kind: 'waiting' }>;

async function waitingOf(parts: SignInParts, startedBy: string): Promise<readonly Waiting[]> {
  const ids = await idsStartedBy(parts.at, startedBy);
  const signIns = await Promise.all(ids.map((id) => parts.transitions.read(id)));
  return signIns.filter((signIn) => signIn?.kind === 'waiting');
}

async function endExpired(parts: SignInParts, waiting: Waiting): Promise<ConfirmOutcome | undefined> {
  const ended = await parts.transitions.end(waiting.record.facts.id, (signIn) =>
    isExpired(signIn, parts.now()) ? { kind: 'expired', lifetimeMs: signIn.record.lifetimeMs } : undefined,
  );
  const state = stateOf(ended, parts.now());
  return state.kind === 'ended' ? { kind: 'ended', state } : undefined;
}

/** A wrong code counts against all of this person's: it is not known which of them it was meant for. */
async function spendTries(parts: SignInParts, waiting: readonly Waiting[]): Promise<ConfirmOutcome> {
  const after = await Promise.all(
    waiting.map(({ record }) => parts.transitions.spendCodeTry(record.facts.id)),
  );
  const states = after.map((signIn) => stateOf(signIn, parts.now()));
  const tries = states.map((state) => (state.kind === 'waiting-for-code' ? state.triesLeft : 0));
  const triesLeft = Math.max(...tries);
  const ended = states.find((state) => state.kind === 'ended');
  return triesLeft === 0 && ended !== undefined
    ? { kind: 'ended', state: ended }
    : { kind: 'wrong', triesLeft };
}

type Judged =
  | { readonly kind: 'taken'; readonly record: Waiting['record'] }
  | { readonly kind: 'answer'; readonly outcome: ConfirmOutcome };

/**
 * Compares and counts under one lock a person, so that guesses sent at the same time are counted one by one before
 * the next is compared.
 */
async function judge(parts: SignInParts, startedBy: string, digits: string): Promise<Judged> {
  const all = await waitingOf(parts, startedBy);
  const [current, late] = [false, true].map((expired) =>
    all.filter((signIn) => isExpired(signIn, parts.now()) === expired),
  );
  const ends = await Promise.all((late ?? []).map((signIn) => endExpired(parts, signIn)));
  const nothing: ConfirmOutcome = ends.find((end) => end !== undefined) ?? { kind: 'nothing-waiting' };
  if (current === undefined || current.length === 0) return { kind: 'answer', outcome: nothing };
  const matches = current.filter(({ record }) => sameText(record.digits, digits));
  for (const { record } of matches) {
    const taken = await parts.transitions.takeWaiting(record.facts.id);
    if (taken !== undefined) return { kind: 'taken', record: taken };
  }
  return { kind: 'answer', outcome: await spendTries(parts, current) };
}

/** `/mcp confirm 482 913`: matched against the sign-ins that this person started, and nobody else's. */
export async function confirm(parts: SignInParts, startedBy: string, typed: string): Promise<ConfirmOutcome> {
  const digits = typed.replaceAll(/\D/g, '').slice(0, 12);
  const judged = await parts.store.lock(recordKey('confirm', startedBy), () =>
    judge(parts, startedBy, digits),
  );
  if (judged.kind === 'answer') return judged.outcome;
  const { facts, aside } = judged.record;
  parts.log.info(about(facts), 'a quarantined sign-in was confirmed');
  const state = await parts.transitions.whileFinishing(facts.id, () => settle(parts, facts, aside));
  return { kind: 'ended', state };
}
