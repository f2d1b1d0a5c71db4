import { setTimeout as sleep } from 'node:timers/promises';
import type { InTurn } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { keepTrying } from '../../common/keep-trying.js';
import { textOf } from '../../common/payload.js';
import type { Accepted } from '../incoming/inbox.js';
import { SlackUnavailableError } from '../outgoing/failures.js';
import type { Reach } from './reach.js';
import { isSlackAddress } from './slack-address.js';
import { type Ending, type Envelope, openSocket, type Socket } from './socket.js';
import type { WebApi } from './web-api.js';

export interface SocketModeParts {
  readonly api: WebApi;
  readonly apiRoot: string;
  readonly appToken: string;
  readonly reach: Reach;
  readonly take: (payload: unknown) => Accepted | undefined;
  /** Resolves when it is known whose payloads can be answered. */
  readonly ready: () => Promise<unknown>;
  readonly heartbeatMs: number;
  readonly log: Log;
}

export interface SocketMode {
  /** Returns at once: Slack may be slow, or down, while everything else already works. */
  start(inTurn?: InTurn): void;
  /** Takes nothing more. What was taken can still be acknowledged. */
  quiesce(): void;
  stop(): Promise<void>;
}

const LEFT_OPEN_MS = 60_000;
/** A connection that is to be renewed before that is no good one: the next try waits. */
const SHORTEST_MS = 1_000;
const ONE_TRY = { withinMs: 10_000, tries: 1 };
const soon = (): Promise<void> => sleep(1_000, undefined, { ref: false });

const TROUBLES: Readonly<Record<Ending, string>> = {
  lost: 'the connection was lost',
  warning: 'the connection was renewed',
  refresh_requested: 'the connection was renewed',
  link_disabled: 'Socket Mode is switched off: switch it on in the settings of the app',
  too_many_websockets: 'ten connections are open already: stop the other processes, or use `mode: http`',
};

/**
 * Socket Mode, by one process at a time. Not by Slack's own client: while it reconnects, a refusal of `apps.connections.open` is an
 * unhandled rejection, which ends the process; it leaves an old connection before there is a new one, so that a command
 * typed in between fails; and it takes seven times as long to load as the WebSocket that it needs.
 */
export function createSocketMode(parts: SocketModeParts): SocketMode {
  const { api, apiRoot, appToken, reach, take, ready, heartbeatMs, log } = parts;
  const ending = new AbortController();
  const open = new Set<Socket>();
  const delivering = new Set<Promise<void>>();
  let running: Promise<void> | undefined;

  async function deliver({ payload, ack }: Envelope): Promise<void> {
    if (ending.signal.aborted) return;
    try {
      ack(await take(payload)?.ack);
    } catch (error) {
      log.error({ platform: 'slack', error }, 'an envelope could not be taken');
    }
  }

  /** Resolves when another connection is needed, which is before this one closes, if Slack says so in time. */
  async function receive(turn: AbortSignal): Promise<void> {
    const url = textOf((await api.call('apps.connections.open', appToken, {}, ONE_TRY)).url);
    if (url === undefined || !isSlackAddress(url, 'wss:', apiRoot))
      throw new SlackUnavailableError('Slack gave no address of its own to connect to.');
    if (turn.aborted) return;
    const sinceMs = performance.now();
    const why = await new Promise<Ending>((resolve) => {
      const socket = openSocket({
        url,
        opened: reach.works,
        envelope(envelope) {
          const delivered = deliver(envelope).finally(() => delivering.delete(delivered));
          delivering.add(delivered);
        },
        leaving(reason) {
          // Slack closes it soon; if it forgets to, we do.
          setTimeout(() => socket.close(), LEFT_OPEN_MS).unref();
          resolve(reason);
        },
        closed(reason) {
          open.delete(socket);
          resolve(reason);
        },
        heartbeatMs,
      });
      open.add(socket);
    });
    if (turn.aborted) return;
    const isRenewal = why === 'warning' || why === 'refresh_requested';
    if (!isRenewal || performance.now() - sinceMs < SHORTEST_MS) throw new Error(TROUBLES[why]);
  }

  async function run(turn: AbortSignal): Promise<void> {
    await ready();
    while (!turn.aborted) await receive(turn);
  }

  const receiver = (turn: AbortSignal): Promise<void> => keepTrying(() => run(turn), failed, turn);

  async function receiveInTurn(inTurn: InTurn): Promise<void> {
    await ready();
    reach.works();
    await inTurn(async (turn) => {
      turn.addEventListener('abort', leave, { once: true });
      await receiver(turn);
    }, ending.signal);
  }

  /** The turn was lost. At the end of everything, what was taken can still be acknowledged. */
  function leave(): void {
    if (!ending.signal.aborted) for (const socket of open) socket.close();
  }

  function failed(error: unknown): number | undefined {
    const told = error instanceof Error && Object.values(TROUBLES).includes(error.message);
    return reach.failed(told ? error.message : 'no connection could be opened', error);
  }

  return {
    start(inTurn) {
      running ??= inTurn === undefined ? receiver(ending.signal) : receiveInTurn(inTurn);
    },
    quiesce: () => ending.abort(),
    async stop() {
      ending.abort();
      await Promise.race([Promise.all(delivering), soon()]);
      for (const socket of open) socket.close();
      await Promise.race([running, soon()]);
    },
  };
}
