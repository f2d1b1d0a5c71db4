import { actorId } from '../types.js';
import type { SignInRequest, SignInRequests, SignInWaited } from './call-types.js';

/** Why the person did not sign in. */
export type Unsigned = Exclude<SignInWaited, 'signed-in'> | 'no-private-way';

export interface AskedSignIn extends SignInRequest {
  /** In ms. */
  readonly timeoutMs?: number;
  /** Ends the waiting alone. */
  readonly signal?: AbortSignal;
  /** Ends the whole call: the waiting too. */
  readonly callSignal?: AbortSignal;
}

/** Asks for sign-ins and waits for them. */
export interface SignInWaits {
  signIn(asked: AskedSignIn): Promise<'signed-in' | Unsigned>;
}

const TIMEOUT_MS = 10 * 60_000;

interface Ending {
  readonly signal: AbortSignal;
  readonly aborted: Promise<'aborted'>;
  release(): void;
}

/** Both signals as one, which keeps nothing on either once it is `released`. */
function either(signals: readonly AbortSignal[]): Ending {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const aborted = new Promise<'aborted'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: controller.signal,
    aborted,
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}

/** Calls of the same person to the same server ask once, and wait each for itself. */
export function createSignInWaits(requests: SignInRequests): SignInWaits {
  const asking = new Map<string, { readonly sent: ReturnType<SignInRequests['request']>; waiting: number }>();

  return {
    async signIn({ timeoutMs = TIMEOUT_MS, signal, callSignal, ...request }) {
      const { actor, server } = request;
      const key = JSON.stringify([actorId(actor), server]);
      const shared = asking.get(key) ?? { sent: requests.request(request), waiting: 0 };
      asking.set(key, shared);
      shared.waiting += 1;
      const signals = [signal, callSignal].filter((one) => one !== undefined);
      const ending = either(signals);
      try {
        // A provider may take its time to give a link.
        const sent = await Promise.race([shared.sent, ending.aborted]);
        if (sent === 'no-private-way' || sent === 'aborted') return sent;
        return await requests.wait(actor, server, { timeoutMs, signal: ending.signal });
      } finally {
        ending.release();
        shared.waiting -= 1;
        if (shared.waiting === 0) asking.delete(key);
      }
    },
  };
}
