/** How the app is told of what people do: over sockets or signed HTTP. */

export type DeliveryKind = 'slash_commands' | 'interactive' | 'events_api';

/** One attempt to hand something to the app. */
export interface Delivered {
  readonly id: string;
  readonly kind: DeliveryKind;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 0: the first attempt. */
  readonly retry: number;
  readonly via: 'socket' | 'http';
  /** Undefined: not acknowledged in time. */
  readonly ackedAfterMs: number | undefined;
  /** The response payload that came with the acknowledgement. */
  readonly answer: unknown;
  /** `operation_timeout`, `dispatch_failed`, `http_service_error`. */
  readonly error?: string;
}

export interface DeliveryOptions {
  /** How long the app may take to acknowledge. Default: 10000, for busy machines; Slack's is 3000. */
  readonly ackWithinMs?: number;
  /** The pauses before an event's retries. Default: 50, then a minute, then five, as Slack's. */
  readonly eventRetryMs?: readonly number[];
  /** URLs for signed HTTP, in turn. Without any: Socket Mode. */
  readonly deliverTo?: readonly string[];
  /** How often the socket pings. Default: 5000. */
  readonly socketPingMs?: number;
  /** How many sockets an app may have. Default: 10, as Slack's. */
  readonly maxSockets?: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

export interface SlackSockets {
  /** How many are open now. */
  readonly open: number;
  /** How many were ever opened. */
  readonly opened: number;
  /** Envelopes sent over each socket that was ever opened, in the order of opening. */
  readonly envelopes: readonly number[];
  /** Sends `disconnect` on all; with every reason but `warning` it then closes them, as Slack does. */
  disconnect(reason: DisconnectReason): void;
  /** Cuts all connections without a word. */
  drop(): void;
  /** Neither pings nor pongs nor envelopes go out any more, while the connections stay: a hung peer. */
  freeze(): void;
  thaw(): void;
  /** Sends any text on every open socket: malformed envelopes, unknown types. */
  send(text: string): void;
  /** Resolves when so many are open. */
  untilOpen(count?: number): Promise<void>;
}
