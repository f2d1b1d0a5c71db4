/** 2015-01-01, in ms. */
const DISCORD_EPOCH = 1_420_070_400_000;

/** Ids that say when they were made, as Discord's do: each greater than the one before, in a process. */
export class Snowflakes {
  readonly #now: () => number;
  #count = 0n;
  #last = 0n;

  constructor(now: () => number) {
    this.#now = now;
  }

  next(): string {
    this.#count += 1n;
    const id = (BigInt(this.#now() - DISCORD_EPOCH) << 22n) | (this.#count & 0x3fffffn);
    this.#last = id > this.#last ? id : this.#last + 1n;
    return String(this.#last);
  }
}
