import { type RawData, WebSocket } from 'ws';
import { membersOf, textOf } from '../../common/payload.js';

export type Ending = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets' | 'lost';

export interface SocketParts {
  readonly url: string;
  /** Slack has greeted: from now on payloads come. */
  readonly opened: () => void;
  readonly envelope: (envelope: Envelope) => void;
  /** Slack is about to close it. It goes on receiving until then. */
  readonly leaving: (why: Ending) => void;
  /** Nothing comes any more. Once. */
  readonly closed: (why: Ending) => void;
  /** Between two looks at whether the other side still lives. */
  readonly heartbeatMs: number;
}

/** One delivery (docs.slack.dev/apis/events-api/using-socket-mode). */
export interface Envelope {
  readonly payload: unknown;
  ack(answer: unknown): void;
}

export interface Socket {
  close(): void;
}

/** A greeting that takes longer is none. */
const GREETED_WITHIN_MS = 15_000;
const LARGEST = 4 * 1_048_576;

/** One connection of Socket Mode. */
export function openSocket({ url, opened, envelope, leaving, closed, heartbeatMs }: SocketParts): Socket {
  const socket = new WebSocket(url, { handshakeTimeout: GREETED_WITHIN_MS, maxPayload: LARGEST });
  let why: Ending = 'lost';
  let isAlive = true;
  let isOver = false;
  const greeting = setTimeout(() => socket.terminate(), GREETED_WITHIN_MS);
  const heartbeat = setInterval(look, heartbeatMs);

  /** Anything that comes is a sign of life; a ping asks for one. */
  function look(): void {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }

  const heard = (): void => {
    isAlive = true;
  };

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(greeting);
    clearInterval(heartbeat);
    closed(why);
  }

  function deliver({ envelope_id: id, payload }: Members): void {
    if (typeof id !== 'string') return;
    envelope({
      payload,
      ack(answer) {
        if (socket.readyState !== WebSocket.OPEN) return;
        socket.send(
          JSON.stringify(answer === undefined ? { envelope_id: id } : { envelope_id: id, payload: answer }),
        );
      },
    });
  }

  function hear(data: RawData, isBinary: boolean): void {
    heard();
    const message = isBinary ? {} : membersOf(parsed(String(data)));
    if (message.type === 'hello') {
      clearTimeout(greeting);
      opened();
    } else if (message.type === 'disconnect') {
      why = endingOf(message.reason);
      leaving(why);
    } else {
      deliver(message);
    }
  }

  socket.on('message', hear).on('ping', heard).on('pong', heard).on('close', end);
  // What failed is told by `closed`; its message may hold the address, and that a ticket.
  socket.on('error', () => undefined);
  return {
    close() {
      socket.close(1000);
      // A peer that does not answer is not waited for.
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
  };
}

type Members = { readonly [name: string]: unknown };

function endingOf(reason: unknown): Ending {
  const word = textOf(reason);
  return ENDINGS.find((one) => one === word) ?? 'refresh_requested';
}

const ENDINGS: readonly Ending[] = ['warning', 'refresh_requested', 'link_disabled', 'too_many_websockets'];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
