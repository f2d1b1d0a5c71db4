import { WebSocket } from 'ws';
import type { Discord, Fields } from './face.js';

export interface Received {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: unknown;
}

/** A Gateway client that does only what it is told, heartbeats included. */
export class RawGateway {
  readonly received: Received[] = [];
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;
  readonly open: Promise<void>;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.open = new Promise((resolve, reject) => {
      this.#socket.once('open', resolve);
      this.#socket.once('error', reject);
    });
    this.open.catch(() => {});
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.on('message', (data) => void this.received.push(JSON.parse(String(data))));
  }

  send(payload: Fields | string): void {
    this.#socket.send(typeof payload === 'string' ? payload : JSON.stringify(payload));
  }

  identify(token: string, intents: number, more: Fields = {}): void {
    this.send({ op: 2, d: { token, intents, properties: {}, ...more } });
  }

  /** The names of what was dispatched, in order. */
  get names(): readonly string[] {
    return this.received.flatMap(({ t }) => t ?? []);
  }

  dispatched(name: string): readonly Fields[] {
    return this.received.filter(({ t }) => t === name).map(({ d }) => d as Fields);
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  breakOff(): void {
    this.#socket.terminate();
  }
}

export function connectRaw({ api }: Pick<Discord, 'api'>, path = '/gateway?v=10&encoding=json'): RawGateway {
  return new RawGateway(`${api.replace(/^http/, 'ws').replace(/\/api$/, '')}${path}`);
}
