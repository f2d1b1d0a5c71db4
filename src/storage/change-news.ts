type Changed = (key: string) => void;

/** Tells those in this process who asked about the records of a name. */
export class ChangeNews {
  readonly #listeners = new Map<string, Set<Changed>>();

  listen(name: string, changed: Changed): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // One of its own for each call, so that stopping one leaves the others.
    const own: Changed = (key) => changed(key);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
    };
  }

  /** A listener that throws hurts neither the writer nor the other listeners. */
  tell(name: string, key: string): void {
    for (const changed of this.#listeners.get(name) ?? []) {
      try {
        changed(key);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
