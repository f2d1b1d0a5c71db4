import type { Ids } from './ids.js';
import type { Account, Conversation, Installation, StoredMessage, Team } from './shapes.js';

const USES = 5;
const LIFE_MS = 30 * 60_000;

/** What a response_url may do, and for whom. */
export interface Grant {
  /** `commands` can only post; `actions` can replace and delete the message that was acted on. */
  readonly kind: 'commands' | 'actions';
  readonly installation: Installation;
  readonly team: Team;
  readonly account: Account;
  readonly conversation: Conversation;
  readonly message?: StoredMessage;
}

export interface IssuedUrl extends Grant {
  readonly expiresAtMs: number;
  usesLeft: number;
}

export class ResponseUrls {
  readonly #issued = new Map<string, IssuedUrl>();
  readonly #ids: Ids;
  readonly #now: () => number;
  readonly #origin: string;

  constructor(ids: Ids, now: () => number, origin: string) {
    this.#ids = ids;
    this.#now = now;
    this.#origin = origin;
  }

  issue(grant: Grant): string {
    const path = `/${grant.kind}/${grant.team.id}/${this.#ids.next('8')}/${this.#ids.secret()}`;
    this.#issued.set(path, { ...grant, usesLeft: USES, expiresAtMs: this.#now() + LIFE_MS });
    return `${this.#origin}${path}`;
  }

  byPath(path: string): IssuedUrl | undefined {
    return this.#issued.get(path);
  }

  byUrl(url: string): IssuedUrl | undefined {
    return this.#issued.get(url.slice(this.#origin.length));
  }

  /** Takes one use; or says what a use is refused with. */
  use(issued: IssuedUrl): 'expired_url' | 'used_url' | undefined {
    if (this.#now() >= issued.expiresAtMs) return 'expired_url';
    if (issued.usesLeft === 0) return 'used_url';
    issued.usesLeft -= 1;
    return undefined;
  }
}
