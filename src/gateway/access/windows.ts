/** So many within each window; a window begins with the first. */
export interface Rate {
  readonly most: number;
  readonly windowMs: number;
}

export type Spent =
  | { readonly kind: 'ok' }
  /** `first`: nobody was told of this window yet. */
  | { readonly kind: 'over'; readonly retryAfterMs: number; readonly first: boolean };

interface Window {
  spent: number;
  readonly endsAtMs: number;
  told: boolean;
}

/** At 50 000 the oldest windows go: a flood of made-up keys costs a few megabytes, and no more. */
const MOST_KEYS = 50_000;

const OK: Spent = { kind: 'ok' };

/** Counts in memory what each key has spent. Bounded, whatever the number of keys. */
export class Windows {
  /** In the order in which they began, so that the first is the first to end. */
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly now: () => number,
    private readonly mostKeys: number = MOST_KEYS,
  ) {}

  get size(): number {
    return this.#windows.size;
  }

  /** Spends one, where there is one left. */
  spend(key: string, rate: Rate): Spent {
    const window = this.#windowOf(key, rate.windowMs);
    if (window.spent < rate.most) {
      window.spent += 1;
      return OK;
    }
    return this.#over(window);
  }

  /** The same as `spend`, of nothing: whether there is one left. */
  look(key: string, rate: Rate): Spent {
    const window = this.#open(key);
    return window === undefined || window.spent < rate.most ? OK : this.#over(window);
  }

  /** Nothing is left until then: another process has counted. */
  close(key: string, untilMs: number): void {
    this.#windows.delete(key);
    this.#add(key, { spent: Number.POSITIVE_INFINITY, endsAtMs: untilMs, told: true });
  }

  #over(window: Window): Spent {
    const first = !window.told;
    window.told = true;
    return { kind: 'over', retryAfterMs: window.endsAtMs - this.now(), first };
  }

  #open(key: string): Window | undefined {
    const window = this.#windows.get(key);
    return window !== undefined && this.now() < window.endsAtMs ? window : undefined;
  }

  #windowOf(key: string, windowMs: number): Window {
    const open = this.#open(key);
    if (open !== undefined) return open;
    this.#windows.delete(key);
    return this.#add(key, { spent: 0, endsAtMs: this.now() + windowMs, told: false });
  }

  #add(key: string, window: Window): Window {
    if (this.#windows.size >= this.mostKeys) this.#makeRoom();
    this.#windows.set(key, window);
    return window;
  }

  /** For many at a time: finding the oldest in a map costs more the more of them were just deleted. */
  #makeRoom(): void {
    const room = this.mostKeys - Math.ceil(this.mostKeys / 50);
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= room) break;
      this.#windows.delete(oldest);
    }
  }
}
