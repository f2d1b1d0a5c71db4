/** The ways between the platform and the app. */

import type { Fields } from './face-shown.js';

/** One REST call. `route` has its ids and tokens taken out: `POST /channels/:id/messages`. */
export interface RestCall {
  readonly route: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** It came with the bot's token. */
  readonly authorized: boolean;
  /** 0: the connection was cut before an answer. */
  readonly status: number;
  /** Discord's own code, where it refused. */
  readonly code?: number;
  readonly atMs: number;
}

export type Failure =
  /** 429 with Retry-After, X-RateLimit-* and JSON. Seconds, fractions too. */
  | { readonly retryAfter: number; readonly scope?: 'user' | 'global' | 'shared' }
  /** A refusal, or 5xx (without a code: an HTML page, as a proxy answers). */
  | { readonly status: number; readonly code?: number; readonly message?: string }
  /** The connection breaks, nothing was done. */
  | 'drop-before'
  /** It was done, the answer is lost. */
  | 'drop-after'
  /** It reaches the platform late. */
  | { readonly delayMs: number };

/** The Gateway's side of the WebSockets. */
export interface GatewayDoor {
  /** Connections that are open and ready (READY or RESUMED was sent). */
  readonly ready: number;
  /** Ever made. */
  readonly connections: number;
  readonly identifies: number;
  readonly resumes: number;
  /** The intents of the newest identify. */
  readonly intents: number | undefined;
  /** Breaks every connection, by default without a close frame. Its session can resume; events wait meanwhile. */
  drop(closeCode?: number): void;
  /** From now on connections are refused, until `comeBack`. */
  goDown(): void;
  comeBack(): void;
  /** Op 7. */
  askToReconnect(): void;
  /** Op 9. Not resumable: what was queued is lost. */
  invalidate(resumable: boolean): void;
  /** Heartbeats are no longer answered. */
  stopAcknowledging(): void;
  /** A raw dispatch to every session. */
  dispatch(event: string, data: unknown): void;
}

export type SavedUrl = { readonly saved: true } | { readonly saved: false; readonly why: string };

/** How a raw request to the interactions URL differs from a good one. */
export interface RawPost {
  /** Sent as it is; default: the payload as JSON. */
  readonly body?: string;
  /** `stranger`: by another key. `none`: no header. Else: this text as the header. Default: by the application. */
  readonly signature?: 'stranger' | 'none' | (string & {});
  /** The header's seconds (or text); it is what is signed. Default: now. */
  readonly timestamp?: number | string;
  /** The header differs from what was signed. */
  readonly timestampHeader?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** Default: the saved URL's next replica. */
  readonly url?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** The HTTP way of interactions. */
export interface InteractionsDoor {
  /**
   * What the developer portal does when an operator saves the URL: a signed PING, and PINGs with bad signatures which
   * must get 401. While a URL is saved, the Gateway delivers no interactions. Undefined: taken away.
   */
  setUrl(url: string | undefined): Promise<SavedUrl>;
  readonly url: string | undefined;
  /** Any request at all to the URL. */
  post(payload: Fields, how?: RawPost): Promise<RawAnswer>;
  /** Every answer that the URL gave, oldest first. */
  readonly answers: readonly {
    readonly interactionId: string;
    readonly status: number;
    readonly body: string;
    readonly replica: string;
  }[];
}
