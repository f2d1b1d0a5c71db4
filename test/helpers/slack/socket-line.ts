import { WebSocket } from 'ws';
import type { Attempt, Outcome } from './delivery.js';
import type { DisconnectReason } from './face-delivery.js';
import { type Fields, isFields } from './shapes.js';

const CUT: Outcome = { acked: false, error: 'dispatch_failed', reason: 'connection_failed' };
const LATE: Outcome = { acked: false, error: 'operation_timeout', reason: 'timeout' };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One connection of an app. */
export class SocketLine {
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, (outcome: Outcome) => void>();
  readonly #pings: NodeJS.Timeout;
  envelopes = 0;
  frozen = false;
  #ending = false;

  constructor(socket: WebSocket, pingMs: number, changed: () => void) {
    this.#socket = socket;
    this.#pings = setInterval(() => {
      if (!this.frozen && this.isOpen) socket.ping('Ping from the server');
    }, pingMs);
    this.#pings.unref();
    socket.on('error', () => {});
    socket.on('ping', (data) => {
      if (!this.frozen && socket.readyState === WebSocket.OPEN) socket.pong(data);
    });
    socket.on('message', (data) => this.#hear(parsed(String(data))));
    socket.on('close', () => {
      clearInterval(this.#pings);
      for (const settle of this.#pending.values()) settle(CUT);
      changed();
    });
  }

  /** One that was told to go gets nothing more. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && !this.#ending;
  }

  greet(appId: string, connections: number): void {
    this.#say({
      type: 'hello',
      num_connections: connections,
      connection_info: { app_id: appId },
      debug_info: { host: 'applink-1', build_number: 1, approximate_connection_time: 18_060 },
    });
  }

  carry(attempt: Attempt): Promise<Outcome> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        clearTimeout(timer);
        this.#pending.delete(attempt.id);
        resolve(outcome);
      };
      const timer = setTimeout(settle, attempt.ackWithinMs, LATE);
      this.#pending.set(attempt.id, settle);
      this.envelopes += 1;
      this.#say(envelope(attempt));
    });
  }

  disconnect(reason: DisconnectReason): void {
    this.#say({ type: 'disconnect', reason, debug_info: { host: 'applink-1' } });
    if (reason === 'warning') return;
    this.#ending = true;
    this.#socket.close(1000);
  }

  drop(): void {
    this.#socket.terminate();
  }

  send(text: string): void {
    if (!this.frozen) this.#socket.send(text);
  }

  #say(message: Fields): void {
    this.send(JSON.stringify(message));
  }

  #hear(message: unknown): void {
    if (!isFields(message) || typeof message.envelope_id !== 'string') return;
    const { payload } = message;
    const answer = isFields(payload) && Object.keys(payload).length > 0 ? payload : undefined;
    this.#pending.get(message.envelope_id)?.({ acked: true, answer });
  }
}

function envelope({ id, kind, payload, retry, retryReason }: Attempt): Fields {
  return {
    envelope_id: id,
    type: kind,
    accepts_response_payload: kind !== 'events_api',
    payload,
    ...(kind === 'events_api' ? { retry_attempt: retry, retry_reason: retryReason } : {}),
  };
}
