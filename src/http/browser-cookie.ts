import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

const LONGEST_VALUE = 256;

/**
 * Ties the way back to the browser in which the button was pressed. One cookie a sign-in, named after its id, so that
 * several run side by side in one browser. `__Host-` (RFC 6265bis §4.1.3.2) keeps sibling hosts from planting one;
 * it needs https, so plain http, which only loopback has, goes without.
 */
export class BrowserCookies {
  readonly #secure: boolean;

  constructor(publicUrl: string) {
    this.#secure = new URL(publicUrl).protocol === 'https:';
  }

  read(c: Context, id: string): string | undefined {
    const value = getCookie(c, this.#name(id));
    return value === undefined || value === '' || value.length > LONGEST_VALUE ? undefined : value;
  }

  /** `Lax` lets the way back from the authorization server carry it; `Strict` is for a form that stays on our pages. */
  set(c: Context, id: string, value: string, sameSite: 'Lax' | 'Strict', maxAgeSeconds: number): void {
    setCookie(c, this.#name(id), value, {
      path: '/',
      httpOnly: true,
      secure: this.#secure,
      sameSite,
      maxAge: Math.max(0, Math.floor(maxAgeSeconds)),
    });
  }

  clear(c: Context, id: string): void {
    if (getCookie(c, this.#name(id)) !== undefined) this.set(c, id, '', 'Lax', 0);
  }

  #name(id: string): string {
    return `${this.#secure ? '__Host-' : ''}mcg-${id.slice(0, 16)}`;
  }
}
