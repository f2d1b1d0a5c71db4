import type { OAuthCredential } from '../types.js';

/** A server may learn of a new token only a moment after we have it. */
const HEARD_OF_MS = 5_000;
const HEAR_MS = 2_000;

/** What a server says of a token; one so new that the server may not have heard of it is shown to it twice. */
export async function onceHeardOf<T extends { readonly kind: string }>(
  { issuedAtMs }: Pick<OAuthCredential, 'issuedAtMs'>,
  show: () => Promise<T>,
  { now, pause }: { readonly now: () => number; readonly pause: (ms: number) => Promise<unknown> },
): Promise<T> {
  const said = await show();
  if (said.kind !== 'refused' || now() - issuedAtMs >= HEARD_OF_MS) return said;
  await pause(HEAR_MS);
  return await show();
}
