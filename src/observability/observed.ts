/**
 * What the rooms of the gateway tell whoever counts. Words of our own alone: no account, no server, no text of anybody
 * goes in here, because it comes out at `/metrics`. Returns at once and never throws.
 */
export interface Observed {
  /** `command`: its name, or `none` where the words were no command. */
  command(
    command: string,
    outcome: 'answered' | 'refused' | 'misunderstood' | 'failed',
    seconds: number,
  ): void;
  /** A sign-in has ended. `seconds` since it began, where that is known. */
  signIn(outcome: string, seconds?: number): void;
  /** A refresh of a token has ended: `refreshed`, `refused`, `failed`, `not-sent`. */
  refresh(outcome: string): void;
  /** A message for somebody was handed to a platform. */
  delivery(platform: string, outcome: 'delivered' | 'no-private-way' | 'gone' | 'error'): void;
  /** `kind`: what is locked (`credential`, `sign-in`, `board`). */
  lock(kind: string, waitedSeconds: number): void;
  /** Somebody has used up a limit: once for each window. */
  limit(name: string): void;
}

export const unobserved: Observed = {
  command() {},
  signIn() {},
  refresh() {},
  delivery() {},
  lock() {},
  limit() {},
};
