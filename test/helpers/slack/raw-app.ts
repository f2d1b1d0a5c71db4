import { WebSocket } from 'ws';
import { callApi } from './api-call.js';
import type { Slack } from './face.js';
import type { Fields } from './shapes.js';

export interface Heard extends Fields {
  readonly type: string;
  readonly envelope_id?: string;
  readonly payload?: Fields;
}

/** The payload of an acknowledgement; undefined: a bare one; `silent`: none at all. */
export type Answer = Fields | undefined | 'silent';

export interface RawApp {
  readonly heard: readonly Heard[];
  /** The payload of the newest envelope. */
  readonly last: Fields;
  readonly socket: WebSocket;
  close(): void;
}

/** A Socket Mode app without an SDK: it writes down what it hears, and acknowledges as it is told. */
export async function openRawApp(
  slack: Slack,
  answer: (payload: Fields, envelope: Heard) => Answer | Promise<Answer> = () => undefined,
): Promise<RawApp> {
  const { url } = await callApi(slack, slack.appToken, 'apps.connections.open');
  const socket = new WebSocket(String(url));
  const heard: Heard[] = [];
  const greeted = new Promise<void>((resolve, reject) => {
    socket.once('message', () => resolve());
    socket.once('error', reject);
  });
  socket.on('message', async (data) => {
    const message = JSON.parse(String(data)) as Heard;
    heard.push(message);
    if (message.envelope_id === undefined) return;
    const payload = await answer(message.payload ?? {}, message);
    if (payload !== 'silent') socket.send(JSON.stringify({ envelope_id: message.envelope_id, payload }));
  });
  socket.on('error', () => {});
  await greeted;
  return {
    heard,
    socket,
    get last() {
      return heard.findLast(({ payload }) => payload !== undefined)?.payload ?? {};
    },
    close: () => socket.terminate(),
  };
}
