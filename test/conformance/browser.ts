import { pressConnect } from '../helpers/sign-in-browser.js';

/** As many as browsers follow. */
const MOST_REDIRECTS = 20;

/** A browser's cookies for the gateway; other sites get none of them. */
function cookiesFor(url: URL, gateway: URL, cookies: string): Record<string, string> {
  return url.origin === gateway.origin ? { cookie: cookies } : {};
}

/**
 * What a browser does with a sign-in link: it opens the connect page, presses its button, and goes where it is sent,
 * to the authorization server and back to the gateway.
 *
 * @returns the status of the page that it ends on
 */
export async function browse(link: string): Promise<number> {
  const gateway = new URL(link);
  const { location, cookies } = await pressConnect(link);
  let url = new URL(location);
  for (let redirects = 0; redirects < MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { redirect: 'manual', headers: cookiesFor(url, gateway, cookies) });
    await response.body?.cancel();
    const next = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || next === null) return response.status;
    url = new URL(next, url);
  }
  throw new Error('the browser was sent around too often');
}
