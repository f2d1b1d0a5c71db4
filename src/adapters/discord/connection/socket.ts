import { WebSocket } from 'ws';
import { integerOf, membersOf } from '../../common/payload.js';
import { type Frame, OPS, readFrame, readSession, type Session } from './frames.js';
import { createHeartbeat } from './heartbeat.js';

/** Why a connection is over. */
export type Ended =
  /** Broken off, or asked to be. With a session that goes on in a new connection. */
  | { readonly kind: 'broken'; readonly code: number; readonly session?: Session }
  /** We ended it. */
  | { readonly kind: 'stopped' };

export interface SocketParts {
  readonly url: string;
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  readonly session?: Session;
  /** Whether a session may go on there: the token is sent along. */
  readonly isOwn: (url: string) => boolean;
  /** Called before a new session is asked for: Discord takes so many at a time. */
  readonly turn: () => Promise<void>;
  /** The session stands, new or resumed. */
  readonly ready: (how: 'new' | 'resumed') => void;
  readonly dispatch: (event: string, data: unknown) => void;
  readonly ending: AbortSignal;
}

/** Anything but 1000 and 1001 keeps the session (Discord, "Disconnecting"). */
const KEEP_SESSION = 4200;
const NORMAL = 1000;
/** After these a session can't go on (Gateway Close Event Codes). */
const OVER: ReadonlySet<number> = new Set([4003, 4004, 4005, 4007, 4009, 4010, 4011, 4012, 4013, 4014]);
const OPEN_WITHIN_MS = 30_000;
const READY_WITHIN_MS = 60_000;
const CLOSE_WITHIN_MS = 2_000;
/** A message of the Gateway is some kilobytes; READY of a large bot is larger (threat 21). */
const LONGEST_PAYLOAD = 16 * 1_048_576;
const PROPERTIES = { os: process.platform, browser: 'mcp-chat-gateway', device: 'mcp-chat-gateway' };

/**
 * One connection to the Gateway, from hello to its end. Not `@discordjs/ws`: while Discord is away it dials twice a second,
 * without an end; `destroy` during such a pause dials once more afterwards; and a handshake that fails after `destroy` is an
 * `error` event that nobody hears, which ends the process.
 */
export function runSocket(parts: SocketParts): Promise<Ended> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${parts.url}/?v=10&encoding=json`, {
      handshakeTimeout: OPEN_WITHIN_MS,
      maxPayload: LONGEST_PAYLOAD,
      perMessageDeflate: false,
    });
    new Connection(socket, parts, resolve).listen();
  });
}

class Connection {
  readonly #socket: WebSocket;
  readonly #parts: SocketParts;
  readonly #resolve: (ended: Ended) => void;
  readonly #heartbeat = createHeartbeat(
    () => this.#send(OPS.heartbeat, this.#seq ?? null),
    () => this.#leave(),
  );
  readonly #patience: NodeJS.Timeout;
  #session: Session | undefined;
  #seq: number | undefined;
  #over = false;

  constructor(socket: WebSocket, parts: SocketParts, resolve: (ended: Ended) => void) {
    this.#socket = socket;
    this.#parts = parts;
    this.#resolve = resolve;
    this.#session = parts.session;
    this.#seq = parts.session?.seq;
    this.#patience = setTimeout(() => socket.terminate(), READY_WITHIN_MS);
  }

  listen(): void {
    const { ending } = this.#parts;
    this.#socket.on('message', (data) => {
      if (!this.#over) this.#take(readFrame(String(data)));
    });
    this.#socket.on('close', (code) => this.#end(code));
    // What it was, `close` tells next.
    this.#socket.on('error', () => undefined);
    if (ending.aborted) this.#stop();
    else ending.addEventListener('abort', this.#stop, { once: true });
  }

  #take({ op, data, seq, event }: Frame): void {
    this.#seq = seq ?? this.#seq;
    if (op === OPS.dispatch) this.#dispatch(event, data);
    else if (op === OPS.hello) void this.#greet(integerOf(membersOf(data).heartbeat_interval));
    else if (op === OPS.acknowledged) this.#heartbeat.acknowledged();
    else if (op === OPS.heartbeat) this.#send(OPS.heartbeat, this.#seq ?? null);
    else if (op === OPS.reconnect) this.#leave();
    else if (op === OPS.invalid) {
      if (data !== true) this.#session = undefined;
      this.#leave();
    }
  }

  #dispatch(event: string, data: unknown): void {
    if (event === 'READY' || event === 'RESUMED') {
      clearTimeout(this.#patience);
      if (event === 'READY') this.#session = readSession(data, this.#parts.isOwn, this.#seq);
      this.#parts.ready(event === 'READY' ? 'new' : 'resumed');
    }
    this.#parts.dispatch(event, data);
  }

  async #greet(intervalMs: number | undefined): Promise<void> {
    const { token, intents, shard, turn } = this.#parts;
    this.#heartbeat.begin(intervalMs);
    if (this.#session !== undefined) {
      this.#send(OPS.resume, { token, session_id: this.#session.id, seq: this.#seq });
      return;
    }
    await turn();
    this.#send(OPS.identify, { token, intents, shard, properties: PROPERTIES });
  }

  #send(op: number, d: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }

  /** The session stays: it goes on in the next connection, whatever becomes of this one. */
  #leave(): void {
    this.#close(KEEP_SESSION);
    this.#end(KEEP_SESSION);
  }

  readonly #stop = (): void => {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    else this.#close(NORMAL);
  };

  /** Discord may never answer a close frame. */
  #close(code: number): void {
    this.#socket.close(code);
    setTimeout(() => this.#socket.terminate(), CLOSE_WITHIN_MS).unref();
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#heartbeat.end();
    clearTimeout(this.#patience);
    const { ending } = this.#parts;
    ending.removeEventListener('abort', this.#stop);
    this.#resolve(ending.aborted ? { kind: 'stopped' } : { kind: 'broken', code, ...this.#left(code) });
  }

  #left(code: number): { readonly session?: Session } {
    const session = this.#session;
    return session === undefined || OVER.has(code) ? {} : { session: { ...session, seq: this.#seq ?? 0 } };
  }
}
