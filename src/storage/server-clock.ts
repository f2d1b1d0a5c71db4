/** Clocks drift, and are set: so often the server is asked again. */
const ASK_AGAIN_MS = 600_000;

/**
 * The clock of the server that replicas share, told without asking it each time: theirs may differ by minutes, and by
 * it everything expires that one of them writes and another reads.
 */
export class ServerClock {
  #aheadMs = 0;
  #asking: NodeJS.Timeout | undefined;

  /**
   * @param own this process's clock, in ms since the epoch
   * @param ask the server for its own
   */
  constructor(
    private readonly own: () => number,
    private readonly ask: () => Promise<number>,
  ) {}

  readonly now = (): number => Math.round(this.own() + this.#aheadMs);

  /** Asks now, and every ten minutes until `stop`. */
  async start(): Promise<void> {
    await this.#compare();
    this.#asking = setInterval(() => this.#compare().catch(() => {}), ASK_AGAIN_MS);
    this.#asking.unref();
  }

  stop(): void {
    clearInterval(this.#asking);
  }

  /** The answer is from half-way between the question and its coming. */
  async #compare(): Promise<void> {
    const askedMs = this.own();
    const serverMs = await this.ask();
    this.#aheadMs = serverMs - (askedMs + this.own()) / 2;
  }
}
