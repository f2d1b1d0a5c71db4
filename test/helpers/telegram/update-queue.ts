import type { Fields } from './shapes.js';

export type Update = Fields & { readonly update_id: number };

interface Waiting {
  readonly update: Update;
  /** What shares a line comes one after another over a webhook: a chat's messages, a person's presses. */
  readonly line: string;
  /** Comes again whatever the offset says: what happens when a confirmation is lost. */
  again: boolean;
}

/** Not delivered unless asked for by name (Bot API, `allowed_updates`). */
const UNLESS_ASKED = ['chat_member', 'message_reaction', 'message_reaction_count'];
const FIRST_ID = 415_000_001;

/** The updates that the bot has not confirmed, oldest first. */
export class UpdateQueue {
  #waiting: Waiting[] = [];
  #nextId = FIRST_ID;
  readonly #listeners = new Set<() => void>();
  /** Undefined: the default. */
  allowed: readonly string[] | undefined;
  readonly history: Update[] = [];

  /** Calls back after every change that may have brought something to deliver. Gives the way to stop that. */
  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What the bot did not ask for is never made. */
  announce(type: string, payload: Fields, line: string): void {
    const wanted = this.allowed === undefined ? !UNLESS_ASKED.includes(type) : this.allowed.includes(type);
    if (wanted) this.push({ [type]: payload }, line);
  }

  push(raw: Fields, line = 'raw'): number {
    const given = raw.update_id;
    const id = typeof given === 'number' ? given : this.#nextId;
    this.#nextId = Math.max(this.#nextId, id + 1);
    const update = { update_id: id, ...raw };
    this.history.push(update);
    this.#put({ update, line, again: false });
    return id;
  }

  redeliver(id: number): void {
    const update = this.history.findLast(({ update_id }) => update_id === id);
    if (update === undefined) throw new Error(`no update ${id} was ever made`);
    this.remove(id);
    this.#put({ update, line: 'raw', again: true });
  }

  /** What `getUpdates` gives, after it confirmed all below a positive offset, or dropped all but the last. */
  take(offset: number, limit: number): readonly Update[] {
    if (offset > 0) this.#waiting = this.#waiting.filter((it) => it.again || it.update.update_id >= offset);
    if (offset < 0) this.#waiting = this.#waiting.slice(offset);
    const taken = this.#waiting.slice(0, limit);
    for (const it of taken) it.again = false;
    return taken.map(({ update }) => update);
  }

  /** The first of each line, oldest first. */
  heads(): readonly { readonly update: Update; readonly line: string }[] {
    const lines = new Set<string>();
    return this.#waiting.filter(({ line }) => {
      const isFirst = !lines.has(line);
      lines.add(line);
      return isFirst;
    });
  }

  remove(id: number): void {
    this.#waiting = this.#waiting.filter(({ update }) => update.update_id !== id);
  }

  clear(): void {
    this.#waiting = [];
  }

  get size(): number {
    return this.#waiting.length;
  }

  #put(waiting: Waiting): void {
    const newest = this.#waiting.at(-1)?.update.update_id ?? 0;
    this.#waiting.push(waiting);
    if (newest > waiting.update.update_id)
      this.#waiting.sort((a, b) => a.update.update_id - b.update.update_id);
    for (const listener of [...this.#listeners]) listener();
  }
}
