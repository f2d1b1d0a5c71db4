/** One POST. Every call of Slack's is one, and so is every use of a response_url. */
export interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface Posted {
  readonly status: number;
  /** `Retry-After`, in seconds. */
  readonly retryAfter?: number;
  readonly body: string;
}

export interface HttpClient {
  /** Rejects where there was no answer. */
  post(posting: Posting): Promise<Posted>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** More than any answer to the calls that are made here. */
export const LONGEST_ANSWER = 1_048_576;

export function postedOf(status: number, retryAfter: unknown, body: string): Posted {
  const seconds = typeof retryAfter === 'string' ? Number.parseInt(retryAfter, 10) : Number.NaN;
  return seconds > 0 ? { status, retryAfter: seconds, body } : { status, body };
}
