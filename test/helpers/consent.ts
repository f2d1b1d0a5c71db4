/** Cookies of one browser, by name: enough for one authorization server. */
class CookieJar {
  readonly #cookies = new Map<string, string>();

  header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  take(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

export interface ConsentOptions {
  /** Who signs in at the provider. @default 'ana' */
  readonly login?: string;
  /** `decline` leaves at the consent page. @default 'accept' */
  readonly answer?: 'accept' | 'decline';
}

interface Browser {
  readonly jar: CookieJar;
  readonly origin: string;
}

async function visit({ jar }: Browser, url: URL, form?: URLSearchParams): Promise<Response> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie: jar.header() },
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  });
  jar.take(response);
  return response;
}

/** What a person does with oidc-provider's development pages. */
function nextStep(page: string, at: URL, { login = 'ana', answer = 'accept' }: ConsentOptions) {
  const isLogin = page.includes('name="login"');
  if (!isLogin && answer === 'decline') {
    const abort = /href="([^"]*\/abort)"/.exec(page)?.[1];
    if (abort === undefined) throw new Error(`no way to decline at ${at.pathname}: ${page.slice(0, 300)}`);
    return { url: new URL(abort, at) };
  }
  const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`no form at ${at.pathname}: ${page.slice(0, 300)}`);
  const fields = isLogin ? { prompt: 'login', login, password: 'any' } : { prompt: 'consent' };
  return { url: new URL(action, at), form: new URLSearchParams(fields) };
}

/** Sends the page's form as it stands, with these values. */
async function send(browser: Browser, at: URL, page: string, values: Readonly<Record<string, string>>) {
  const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`no form at ${at.pathname}: ${page.slice(0, 300)}`);
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const form = new URLSearchParams(
    hidden.map(([, name = '', value = '']): [string, string] => [name, value]),
  );
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return visit(browser, new URL(action, at), form);
}

/** Types a code into oidc-provider's page (RFC 8628 §3.3), signs in there and agrees, or not. Gives the last page. */
export async function typeCode(
  page: string,
  userCode: string,
  options: ConsentOptions = {},
): Promise<string> {
  const at = new URL(page);
  const browser = { jar: new CookieJar(), origin: at.origin };
  const asked = await (await visit(browser, at)).text();
  const confirm = await (await send(browser, at, asked, { user_code: userCode })).text();
  const aborts = options.answer === 'decline' ? { abort: 'yes' } : {};
  let response = await send(browser, at, confirm, aborts);
  let url = at;
  for (let hops = 0; hops < 20; hops += 1) {
    const location = response.headers.get('location');
    const text = await response.text();
    if (location !== null) {
      url = new URL(location, url);
      response = await visit(browser, url);
      continue;
    }
    if (options.answer === 'decline' || !/name="prompt"/.test(text)) return text;
    const step = nextStep(text, url, options);
    url = step.url;
    response = await visit(browser, step.url, step.form);
  }
  throw new Error('the provider never said that it was done');
}

/**
 * Goes with a fresh browser from an authorization URL through login and consent. Resolves to the redirect that leads
 * back to the client, not followed.
 */
export async function consent(authorizationUrl: string, options: ConsentOptions = {}): Promise<URL> {
  const browser = { jar: new CookieJar(), origin: new URL(authorizationUrl).origin };
  let step: { url: URL; form?: URLSearchParams } = { url: new URL(authorizationUrl) };
  for (let hops = 0; hops < 20; hops += 1) {
    const response = await visit(browser, step.url, step.form);
    const location = response.headers.get('location');
    if (location !== null) {
      await response.body?.cancel();
      step = { url: new URL(location, step.url) };
      if (step.url.origin !== browser.origin) return step.url;
      continue;
    }
    const page = await response.text();
    if (response.status >= 400)
      throw new Error(`the provider answered ${response.status}: ${page.slice(0, 500)}`);
    step = nextStep(page, step.url, options);
  }
  throw new Error('the provider never sent the browser back');
}
