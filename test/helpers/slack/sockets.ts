import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Attempt, Carrier, Outcome } from './delivery.js';
import type { DisconnectReason, SlackSockets } from './face-delivery.js';
import { SocketLine } from './socket-line.js';

interface SocketSettings {
  readonly port: number;
  readonly appId: string;
  readonly pingMs: number;
  readonly most: number;
}

const NO_LINE: Outcome = { acked: false, error: 'dispatch_failed', reason: 'connection_failed' };

/** Socket Mode: what goes to the app goes over one of its open sockets, in turn. */
export class Sockets implements SlackSockets, Carrier {
  readonly via = 'socket';
  readonly #settings: SocketSettings;
  readonly #server = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #tickets = new Set<string>();
  readonly #lines: SocketLine[] = [];
  readonly #waiting = new Set<() => void>();
  #turn = 0;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
  }

  /** A URL for one connection, as `apps.connections.open` gives it. */
  readonly openUrl = (): string => {
    const ticket = randomBytes(16).toString('hex');
    this.#tickets.add(ticket);
    return `ws://127.0.0.1:${this.#settings.port}/link/?ticket=${ticket}&app_id=${this.#settings.appId}`;
  };

  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (!this.#tickets.delete(url.searchParams.get('ticket') ?? '')) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      const { pingMs, appId, most } = this.#settings;
      const line = new SocketLine(accepted, pingMs, () => this.#changed());
      this.#lines.push(line);
      if (this.open > most) line.disconnect('too_many_websockets');
      else line.greet(appId, this.open);
      this.#changed();
    });
  };

  async carry(attempt: Attempt): Promise<Outcome> {
    const open = this.#open();
    const line = open[this.#turn++ % Math.max(open.length, 1)];
    return line === undefined ? NO_LINE : await line.carry(attempt);
  }

  get open(): number {
    return this.#open().length;
  }

  get opened(): number {
    return this.#lines.length;
  }

  get envelopes(): readonly number[] {
    return this.#lines.map(({ envelopes }) => envelopes);
  }

  disconnect(reason: DisconnectReason): void {
    for (const line of this.#open()) line.disconnect(reason);
  }

  drop(): void {
    for (const line of this.#lines) line.drop();
  }

  freeze(): void {
    for (const line of this.#open()) line.frozen = true;
  }

  thaw(): void {
    for (const line of this.#open()) line.frozen = false;
  }

  send(text: string): void {
    for (const line of this.#open()) line.send(text);
  }

  untilOpen(count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.open < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #open(): readonly SocketLine[] {
    return this.#lines.filter(({ isOpen }) => isOpen);
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }
}
