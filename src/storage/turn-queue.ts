import { StoreError } from './types.js';

/** First come, first served, per name, within this process. */
export class TurnQueue {
  /** Those who wait, by name; an entry, even an empty one, means that somebody has the turn. */
  readonly #waiting = new Map<string, Array<() => void>>();

  /**
   * Resolves when it is this caller's turn, to the way to end it.
   * @throws {StoreError} `lock_timeout` after `waitMs`
   */
  async take(name: string, waitMs: number): Promise<() => void> {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, []);
    else await this.#wait(name, waiting, waitMs);
    return () => this.#next(name);
  }

  #wait(name: string, waiting: Array<() => void>, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const called = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(called), 1);
        reject(lockTimeout(name, waitMs));
      }, waitMs);
      waiting.push(called);
    });
  }

  #next(name: string): void {
    const called = this.#waiting.get(name)?.shift();
    if (called) called();
    else this.#waiting.delete(name);
  }
}

export function lockTimeout(name: string, waitMs: number): StoreError {
  const seconds = Math.ceil(waitMs / 1000);
  return new StoreError(
    'lock_timeout',
    `Waited ${seconds} s for "${name}", which others were busy with. Try again in a moment.`,
  );
}
