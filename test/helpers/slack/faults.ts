import type { Failure } from './face.js';

interface Planned {
  readonly method: string;
  readonly how: Failure;
  left: number;
}

/** What shall go wrong next, in the order in which it was asked for. */
export class Faults {
  readonly #planned: Planned[] = [];

  plan(method: string, how: Failure, times: number): void {
    this.#planned.push({ method, how, left: times });
  }

  next(method: string): Failure | undefined {
    const fault = this.#planned.find((one) => one.left > 0 && ['*', method].includes(one.method));
    if (fault === undefined) return undefined;
    fault.left -= 1;
    return fault.how;
  }
}
