import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const COOKIE_LIFETIME_MS = 12 * 60 * 60 * 1000;

/** Compares digests, so that neither the time taken nor the length tells anything. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * The token of a local listener that is bound beyond loopback, and the cookies that browsers get for it. A cookie is no
 * token: it ends after 12 hours and with the process, because cookies do not know ports and also reach other programs'
 * pages on the same host (RFC 6265 §8.5).
 */
export class LocalToken {
  readonly #token: string;
  readonly #now: () => number;
  readonly #cookieKey = randomBytes(32);

  constructor(token: string, now: () => number) {
    this.#token = token;
    this.#now = now;
  }

  matches(candidate: string): boolean {
    return same(candidate, this.#token);
  }

  /** `Authorization: Bearer …` (RFC 6750 §2.1), for programs. */
  inHeader(authorization: string | undefined): boolean {
    const candidate = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return candidate !== undefined && this.matches(candidate);
  }

  issueCookie(): { readonly value: string; readonly maxAgeSeconds: number } {
    const expires = String(this.#now() + COOKIE_LIFETIME_MS);
    return { value: `${expires}.${this.#seal(expires)}`, maxAgeSeconds: COOKIE_LIFETIME_MS / 1000 };
  }

  acceptsCookie(value: string | undefined): boolean {
    const [expires = '', seal = '', ...rest] = (value ?? '').split('.');
    return rest.length === 0 && same(seal, this.#seal(expires)) && Number(expires) > this.#now();
  }

  #seal(expires: string): string {
    return createHmac('sha256', this.#cookieKey).update(expires).digest('base64url');
  }
}
