/** One request to a platform. Bodies are text: JSON or a form. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** For the answer, once connected; a second more or less. Cheaper than a signal. */
  readonly withinMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What carries a platform's requests. */
export interface HttpClient {
  /** Rejects where there was no whole answer. Its error may hold the address: to be logged without its message. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** Longer than any platform's answer to what is asked here (threat 21). */
export const LONGEST_ANSWER = 4 * 1_048_576;

export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';
  readonly code = 'answer_too_long';
  constructor() {
    super('The answer is too long.');
  }
}
