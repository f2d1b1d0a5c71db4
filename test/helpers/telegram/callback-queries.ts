import type { Pressed } from './face.js';
import { badRequest } from './refusal.js';
import type { Account, Chat, StoredMessage } from './shapes.js';

/** How long a press can be answered, and opens the way for an ephemeral message. */
export const WINDOW_MS = 15_000;

export interface CallbackQuery {
  readonly id: string;
  readonly account: Account;
  readonly chat: Chat;
  readonly message: StoredMessage;
  readonly atMs: number;
}

interface Open extends CallbackQuery {
  readonly answered: (answer: Pressed) => void;
}

const FIRST_ID = 3_000_000_000_000_000_001n;

export class CallbackQueries {
  readonly #now: () => number;
  readonly #open = new Map<string, Open>();
  #nextId = FIRST_ID;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(account: Account, message: StoredMessage, answered: (answer: Pressed) => void): CallbackQuery {
    const query = {
      id: String(this.#nextId),
      account,
      chat: message.chat,
      message,
      atMs: this.#now(),
      answered,
    };
    this.#nextId += 1n;
    this.#open.set(query.id, query);
    return query;
  }

  /** Refuses what nobody pressed, or pressed too long ago. */
  live(id: string): CallbackQuery {
    return this.#live(id);
  }

  answer(id: string, answer: Omit<Pressed, 'answered'>): void {
    this.#live(id).answered({ answered: true, ...answer });
  }

  #live(id: string): Open {
    const query = this.#open.get(id);
    if (query === undefined || this.#now() - query.atMs > WINDOW_MS)
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    return query;
  }
}
