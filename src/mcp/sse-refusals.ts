import type { AuthProvider, FetchLike, Transport } from '@modelcontextprotocol/client';
import { AuthError } from '../auth/errors.js';

type Sdk = Pick<typeof import('@modelcontextprotocol/client'), 'SdkErrorCode' | 'SdkHttpError'>;

/** The SDK's error for a stream of server-sent events: it bears no name of its own. */
export const isSseError = (error: Error): boolean =>
  'event' in error && error.message.startsWith('SSE error: ');

/** The SDK's error for a message that was refused: its status stands in the text alone. */
const POSTED = /^Error POSTing to endpoint \(HTTP (\d{3})\): (.*)$/s;

/** The SDK's errors where the server names an endpoint that nothing may be sent to. */
const isBadEndpoint = (error: Error): boolean =>
  error.message.startsWith('Endpoint origin does not match') ||
  ('code' in error && error.code === 'ERR_INVALID_URL');

/**
 * What is refused over server-sent events, told as over Streamable HTTP. Of whatever keeps the stream from being opened, our
 * own errors among it, the library under the SDK's transport leaves a text: so what was thrown is remembered and thrown
 * again, and what the server answered becomes an error that has its status.
 */
export class SseRefusals {
  readonly #sdk: Sdk;
  readonly #host: string;
  /** By the last request for which no answer came, or which was not sent. */
  #thrown: unknown;

  /** @param host the server's, for messages */
  constructor(sdk: Sdk, host: string) {
    this.#sdk = sdk;
    this.#host = host;
  }

  /** To be given to the transport as its `fetch`. */
  fetch(fetch: FetchLike): FetchLike {
    return (url, init) => this.#remembered(() => fetch(url, init));
  }

  /** To be given to the transport as its provider. */
  provider(provider: AuthProvider): AuthProvider {
    return { ...provider, token: () => this.#remembered(() => provider.token()) };
  }

  /** Before the client connects with it. */
  attach(transport: Transport): void {
    const start = transport.start.bind(transport);
    const send = transport.send.bind(transport);
    transport.start = async () => {
      try {
        await start();
      } catch (error) {
        throw this.#opening(error);
      }
    };
    transport.send = async (message, options) => {
      try {
        await send(message, options);
      } catch (error) {
        throw this.#posting(error);
      }
    };
  }

  async #remembered<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  #opening(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (isBadEndpoint(error)) return new AuthError('http-error', error.message, this.#host, { cause: error });
    if (!isSseError(error)) return error;
    if ('code' in error && typeof error.code === 'number') return this.#refused(error.code, error.message);
    const ended = 'the event stream ended before it named its endpoint';
    return this.#thrown ?? new AuthError('unreachable', ended, this.#host, { cause: error });
  }

  /** As the SDK has it where the first message over Streamable HTTP is answered so. */
  #refused(status: number, message: string): Error {
    const { SdkErrorCode, SdkHttpError } = this.#sdk;
    const code =
      status === 403 ? SdkErrorCode.ClientHttpForbidden : SdkErrorCode.ClientHttpFailedToOpenStream;
    return new SdkHttpError(code, message, { status });
  }

  #posting(error: unknown): unknown {
    const posted = error instanceof Error ? POSTED.exec(error.message) : null;
    if (posted === null) return error;
    const [, status, text = ''] = posted;
    const { SdkErrorCode, SdkHttpError } = this.#sdk;
    return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, `Error POSTing to endpoint: ${text}`, {
      status: Number(status),
      text,
    });
  }
}
