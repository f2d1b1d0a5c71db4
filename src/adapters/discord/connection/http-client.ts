import { Agent, type Dispatcher } from 'undici';

/** As much of an answer as is needed. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly withinMs: number;
}

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** A message is some kilobytes; what is longer is no answer of Discord's (threat 21). */
const LONGEST_ANSWER = 2 * 1_048_576;
const AT_ONCE = 32;
const CONNECT_WITHIN_MS = 10_000;

/** undici's `dispatch`: half the CPU of its `request` and of Node's own client, which make streams of every answer. */
export function createHttpClient(): HttpClient {
  const dispatcher = new Agent({ connections: AT_ONCE, connect: { timeout: CONNECT_WITHIN_MS } });
  let closed: Promise<void> | undefined;
  return {
    send: ({ withinMs, headers, ...asked }) =>
      new Promise((resolve, reject) => {
        const exchange = new Exchange(resolve, reject, withinMs);
        dispatcher.dispatch({ ...asked, headers: { ...headers } }, exchange);
      }),
    close() {
      closed ??= dispatcher.destroy();
      return closed;
    },
  };
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #length = 0;
  #over = false;

  constructor(resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void, withinMs: number) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#give(new Error('There was no answer in time.')), withinMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('It is too late.'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > LONGEST_ANSWER) this.#give(new Error('The answer is too long.'));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const text = Buffer.concat(this.#chunks).toString('utf8');
    this.#resolve({ status: this.#status, headers: this.#headers, text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }

  /** What waits for a connection has nothing to abort yet. */
  #give(error: Error): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#reject(error);
    this.#controller?.abort(error);
  }
}
