import type { RawData, WebSocket } from 'ws';
import type { Fields } from '../face.js';
import { isFields } from '../form.js';
import type { Session } from './session.js';

const OP = { heartbeat: 1, identify: 2, presence: 3, voice: 4, resume: 6, members: 8, hello: 10, ack: 11 };
const SENT_ONCE_IDENTIFIED: readonly unknown[] = [OP.presence, OP.voice, OP.members, 31, 43];

/** What a connection asks of the Gateway. A number: the close code of its refusal. */
export interface Admission {
  identify(data: Fields, socket: WebSocket): Session | number;
  /** `invalid`: op 9. */
  resume(data: Fields, socket: WebSocket): Session | number | 'invalid';
  readonly acknowledges: () => boolean;
}

/** One WebSocket: hello, heartbeats, and who it is. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #admission: Admission;
  #session: Session | undefined;

  constructor(socket: WebSocket, heartbeatIntervalMs: number, admission: Admission) {
    this.#socket = socket;
    this.#admission = admission;
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => this.#session?.disconnect(socket));
    socket.on('error', () => socket.terminate());
    this.send({ op: OP.hello, d: { heartbeat_interval: heartbeatIntervalMs } });
  }

  send(payload: Fields): void {
    this.#socket.send(JSON.stringify({ s: null, t: null, ...payload }));
  }

  get session(): Session | undefined {
    return this.#session;
  }

  #receive(data: RawData): void {
    const payload = parsed(data);
    if (payload === undefined) this.#socket.close(4002, 'Decode error.');
    else this.#take(payload.op, isFields(payload.d) ? payload.d : {});
  }

  #take(op: unknown, data: Fields): void {
    if (op === OP.heartbeat) {
      if (this.#admission.acknowledges()) this.send({ op: OP.ack });
    } else if (op === OP.identify || op === OP.resume) this.#begin(op, data);
    else if (this.#session === undefined) this.#socket.close(4003, 'Not authenticated.');
    else if (!SENT_ONCE_IDENTIFIED.includes(op)) this.#socket.close(4001, 'Unknown opcode.');
  }

  #begin(op: number, data: Fields): void {
    if (this.#session !== undefined) {
      this.#socket.close(4005, 'Already authenticated.');
      return;
    }
    const admit = op === OP.identify ? this.#admission.identify : this.#admission.resume;
    const admitted = admit(data, this.#socket);
    if (admitted === 'invalid') this.send({ op: 9, d: false });
    else if (typeof admitted === 'number') this.#socket.close(admitted, REASONS[admitted] ?? '');
    else this.#session = admitted;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  4004: 'Authentication failed.',
  4007: 'Invalid seq.',
  4010: 'Invalid shard.',
  4013: 'Invalid intent(s).',
  4014: 'Disallowed intent(s).',
};

function parsed(data: RawData): Fields | undefined {
  try {
    const payload: unknown = JSON.parse(String(data));
    return isFields(payload) ? payload : undefined;
  } catch {
    return undefined;
  }
}
