import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Where chance comes from. */
export interface Random {
  /** 256 bits, base64url. */
  token(): string;
  /** Six decimal digits. */
  digits(): string;
}

export const cryptoRandom: Random = {
  token: () => randomBytes(32).toString('base64url'),
  digits: () => String(randomInt(1_000_000)).padStart(6, '0'),
};

/** base64url(SHA-256(text)): the id of a sign-in from its `state`, the record of a cookie from its value. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Compares without telling by its time where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

/** Values bound to a sign-in's id by the gateway's secret, so that no record of them is needed. */
export interface BoundValues {
  /** What the page's own POST sends back; worthless for any other sign-in. */
  pageToken(id: string): string;
  /** The key form's cookie. */
  keyFormBrowser(id: string): string;
  /** The cookie of the one browser that was shown a quarantined sign-in's digits. */
  codeBrowser(id: string): string;
}

export function createBoundValues(pageSecret: Uint8Array): BoundValues {
  const bound = (purpose: string, id: string): string =>
    createHmac('sha256', pageSecret).update(`${purpose}\0${id}`).digest('base64url');
  return {
    pageToken: (id) => bound('page', id),
    keyFormBrowser: (id) => bound('key-browser', id),
    codeBrowser: (id) => bound('code-browser', id),
  };
}
