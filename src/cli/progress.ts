const SHOWN_EVERY_MS = { terminal: 200, file: 10_000 } as const;

/** Says on standard error how far something is: on one line of a terminal, else now and then on one of its own. */
export class Progress {
  readonly #terminal = process.stderr.isTTY === true;
  #shownMs = performance.now();
  #open = false;

  constructor(private readonly what: string) {}

  readonly show = (done: number, total: number): void => {
    const everyMs = this.#terminal ? SHOWN_EVERY_MS.terminal : SHOWN_EVERY_MS.file;
    if (performance.now() - this.#shownMs < everyMs) return;
    this.#shownMs = performance.now();
    this.#open = this.#terminal;
    process.stderr.write(
      `${this.#terminal ? '\r' : ''}${this.what}: ${done} of ${total}${this.#terminal ? '' : '\n'}`,
    );
  };

  end(): void {
    if (this.#open) process.stderr.write('\n');
    this.#open = false;
  }
}

/** A signal that the first Ctrl-C or SIGTERM gives; a second one ends the process. */
export function untilSignalled(signalled: Promise<unknown>): AbortSignal {
  const ending = new AbortController();
  signalled.then(() => ending.abort());
  return ending.signal;
}
