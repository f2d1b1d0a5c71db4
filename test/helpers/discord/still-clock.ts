/** Time that passes only when told to: deadlines are met and missed to the millisecond, however busy the machine. */
export class StillClock {
  #nowMs = Date.now();
  readonly now = (): number => this.#nowMs;

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
