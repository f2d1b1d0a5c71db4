import { WebSocket } from 'ws';
import { integerOf, membersOf, textOf } from '../../common/payload.js';

/** A session that can go on where it was broken off. */
export interface Session {
  readonly id: string;
  /** Where it goes on. */
  readonly url: string;
  /** The latest event. */
  readonly seq: number;
}

/** Why a connection is over. */
export type Ended =
  /** Broken off, or asked to be: the session goes on in a new connection. */
  | { readonly kind: 'broken'; readonly code: number; readonly session?: Session }
  /** We ended it. */
  | { readonly kind: 'stopped' };

export interface SocketParts {
  readonly url: string;
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  readonly session?: Session;
  /** Called before a new session is asked for: Discord takes so many at a time. */
  readonly turn: () => Promise<void>;
  /** The session stands, new or resumed. */
  readonly ready: (how: 'new' | 'resumed') => void;
  readonly dispatch: (event: string, data: unknown) => void;
  readonly ending: AbortSignal;
}

const OPS = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalid: 9,
  hello: 10,
  ack: 11,
} as const;
/** Anything but 1000 and 1001 keeps the session (Discord, "Disconnecting"). */
const KEEP_SESSION = 4200;
const NORMAL = 1000;
/** Close codes after which a session can't go on (Gateway Close Event Codes). */
const OVER: ReadonlySet<number> = new Set([4003, 4004, 4005, 4007, 4009, 4010, 4011, 4012, 4013, 4014]);
const USUAL_INTERVAL_MS = 41_250;
const OPEN_WITHIN_MS = 30_000;
const READY_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 2_000;
/** A message of the Gateway is some kilobytes; READY of a large bot is larger (threat 21). */
const LONGEST_PAYLOAD = 16 * 1_048_576;

/**
 * One connection to the Gateway, from hello to its end. Not `@discordjs/ws`: while Discord is away it dials twice a second,
 * without an end; `destroy` during such a pause dials once more afterwards; and a handshake that fails after `destroy` is an
 * `error` event that nobody hears, which ends the process.
 */
export function runSocket(parts: SocketParts): Promise<Ended> {
  return new Promise((resolve) => {
    const { token, shard, intents, ending } = parts;
    const socket = new WebSocket(`${parts.url}/?v=10&encoding=json`, {
      handshakeTimeout: OPEN_WITHIN_MS,
      maxPayload: LONGEST_PAYLOAD,
      perMessageDeflate: false,
    });
    let session = parts.session;
    let seq = session?.seq;
    let acknowledged = true;
    let beat: NodeJS.Timeout | undefined;
    let over = false;
    const patience = setTimeout(() => socket.terminate(), OPEN_WITHIN_MS + READY_WITHIN_MS);

    function end(ended: Ended): void {
      if (over) return;
      over = true;
      clearTimeout(beat);
      clearTimeout(patience);
      ending.removeEventListener('abort', stop);
      resolve(ended);
    }

    /** Discord may never answer a close frame. */
    function close(code: number): void {
      socket.close(code);
      setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref();
    }

    function stop(): void {
      if (socket.readyState === WebSocket.OPEN) close(NORMAL);
      else socket.terminate();
      end({ kind: 'stopped' });
    }

    function broken(code: number): void {
      const kept = session !== undefined && !OVER.has(code) ? { session: { ...session, seq: seq ?? 0 } } : {};
      end({ kind: 'broken', code, ...kept });
    }

    /** The session stays: it goes on in the next connection. */
    function leave(): void {
      close(KEEP_SESSION);
      broken(KEEP_SESSION);
    }

    const send = (op: number, d: unknown): void => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op, d }));
    };

    function heartbeat(intervalMs: number): void {
      // What was not answered means a connection that is dead without saying so.
      if (!acknowledged) {
        leave();
        return;
      }
      acknowledged = false;
      send(OPS.heartbeat, seq ?? null);
      beat = setTimeout(() => heartbeat(intervalMs), intervalMs);
    }

    async function greet(interval: unknown): Promise<void> {
      const intervalMs = Math.max(1_000, integerOf(interval) ?? USUAL_INTERVAL_MS);
      beat = setTimeout(() => heartbeat(intervalMs), intervalMs * Math.random());
      if (session !== undefined) return send(OPS.resume, { token, session_id: session.id, seq });
      await parts.turn();
      const properties = { os: process.platform, browser: 'mcp-chat-gateway', device: 'mcp-chat-gateway' };
      send(OPS.identify, { token, intents, shard, properties });
    }

    function ready(how: 'new' | 'resumed'): void {
      clearTimeout(patience);
      parts.ready(how);
    }

    function dispatched(event: string, data: unknown): void {
      if (event === 'READY') {
        const { session_id: id, resume_gateway_url: url } = membersOf(data);
        if (typeof id === 'string' && typeof url === 'string')
          session = { id, url: url.replace(/\/+$/, ''), seq: seq ?? 0 };
        ready('new');
      } else if (event === 'RESUMED') ready('resumed');
      parts.dispatch(event, data);
    }

    function received(text: string): void {
      const { op, d, s, t } = membersOf(readJson(text));
      seq = integerOf(s) ?? seq;
      if (op === OPS.dispatch) dispatched(textOf(t) ?? '', d);
      else if (op === OPS.hello) void greet(membersOf(d).heartbeat_interval);
      else if (op === OPS.ack) acknowledged = true;
      else if (op === OPS.heartbeat) send(OPS.heartbeat, seq ?? null);
      else if (op === OPS.reconnect) leave();
      else if (op === OPS.invalid) {
        if (d !== true) session = undefined;
        leave();
      }
    }

    socket.on('message', (data) => {
      if (!over) received(String(data));
    });
    socket.on('close', (code) => broken(code));
    // What it is, `close` tells next.
    socket.on('error', () => undefined);
    if (ending.aborted) stop();
    else ending.addEventListener('abort', stop, { once: true });
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
