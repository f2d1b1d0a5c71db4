import type { SignInParts } from './deps.js';
import type { StoredSignIn } from './records.js';
import { isExpired, stateOf } from './state.js';
import type { ReturnOutcome } from './types.js';

/** What a browser sees that comes to a sign-in which is not, or no longer, waiting for it. Ends what expired. */
export async function afterwards(parts: SignInParts, signIn: StoredSignIn): Promise<ReturnOutcome> {
  const state = stateOf((await latest(parts, signIn)) ?? signIn, parts.now());
  const unused = ['expired', 'cancelled', 'replaced', 'interrupted'];
  return state.kind === 'ended' && unused.includes(state.result.kind)
    ? { kind: 'ended', state }
    : { kind: 'used', state };
}

/** An outcome stands for good: a page that is loaded again and again takes no lock. */
async function latest(parts: SignInParts, signIn: StoredSignIn): Promise<StoredSignIn | undefined> {
  if (signIn.kind === 'ended') return signIn;
  return parts.transitions.end(signIn.record.facts.id, (open) =>
    isExpired(open, parts.now()) ? { kind: 'expired', lifetimeMs: open.record.lifetimeMs } : undefined,
  );
}
