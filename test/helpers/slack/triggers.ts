import { randomBytes } from 'node:crypto';
import { Refusal } from './refusal.js';
import type { Account, Installation, OpenView, Team } from './shapes.js';

/** What somebody did, in answer to which a modal may open. */
export interface Trigger {
  readonly account: Account;
  readonly installation: Installation;
  readonly team: Team;
  /** Done within this modal: what `views.push` needs. */
  readonly within?: OpenView;
}

interface Kept extends Trigger {
  readonly expiresAtMs: number;
  exchanged: boolean;
}

export class Triggers {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;
  readonly #lifeMs: number;
  #last = 5_400_000_000;

  constructor(now: () => number, lifeMs: number) {
    this.#now = now;
    this.#lifeMs = lifeMs;
  }

  issue(trigger: Trigger): string {
    this.#last += 1;
    const id = `${this.#last}.${this.#last + 7}.${randomBytes(16).toString('hex')}`;
    this.#kept.set(id, { ...trigger, expiresAtMs: this.#now() + this.#lifeMs, exchanged: false });
    return id;
  }

  /** Once, and only for a few seconds. */
  exchange(id: string, installation: Installation): Trigger {
    const found = this.#kept.get(id);
    if (found === undefined || found.installation !== installation) throw new Refusal('invalid_trigger_id');
    if (found.exchanged) throw new Refusal('exchanged_trigger_id');
    if (this.#now() >= found.expiresAtMs) throw new Refusal('expired_trigger_id');
    found.exchanged = true;
    return found;
  }
}
