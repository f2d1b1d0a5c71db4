import type { Failure } from '../face.js';

interface Planned {
  readonly route: string;
  readonly how: Failure;
  left: number;
}

/** What shall go wrong next, in the order in which it was asked for. */
export class Faults {
  readonly #planned: Planned[] = [];

  plan(route: string, how: Failure, times: number): void {
    this.#planned.push({ route, how, left: times });
  }

  next(route: string): Failure | undefined {
    const fault = this.#planned.find(
      (one) => one.left > 0 && (one.route === '*' || route.startsWith(one.route)),
    );
    if (fault === undefined) return undefined;
    fault.left -= 1;
    return fault.how;
  }
}
