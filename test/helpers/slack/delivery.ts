import type { Delivered, DeliveryKind } from './face-delivery.js';
import type { Fields } from './shapes.js';

export interface Outgoing {
  readonly kind: DeliveryKind;
  readonly payload: Fields;
}

export interface Attempt extends Outgoing {
  readonly id: string;
  readonly retry: number;
  readonly retryReason: string;
  readonly ackWithinMs: number;
}

export type Outcome =
  | { readonly acked: true; readonly answer: unknown }
  | { readonly acked: false; readonly error: string; readonly reason: string; readonly final?: boolean };

/** A way to the app. */
export interface Carrier {
  readonly via: Delivered['via'];
  carry(attempt: Attempt): Promise<Outcome>;
}

interface DeliverySettings {
  readonly ackWithinMs: number;
  readonly retryMs: readonly number[];
  readonly newId: () => string;
  readonly carrier: () => Carrier;
}

/** Hands over to the app what happens, waits for its acknowledgement, and tries events again. */
export class Delivery {
  readonly log: Delivered[] = [];
  readonly #settings: DeliverySettings;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(settings: DeliverySettings) {
    this.#settings = settings;
  }

  /** Resolves when the first attempt has been acknowledged, or has failed. Only events are tried again. */
  send(outgoing: Outgoing): Promise<Delivered> {
    return this.#attempt(outgoing, 0, '');
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #attempt(outgoing: Outgoing, retry: number, retryReason: string): Promise<Delivered> {
    const { ackWithinMs, newId, carrier } = this.#settings;
    const id = newId();
    const way = carrier();
    const startedAtMs = performance.now();
    const outcome = await way.carry({ ...outgoing, id, retry, retryReason, ackWithinMs });
    const delivered: Delivered = {
      ...outgoing,
      id,
      retry,
      via: way.via,
      ackedAfterMs: outcome.acked ? performance.now() - startedAtMs : undefined,
      answer: outcome.acked ? outcome.answer : undefined,
      ...(outcome.acked ? {} : { error: outcome.error }),
    };
    this.log.push(delivered);
    if (!outcome.acked && outcome.final !== true) this.#again(outgoing, retry + 1, outcome.reason);
    return delivered;
  }

  #again(outgoing: Outgoing, retry: number, reason: string): void {
    const pauseMs = this.#settings.retryMs[retry - 1];
    if (outgoing.kind !== 'events_api' || pauseMs === undefined || this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#attempt(outgoing, retry, reason);
    }, pauseMs);
    timer.unref();
    this.#timers.add(timer);
  }
}
