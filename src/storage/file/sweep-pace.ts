/** So often at most. */
const EVERY_MS = 60_000;
/** Of the time: three months of an audit are a hundred thousand files, and a look at each takes seconds. */
const LARGEST_PART = 0.01;

/** When the records of a name are to be listed for what expired: never twice at a time, and the rarer the longer it takes. */
export class SweepPace {
  readonly #nextMs = new Map<string, number>();
  readonly #firstMs: number;

  constructor(openedAtMs: number) {
    this.#firstMs = openedAtMs + EVERY_MS;
  }

  /** True: it is due, and not again before `ended`. */
  begin(name: string, nowMs: number): boolean {
    if (nowMs < (this.#nextMs.get(name) ?? this.#firstMs)) return false;
    this.#nextMs.set(name, Number.POSITIVE_INFINITY);
    return true;
  }

  ended(name: string, nowMs: number, tookMs: number): void {
    this.#nextMs.set(name, nowMs + Math.max(EVERY_MS, tookMs / LARGEST_PART));
  }
}
