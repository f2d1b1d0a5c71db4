import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { DerivedSecrets } from '../../storage/sealing/key-ring.js';

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

/** One kind of value that is bound to a sign-in's id by the gateway's secrets, so that no record of it is needed. */
export interface BoundValue {
  /** The one to give now. Worthless for any other sign-in. */
  of(id: string): string;
  /** Whether it was given for this sign-in, by whichever of the secrets: another replica's first may be another. */
  fits(id: string, value: string): boolean;
}

export interface BoundValues {
  /** What the page's own POST sends back. */
  readonly pageToken: BoundValue;
  /** The key form's cookie. */
  readonly keyFormBrowser: BoundValue;
  /** The cookie of the one browser that was shown a quarantined sign-in's digits. */
  readonly codeBrowser: BoundValue;
}

export function createBoundValues(secrets: DerivedSecrets): BoundValues {
  const boundValue = (purpose: string): BoundValue => {
    const by = (secret: Uint8Array, id: string): string =>
      createHmac('sha256', secret).update(`${purpose}\0${id}`).digest('base64url');
    return {
      of: (id) => by(secrets()[0], id),
      // All are compared, so that the time does not tell which one fits.
      fits: (id, value) => secrets().filter((secret) => sameText(value, by(secret, id))).length > 0,
    };
  };
  return {
    pageToken: boundValue('page'),
    keyFormBrowser: boundValue('key-browser'),
    codeBrowser: boundValue('code-browser'),
  };
}
