import { type ConsentOptions, consent } from './consent.js';

/** How the browser gets there, where the machine's own ways do not lead. */
type Get = (url: URL, init?: RequestInit) => Promise<Response>;

/** The parts of a connect or key page that a browser sends back. */
export interface OwnPage {
  readonly url: URL;
  readonly html: string;
  readonly action: URL;
  readonly fields: Readonly<Record<string, string>>;
  readonly cookies: string;
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** Opens a page of the gateway as a browser does. */
export async function openPage(link: string, get: Get = fetch): Promise<OwnPage> {
  const url = new URL(link);
  const response = await get(url);
  const html = await response.text();
  const form = /<form[^>]*>/.exec(html)?.[0];
  if (form === undefined)
    throw new Error(`no form at ${url.pathname} (${response.status}): ${html.slice(-600)}`);
  // Without an action, a form goes to its page's own address.
  const action = /action="([^"]*)"/.exec(form)?.[1] ?? '';
  const hidden = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
    /name="([^"]*)"/.exec(input)?.[1] ?? '',
    /value="([^"]*)"/.exec(input)?.[1] ?? '',
  ]);
  return {
    url,
    html,
    action: new URL(action, url),
    fields: Object.fromEntries(hidden),
    cookies: cookiesOf(response),
  };
}

/** Sends the page's form from the page itself. */
export function submit(
  page: OwnPage,
  more: Readonly<Record<string, string>> = {},
  get: Get = fetch,
): Promise<Response> {
  return get(page.action, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ ...page.fields, ...more }),
    headers: { origin: page.url.origin, 'sec-fetch-site': 'same-origin', cookie: page.cookies },
  });
}

/** One tap on the connect page: where it leads, and the cookie that it left. */
export async function pressConnect(
  link: string,
  get: Get = fetch,
): Promise<{ readonly location: string; readonly cookies: string }> {
  const pressed = await submit(await openPage(link, get), {}, get);
  const location = pressed.headers.get('location');
  if (pressed.status !== 303 || location === null)
    throw new Error(`no redirect: ${pressed.status} ${await pressed.text()}`);
  return { location, cookies: cookiesOf(pressed) };
}

/** The page that the callback gives to a browser with these cookies. */
export async function comeBack(
  callback: URL,
  cookies = '',
  get: Get = fetch,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await get(callback, { headers: { cookie: cookies } });
  return { status: response.status, text: await response.text() };
}

/** The whole way in one browser: connect page, login, consent, callback. Gives the last page. */
export async function signIn(
  link: string,
  options: ConsentOptions = {},
): Promise<{ status: number; text: string; callback: URL }> {
  const { location, cookies } = await pressConnect(link);
  const callback = await consent(location, options);
  return { ...(await comeBack(callback, cookies)), callback };
}
