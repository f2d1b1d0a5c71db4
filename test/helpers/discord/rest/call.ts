import type { Form } from '../form.js';
import type { HttpInteractions } from '../interactions/http.js';
import type { Platform } from '../platform.js';

/** What a route is given. */
export interface Call {
  readonly platform: Platform;
  readonly http: HttpInteractions;
  readonly gatewayUrl: () => string;
  readonly identifies: () => number;
  /** Ids and tokens of the path, in their order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Form;
}

export interface Answer {
  readonly status: number;
  readonly json?: unknown;
}

export interface Route {
  /** `POST /channels/:id/messages`. */
  readonly name: string;
  /** False where a token in the path is enough. Default: true. */
  readonly needsBot?: boolean;
  answer(call: Call): Answer | Promise<Answer>;
}

export const ok = (json: unknown, status = 200): Answer => ({ status, json });
export const NO_CONTENT: Answer = { status: 204 };

/** The nth id or token of the path. */
export const param = ({ params }: Call, at: number): string => params[at] ?? '';
