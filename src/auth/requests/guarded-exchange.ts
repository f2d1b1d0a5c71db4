import type { Dispatcher } from 'undici';
import { asGuardedError, timedOut } from './guarded-failures.js';
import { answerSizeLimit, eventSizeLimit, isEventStream, joined, tooLarge } from './limited-body.js';
import type { Hop } from './redirects.js';

/** What one request may take. */
export interface ExchangeLimits {
  /** The caller's own signal: it gets one listener of ours, and loses it with the end of the answer. */
  readonly signal: AbortSignal | null | undefined;
  /** Until the whole answer, or the beginning of an event stream. */
  readonly timeoutMs: number;
  /** Of an answer, or of one event of a stream. */
  readonly maxBytes: number;
}

type Body = string | Uint8Array | null;

/** What the SDK sends is text; anything else is read whole. */
async function bodyOf(body: Hop['body']): Promise<Body> {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** RFC 9110 §12.5.3: without the first header any coding may come. Some servers refuse who does not say what it is. */
const DEFAULT_HEADERS = ['accept-encoding', 'identity', 'user-agent', 'node'] as const;

function headersOf(headers: Headers): string[] {
  const list = [...headers].flat();
  for (let at = 0; at < DEFAULT_HEADERS.length; at += 2) {
    const name = DEFAULT_HEADERS[at] ?? '';
    if (!headers.has(name)) list.push(name, DEFAULT_HEADERS[at + 1] ?? '');
  }
  return list;
}

/**
 * One request over undici's `dispatch`, with its answer as a `Response` of the global class: a fraction of the CPU of the
 * built-in `fetch`. An answer that is there whole has a `Content-Length`, also an event stream that is over; one that goes
 * on has none.
 * @throws {GuardedFetchError} or the reason of the caller's signal
 */
export async function exchange(agent: Dispatcher, hop: Hop, limits: ExchangeLimits): Promise<Response> {
  const body = await bodyOf(hop.body);
  return await new Promise((resolve, reject) => {
    const answering = new Exchange(hop.url.hostname, limits, resolve, reject);
    const { origin, pathname, search } = hop.url;
    const method = hop.method as Dispatcher.HttpMethod;
    const request = { origin, path: `${pathname}${search}`, method, headers: headersOf(hop.headers), body };
    try {
      agent.dispatch(request, answering);
    } catch (error) {
      answering.onResponseError(undefined, error);
    }
  });
}

/** undici reads header bytes as UTF-8, and `Headers` takes only what stands for single bytes (Fetch, "byte string"). */
const byteString = (text: string): string =>
  /[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

type ReceivedHeaders = Record<string, string | string[] | undefined>;

/** Without what describes the connection and not the answer: the body is given out as it is. */
function received(headers: ReceivedHeaders, length: number | undefined): Headers {
  const kept = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'content-length' || value === undefined) continue;
    if (typeof value === 'string') kept.set(name, byteString(value));
    else for (const one of value) kept.append(name, byteString(one));
  }
  if (length !== undefined) kept.set('content-length', String(length));
  return kept;
}

const first = (value: string | string[] | undefined): string =>
  (typeof value === 'string' ? value : value?.[0]) ?? '';

/** RFC 9110 §15: answers that have no body, with which none can be made. */
const bodiless = (status: number): boolean => status === 204 || status === 205 || status === 304;

class Exchange implements Dispatcher.DispatchHandler {
  readonly #timer: NodeJS.Timeout;
  readonly #aborted = (): void => this.#end(this.limits.signal?.reason);
  readonly #chunks: Buffer[] = [];
  #check: (chunk: Uint8Array) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #status = 0;
  #statusText = '';
  #headers: ReceivedHeaders = {};
  #over = false;

  constructor(
    readonly host: string,
    readonly limits: ExchangeLimits,
    readonly resolve: (answer: Response) => void,
    readonly reject: (error: unknown) => void,
  ) {
    const { signal, timeoutMs, maxBytes } = limits;
    this.#check = answerSizeLimit(maxBytes, host);
    this.#timer = setTimeout(() => this.#end(timedOut(host, timeoutMs)), timeoutMs);
    if (signal?.aborted === true) this.#aborted();
    else signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('It is too late.'));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: ReceivedHeaders,
    statusText = '',
  ): void {
    if (status < 200) return; // RFC 9110 §15.2: the answer is still to come
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    const { host } = this;
    const { maxBytes } = this.limits;
    const isStream = isEventStream(first(headers['content-type']));
    if (isStream) this.#check = eventSizeLimit(maxBytes, host);
    else if (Number(first(headers['content-length'])) > maxBytes) {
      this.#end(tooLarge(host, maxBytes));
      return;
    }
    // An answer in one go, as most are, has come whole before that: it needs no stream.
    if (isStream || headers['content-encoding'] !== undefined) setImmediate(() => this.#openStream(isStream));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    try {
      this.#check(chunk);
    } catch (error) {
      this.#end(error);
      return;
    }
    if (this.#stream === undefined) {
      this.#chunks.push(chunk);
      return;
    }
    this.#stream.enqueue(chunk);
    if ((this.#stream.desiredSize ?? 1) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (this.#stream === undefined) this.#answer(joined(this.#chunks));
    else this.#stream.close();
    this.#release();
  }

  onResponseError(_: unknown, error: unknown): void {
    this.#end(error);
  }

  #openStream(isStream: boolean): void {
    if (this.#over) return;
    if (isStream) clearTimeout(this.#timer); // it may go on for as long as it likes
    const body = new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          this.#stream = stream;
          for (const chunk of this.#chunks.splice(0)) stream.enqueue(chunk);
        },
        pull: () => this.#controller?.resume(),
        cancel: (reason) => {
          this.#stream = undefined;
          this.#end(reason);
        },
      },
      { highWaterMark: 16 },
    );
    this.#answer(body);
  }

  #answer(body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): void {
    const length = body instanceof Uint8Array ? body.byteLength : undefined;
    const status = this.#status;
    const statusText = byteString(this.#statusText);
    try {
      const init = { status, statusText, headers: received(this.#headers, length) };
      this.resolve(new Response(bodiless(status) || length === 0 ? null : body, init));
    } catch (error) {
      this.#end(error); // a status beyond 599, which no Response can have
    }
  }

  /** Ends it before its end. What waits for a connection has nothing to abort yet. */
  #end(reason: unknown): void {
    if (this.#over) return;
    this.#release();
    const unsent = this.#controller === undefined;
    const error = asGuardedError(reason, { host: this.host, signal: this.limits.signal, unsent });
    this.reject(error);
    this.#stream?.error(error);
    this.#controller?.abort(error instanceof Error ? error : new Error('The request was given up.'));
  }

  #release(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.limits.signal?.removeEventListener('abort', this.#aborted);
  }
}
