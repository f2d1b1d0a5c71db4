import type { FetchLike, Transport } from '@modelcontextprotocol/client';
import { isEventStream } from '../auth/requests/limited-body.js';

/** Tells our `fetch` which request it sends. Never sent. */
const REQUEST_HEADER = 'x-request-under-way';

/** In the `data` of an error that is ours: the answer's stream ended without it. */
export const STREAM_ENDED = 'mcp-chat-gateway:stream-ended';

type Message = Parameters<Transport['send']>[0];
type Id = string | number;

interface UnderWay {
  readonly id: Id;
  readonly abort: AbortController;
  /** Its answer is an event stream that goes on after `send`. */
  streams: boolean;
}

const errorTo = (id: Id) =>
  ({
    jsonrpc: '2.0',
    id,
    error: { code: -32000, message: 'the connection was lost before the answer came', data: STREAM_ENDED },
  }) as const;

/** JSON-RPC 2.0 §4: a request has a method and an id. */
const requestIdOf = (message: Message): Id | undefined =>
  'method' in message && 'id' in message ? message.id : undefined;

function cancelledIdOf(message: Message): Id | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.requestId;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/**
 * What the SDK's Streamable HTTP transport leaves open, closed. A request that was cancelled, or that is no longer waited
 * for, gives its connection back, though the server may never answer it; one whose event stream ends without an answer is
 * told so at once, and not by its timeout; and each has a signal of its own, so that nothing piles up on the transport's.
 */
export class RequestsUnderWay {
  readonly #requests = new Map<string, UnderWay>();

  /** To be given to the transport as its `fetch`. */
  fetch(fetch: FetchLike): FetchLike {
    return async (url, init) => {
      const headers = init?.headers;
      const key = headers instanceof Headers ? headers.get(REQUEST_HEADER) : null;
      if (key === null || !(headers instanceof Headers)) return await fetch(url, init);
      headers.delete(REQUEST_HEADER);
      const request = this.#requests.get(key);
      if (request === undefined) return await fetch(url, init);
      const response = await fetch(url, { ...init, signal: request.abort.signal });
      const { body } = response;
      if (body === null || !isEventStream(response.headers.get('content-type') ?? '')) return response;
      request.streams = true;
      const { status, headers: received } = response;
      return new Response(this.#until(body, key, request), { status, headers: received });
    };
  }

  /** Before the client connects with it. */
  attach(transport: Transport): void {
    const send = transport.send.bind(transport);
    const close = transport.close.bind(transport);
    transport.send = async (message, options) => {
      const id = requestIdOf(message);
      if (id !== undefined) return await this.#send(id, message, options, { send, transport });
      await send(message, options);
      const cancelled = cancelledIdOf(message);
      if (cancelled !== undefined) this.#cancel(String(cancelled));
    };
    transport.close = async () => {
      for (const { abort } of this.#requests.values()) abort.abort();
      this.#requests.clear();
      await close();
    };
  }

  async #send(
    id: Id,
    message: Message,
    options: Parameters<Transport['send']>[1],
    { send, transport }: { readonly send: Transport['send']; readonly transport: Transport },
  ): Promise<void> {
    const key = String(id);
    const request: UnderWay = { id, abort: new AbortController(), streams: false };
    this.#requests.set(key, request);
    // The SDK would join its signal to the transport's by `AbortSignal.any`, which keeps a trace of each for ever.
    const { requestSignal, onRequestStreamEnd, headers, ...rest } = options ?? {};
    requestSignal?.addEventListener('abort', () => this.#cancel(key), { once: true });
    try {
      await send(message, {
        ...rest,
        headers: { ...headers, [REQUEST_HEADER]: key },
        onRequestStreamEnd: () => {
          onRequestStreamEnd?.();
          // Where the answer has come, nobody waits for this one.
          transport.onmessage?.(errorTo(id));
        },
      });
    } finally {
      if (!request.streams) this.#requests.delete(key);
    }
  }

  #cancel(key: string): void {
    this.#requests.get(key)?.abort.abort();
    this.#requests.delete(key);
  }

  /** The stream, until it ends or its request is cancelled: then it ends with an answer, or the SDK would resume it. */
  #until(body: ReadableStream<Uint8Array>, key: string, { id, abort }: UnderWay): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    const over = () => this.#requests.delete(key);
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          over();
          controller.close();
        } catch (error) {
          over();
          if (!abort.signal.aborted) return controller.error(error);
          controller.enqueue(new TextEncoder().encode(`\n\ndata: ${JSON.stringify(errorTo(id))}\n\n`));
          controller.close();
        }
      },
      async cancel(reason) {
        over();
        await reader.cancel(reason);
      },
    });
  }
}
