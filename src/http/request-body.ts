/** What became of reading a request's body. */
export type RequestBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'too-large' }
  /** Its sender went away, was too slow, or sent no HTTP: no fault of ours, so nothing that an operator has to look at. */
  | { readonly kind: 'cut' };

/** The body, or `too-large` as soon as it is longer than `limitBytes`, whatever its headers claim. Never rejects. */
export async function readBody(request: Request, limitBytes: number): Promise<RequestBody> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > limitBytes) return { kind: 'too-large' };
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > limitBytes) return { kind: 'too-large' };
      chunks.push(chunk);
    }
  } catch {
    return { kind: 'cut' };
  }
  // A sender who was gone before anybody read ends the stream like one who had said everything.
  return size < announced ? { kind: 'cut' } : { kind: 'whole', bytes: Buffer.concat(chunks) };
}
