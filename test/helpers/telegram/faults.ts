import type { Failure } from './face.js';
import { Refusal } from './refusal.js';
import type { Fields } from './shapes.js';

interface Planned {
  readonly method: string;
  readonly how: Failure;
  left: number;
}

/** What shall go wrong next, in the order in which it was asked for. */
export class Faults {
  readonly #planned: Planned[] = [];

  plan(method: string, how: Failure, times: number): void {
    this.#planned.push({ method: method.toLowerCase(), how, left: times });
  }

  next(method: string): Failure | undefined {
    const fault = this.#planned.find(
      (one) => one.left > 0 && ['*', method.toLowerCase()].includes(one.method),
    );
    if (fault === undefined) return undefined;
    fault.left -= 1;
    return fault.how;
  }
}

/** What counts against a chat's limit. */
const COUNTED = /^(send|edit)/i;

/** At most so many sends and edits per chat within a time. Off until told. */
export class FloodLimit {
  #limit: { readonly count: number; readonly perMs: number } | undefined;
  readonly #times = new Map<string, readonly number[]>();

  set(count: number, perMs: number): void {
    this.#limit = { count, perMs };
    this.#times.clear();
  }

  /** Refused calls do not count. */
  check(method: string, payload: Fields, nowMs: number): void {
    if (this.#limit === undefined || !COUNTED.test(method)) return;
    const { count, perMs } = this.#limit;
    const chat = String(payload.chat_id);
    const times = (this.#times.get(chat) ?? []).filter((atMs) => nowMs - atMs < perMs);
    const [oldest = nowMs] = times;
    if (times.length >= count) {
      const retryAfter = Math.max(1, Math.ceil((oldest + perMs - nowMs) / 1000));
      throw new Refusal(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter });
    }
    this.#times.set(chat, [...times, nowMs]);
  }
}
