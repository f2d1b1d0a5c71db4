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
