import { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { eventSizeLimit, readLimited, rebuilt } from './limited-body.js';

/** RFC 9110 §8.4.1, and Brotli. */
const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

const decoderOf = (coding: string) =>
  Object.hasOwn(DECODERS, coding) ? DECODERS[coding as keyof typeof DECODERS] : undefined;

export interface DecodedLimits {
  readonly host: string;
  readonly maxBytes: number;
  readonly stream: boolean;
}

/**
 * What a server that was asked for no coding has compressed all the same. The limits count what it unpacks to. A coding that
 * is not known is left as it came.
 */
export async function decoded(
  response: Response,
  { host, maxBytes, stream }: DecodedLimits,
): Promise<Response> {
  const decoder = decoderOf((response.headers.get('content-encoding') ?? '').trim().toLowerCase());
  if (decoder === undefined || response.body === null) return response;
  const { readable, writable } = Duplex.toWeb(decoder());
  const check = stream ? eventSizeLimit(maxBytes, host) : () => {};
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      check(chunk);
      controller.enqueue(chunk);
    },
  });
  const body = response.body
    .pipeThrough({ readable: readable as ReadableStream<Uint8Array>, writable })
    .pipeThrough(counted);
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  const plain = new Response(body, { status, statusText, headers });
  return stream ? plain : rebuilt(plain, await readLimited(plain, maxBytes, host));
}
