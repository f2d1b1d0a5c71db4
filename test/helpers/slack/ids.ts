import { randomBytes } from 'node:crypto';

/** Ids as Slack's: a letter for the kind, then capitals and digits. */
export class Ids {
  #last = 0;
  #lastMicros = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  next(kind: string): string {
    this.#last += 1;
    return `${kind}07${this.#last.toString(36).toUpperCase().padStart(8, '0')}`;
  }

  /** A message's id: seconds and six digits, never the same twice. */
  ts(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Math.floor(this.#now()) * 1000);
    const digits = String(this.#lastMicros).padStart(7, '0');
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  }

  secret(bytes = 12): string {
    return randomBytes(bytes).toString('hex');
  }

  blockId(): string {
    return randomBytes(4).toString('base64url').slice(0, 5);
  }
}
