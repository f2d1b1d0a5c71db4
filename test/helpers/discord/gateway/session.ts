import type { WebSocket } from 'ws';
import { INTENTS, type PlatformEvent } from '../events.js';

interface Dispatch {
  readonly s: number;
  readonly t: string;
  readonly d: unknown;
}

export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What one identify began: it outlives its connection, and keeps what was told for a resume. */
export class Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: Shard;
  #seq = 0;
  readonly #told: Dispatch[] = [];
  #socket: WebSocket | undefined;

  constructor(id: string, intents: number, shard: Shard) {
    this.id = id;
    this.intents = intents;
    this.shard = shard;
  }

  get seq(): number {
    return this.#seq;
  }

  get socket(): WebSocket | undefined {
    return this.#socket;
  }

  connect(socket: WebSocket): void {
    this.#socket = socket;
  }

  /** That connection is no more; another one may be there already. */
  disconnect(socket: WebSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  dispatch(t: string, d: unknown): void {
    this.#seq += 1;
    const dispatch = { s: this.#seq, t, d };
    this.#told.push(dispatch);
    this.#send(dispatch);
  }

  replayAfter(seq: number): void {
    for (const dispatch of this.#told) if (dispatch.s > seq) this.#send(dispatch);
  }

  /** As this session's intents and shard allow. */
  hear({ name, data, withoutContent, intents, guild }: PlatformEvent): void {
    const shard = guild === undefined ? 0 : Number((BigInt(guild.id) >> 22n) % BigInt(this.shard.count));
    if (shard !== this.shard.index || (intents !== 0 && (intents & this.intents) === 0)) return;
    const mayRead = (this.intents & INTENTS.messageContent) !== 0;
    this.dispatch(name, withoutContent === undefined || mayRead ? data : withoutContent);
  }

  #send(dispatch: Dispatch): void {
    this.#socket?.send(JSON.stringify({ op: 0, ...dispatch }));
  }
}
