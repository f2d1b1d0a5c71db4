import type { Fields } from './shapes.js';
import type { Update, UpdateQueue } from './update-queue.js';
import { postUpdate } from './webhook-post.js';
import { seconds } from './wire.js';

export interface WebhookTarget {
  readonly url: string;
  readonly secret?: string;
  readonly maxConnections: number;
}

export interface WebhookDeps {
  readonly updates: UpdateQueue;
  readonly now: () => number;
  readonly routes: Readonly<Record<string, string>>;
  readonly retryMs: number;
  readonly timeoutMs: number;
  /** Runs the method that a webhook's answer may hold. */
  readonly run: (method: string, payload: Fields) => void;
}

const MAX_PAUSE_MS = 5000;

/** Delivers updates to the one webhook: in order within a line, side by side across lines, again until taken. */
export class Webhook {
  readonly #deps: WebhookDeps;
  target: WebhookTarget | undefined;
  #paused = false;
  #lastError: { readonly atMs: number; readonly message: string } | undefined;
  /** Lines that a delivery, or the pause after a failed one, is under way for. */
  #busy = new Map<string, AbortController>();
  readonly #failures = new Map<number, number>();
  readonly #stopListening: () => void;

  constructor(deps: WebhookDeps) {
    this.#deps = deps;
    this.#stopListening = deps.updates.onAdded(() => this.#deliver());
  }

  set(target: WebhookTarget | undefined): void {
    this.#cut();
    this.#lastError = undefined;
    this.target = target;
    this.#deliver();
  }

  /** Nothing goes out while the platform is down. */
  pause(): void {
    this.#paused = true;
    this.#cut();
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  close(): void {
    this.#stopListening();
    this.set(undefined);
  }

  #cut(): void {
    for (const delivery of this.#busy.values()) delivery.abort();
    this.#busy = new Map();
    this.#failures.clear();
  }

  info(): Fields {
    const { target } = this;
    return {
      url: target?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: this.#deps.updates.size,
      ...(target === undefined ? {} : { max_connections: target.maxConnections, ip_address: '127.0.0.1' }),
      ...(this.#deps.updates.allowed === undefined ? {} : { allowed_updates: this.#deps.updates.allowed }),
      ...(this.#lastError === undefined
        ? {}
        : { last_error_date: seconds(this.#lastError.atMs), last_error_message: this.#lastError.message }),
    };
  }

  #deliver(): void {
    const { target } = this;
    if (target === undefined || this.#paused) return;
    for (const { update, line } of this.#deps.updates.heads()) {
      if (this.#busy.size >= target.maxConnections) return;
      if (!this.#busy.has(line)) void this.#deliverOne(target, update, line);
    }
  }

  async #deliverOne(target: WebhookTarget, update: Update, line: string): Promise<void> {
    const delivery = new AbortController();
    this.#busy.set(line, delivery);
    const outcome = await postUpdate(target, update, { ...this.#deps, signal: delivery.signal });
    if (delivery.signal.aborted) return;
    if (outcome.kind === 'failed') await this.#pause(update, outcome.message, delivery.signal);
    else this.#taken(update, outcome.body);
    if (delivery.signal.aborted) return;
    this.#busy.delete(line);
    this.#deliver();
  }

  #taken(update: Update, body: Fields): void {
    this.#deps.updates.remove(update.update_id);
    this.#failures.delete(update.update_id);
    const { method, ...payload } = body;
    if (typeof method === 'string') this.#deps.run(method, payload);
  }

  #pause(update: Update, message: string, signal: AbortSignal): Promise<void> {
    this.#lastError = { atMs: this.#deps.now(), message };
    const failures = this.#failures.get(update.update_id) ?? 0;
    this.#failures.set(update.update_id, failures + 1);
    const pauseMs = Math.min(this.#deps.retryMs * 2 ** failures, MAX_PAUSE_MS);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
