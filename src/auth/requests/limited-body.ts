import { GuardedFetchError } from '../errors.js';

export const tooLarge = (host: string, maxBytes: number): GuardedFetchError =>
  new GuardedFetchError('too-large', host, `the answer of ${host} is larger than ${maxBytes} bytes`);

/** The whole body, decoded. Stops reading, and drops the connection, at the cap: what is beyond it is never held. */
export async function readLimited(
  response: Response,
  maxBytes: number,
  host: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(host, maxBytes);
  }
  const chunks: Uint8Array[] = [];
  const check = answerSizeLimit(maxBytes, host);
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    check(chunk); // leaving the loop cancels the body
    chunks.push(chunk);
  }
  return joined(chunks);
}

/** Counts what an answer has in all. */
export function answerSizeLimit(maxBytes: number, host: string): (chunk: Uint8Array) => void {
  let length = 0;
  return (chunk) => {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(host, maxBytes);
  };
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** A response of the global class (what the MCP SDK tests with `instanceof`) with a body that was already read. */
export function rebuilt(response: Response, body: Uint8Array<ArrayBuffer>): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const empty = body.byteLength === 0 || response.status === 204 || response.status === 304;
  return new Response(empty ? null : body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

export const isEventStream = (contentType: string): boolean => /^text\/event-stream\b/i.test(contentType);

const LF = 10;
const CR = 13;

/** Counts what an event stream sends without ending an event: an endless event would fill its reader's memory. */
export function eventSizeLimit(maxBytes: number, host: string): (chunk: Uint8Array) => void {
  let event = 0;
  let line = 0;
  let last: number | undefined;
  return (chunk) => {
    let start = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, start)) {
      line += at - start;
      const blank = line === 0 || (line === 1 && (at > 0 ? chunk[at - 1] : last) === CR);
      event = blank ? 0 : event + line;
      line = 0;
      start = at + 1;
    }
    line += chunk.byteLength - start;
    last = chunk.at(-1) ?? last;
    if (event + line > maxBytes) throw tooLarge(host, maxBytes);
  };
}
