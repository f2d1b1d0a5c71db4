import { describe, expect, test } from 'vitest';
import { exchange, form, OWN_FORM_HEADERS } from './exchange.js';
import { servePublic } from './serving.js';

const cookieOf = (header: readonly string[] | undefined): string => header?.[0]?.split(';')[0] ?? '';

describe('the connect page', () => {
  test('names the account that asked, the server and the host before anything happens', async () => {
    const { signIns, url } = await servePublic();
    const { link } = signIns.start();
    const { status, body } = await exchange(`${url}/connect/${link}`);
    expect(status).toBe(200);
    expect(body).toContain('<bdi>Telegram</bdi> · <bdi>@ana</bdi></b> asked for this.');
    expect(body).toContain('Connect <bdi>linear</bdi>');
    expect(body).toContain('Continue to <bdi dir="ltr">auth<wbr>.linear<wbr>.app</bdi>');
    expect(body).toContain('Only continue if this is your account.');
    expect(body).toMatch(/This link ends in (?:9|10) minutes/);
  });

  test('shows an international host in its plain form', async () => {
    const { signIns, url } = await servePublic();
    const { link } = signIns.start({ host: 'аррӏе.com' });
    const { body } = await exchange(`${url}/connect/${link}`);
    expect(body).toContain('xn--80ak6aa92e<wbr>.com');
    expect(body).not.toContain('аррӏе');
  });

  test('neither spends nor starts anything when previews open the link, by GET or HEAD', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
      const { status, headers } = await exchange(`${url}/connect/${link}`, { method });
      expect(status).toBe(200);
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect(signIns.changes).toEqual([]);
    expect(signIns.states.get(id)?.kind).toBe('pending');
  });

  test('sends the pressed button to the authorization server and ties it to this browser', async () => {
    const { signIns, url } = await servePublic();
    const { id, link, state } = signIns.start();
    const { status, headers } = await exchange(`${url}/connect/${link}`, {
      method: 'POST',
      headers: OWN_FORM_HEADERS,
      body: form({ token: signIns.pageToken(id) }),
    });
    expect(status).toBe(303);
    expect(headers.location).toBe(`https://auth.linear.app/authorize?client_id=gw&state=${state}`);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    const [cookie] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(new RegExp(`^__Host-mcg-${id.slice(0, 16)}=[\\w-]{43}; `));
    expect(cookie?.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
  });

  test('sets a cookie without Secure and prefix where the public URL is http on this machine', async () => {
    const { signIns, url } = await servePublic('http://127.0.0.1:8787');
    const { id, link } = signIns.start();
    const { headers } = await exchange(`${url}/connect/${link}`, {
      method: 'POST',
      headers: OWN_FORM_HEADERS,
      body: form({ token: signIns.pageToken(id) }),
    });
    const [cookie] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(new RegExp(`^mcg-${id.slice(0, 16)}=`));
    expect(cookie?.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
    ]);
  });

  test.each([
    ['no origin at all', { origin: undefined, 'sec-fetch-site': undefined }],
    ['an opaque origin alone', { origin: 'null', 'sec-fetch-site': undefined }],
    ['another origin', { origin: 'https://evil.example', 'sec-fetch-site': undefined }],
    ['another scheme', { origin: 'http://gateway.example.org', 'sec-fetch-site': undefined }],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { origin: 'https://other.example.org', 'sec-fetch-site': 'same-site' }],
    [
      'our origin claimed across sites',
      { origin: 'https://gateway.example.org', 'sec-fetch-site': 'cross-site' },
    ],
    ['an address bar', { origin: undefined, 'sec-fetch-site': 'none' }],
  ])('refuses a form with %s and spends nothing', async (_, { origin, 'sec-fetch-site': site }) => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    const { status, headers } = await exchange(`${url}/connect/${link}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(origin === undefined ? {} : { origin }),
        ...(site === undefined ? {} : { 'sec-fetch-site': site }),
      },
      body: form({ token: signIns.pageToken(id) }),
    });
    expect(status).toBe(403);
    expect(headers['set-cookie']).toBeUndefined();
    expect(signIns.changes).toEqual([]);
  });

  test('accepts our own origin from a browser that sends no Sec-Fetch-Site', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    const { status } = await exchange(`${url}/connect/${link}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://gateway.example.org',
      },
      body: form({ token: signIns.pageToken(id) }),
    });
    expect(status).toBe(303);
  });

  test("refuses a form without the page's token, with another page's, or with two", async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    const own = form({ token: signIns.pageToken(id) });
    const foreign = form({ token: signIns.pageToken(signIns.start().id) });
    for (const body of ['', 'token=', foreign, `${own}&${own}`]) {
      const { status } = await exchange(`${url}/connect/${link}`, {
        method: 'POST',
        headers: OWN_FORM_HEADERS,
        body,
      });
      expect(status).toBe(403);
    }
    expect(signIns.changes).toEqual([]);
  });

  test('refuses a body that is no form, and one beyond 16 KiB, declared or streamed', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    const target = `${url}/connect/${link}`;
    const big = form({ token: signIns.pageToken(id), more: 'x'.repeat(17_000) });
    const json = await exchange(target, {
      method: 'POST',
      headers: { ...OWN_FORM_HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify({ token: signIns.pageToken(id) }),
    });
    const declared = await exchange(target, { method: 'POST', headers: OWN_FORM_HEADERS, body: big });
    const streamed = await exchange(target, {
      method: 'POST',
      headers: { ...OWN_FORM_HEADERS, 'transfer-encoding': 'chunked' },
      body: big,
    });
    expect([json.status, declared.status, streamed.status]).toEqual([400, 413, 413]);
    expect(signIns.changes).toEqual([]);
  });

  test.each([
    [{ kind: 'expired', lifetimeMs: 600_000 }, 'This link has expired'],
    [{ kind: 'connected', tools: 3 }, 'This link was already used'],
    [{ kind: 'declined' }, 'You declined'],
    [{ kind: 'cancelled' }, 'This sign-in was cancelled'],
    [{ kind: 'replaced' }, 'There is a newer link'],
    [{ kind: 'replaced', by: 'Ben' }, 'There is a newer sign-in'],
    [{ kind: 'wrong-code' }, 'Five wrong codes'],
    [{ kind: 'interrupted' }, 'The sign-in was interrupted'],
  ] as const)('is gone after %j and says what to do next', async (result, heading) => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start();
    signIns.end(id, result);
    const shown = await exchange(`${url}/connect/${link}`);
    const pressed = await exchange(`${url}/connect/${link}`, {
      method: 'POST',
      headers: OWN_FORM_HEADERS,
      body: form({ token: signIns.pageToken(id) }),
    });
    for (const { status, body } of [shown, pressed]) {
      expect(status).toBe(410);
      expect(body).toContain(heading);
      expect(body).toContain('Telegram');
    }
  });

  test('is not found for links that nobody was given, and for other methods not allowed', async () => {
    const { signIns, url } = await servePublic();
    const { link } = signIns.start();
    expect((await exchange(`${url}/connect/${'A'.repeat(43)}`)).status).toBe(404);
    expect((await exchange(`${url}/connect/short`)).status).toBe(404);
    expect((await exchange(`${url}/connect/..%2f..%2fetc`)).status).toBe(404);
    expect((await exchange(`${url}/key/${link}`)).status).toBe(404);
    expect((await exchange(`${url}/nowhere`)).status).toBe(404);
    const put = await exchange(`${url}/connect/${link}`, { method: 'PUT' });
    expect(put.status).toBe(405);
    expect(put.headers.allow).toBe('GET, HEAD, POST');
  });
});

describe('the way back', () => {
  test('finds the cookie of its own sign-in among several, and clears only that one', async () => {
    const { signIns, url } = await servePublic();
    const flows = [signIns.start({ server: 'linear' }), signIns.start({ server: 'notion' })] as const;
    const cookies: string[] = [];
    for (const { id, link } of flows) {
      const { headers } = await exchange(`${url}/connect/${link}`, {
        method: 'POST',
        headers: OWN_FORM_HEADERS,
        body: form({ token: signIns.pageToken(id) }),
      });
      cookies.push(cookieOf(headers['set-cookie']));
    }
    const back = await exchange(
      `${url}/oauth/callback?code=c0de&state=${flows[1].state}&iss=https://as.example`,
      {
        headers: { cookie: cookies.join('; ') },
      },
    );
    expect(back.status).toBe(200);
    expect(back.body).toContain('notion is connected');
    expect(back.body).toContain('23 tools');
    expect(back.body).toContain('You can go back to <bdi>Telegram</bdi>');
    expect(back.body).toContain('href="https://t.me/example_bot"');
    expect(signIns.finished[0]?.parameters).toEqual({
      state: flows[1].state,
      code: 'c0de',
      iss: 'https://as.example',
    });
    expect(back.headers['set-cookie']).toHaveLength(1);
    expect(back.headers['set-cookie']?.[0]).toMatch(
      new RegExp(
        `^__Host-mcg-${flows[1].id.slice(0, 16)}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax$`,
      ),
    );
  });

  test('shows six digits to a browser without the cookie', async () => {
    const { signIns, url } = await servePublic();
    const { state } = signIns.start();
    const { status, body } = await exchange(`${url}/oauth/callback?code=c0de&state=${state}`);
    expect(status).toBe(200);
    expect(signIns.finished[0]?.browser).toBeUndefined();
    expect(body).toContain('<p class="digits">482 913</p>');
    expect(body).toContain('<code>/mcp confirm 482 913</code>');
    expect(body).toContain('to nobody else');
  });

  test('shows them to that browser again when its tab is reloaded or the link is opened, and to no other', async () => {
    const { signIns, url } = await servePublic();
    const { id, link, state } = signIns.start();
    const targets = [`${url}/oauth/callback?code=c0de&state=${state}`, `${url}/connect/${link}`];
    const first = await exchange(targets[0] ?? '');
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-mcg-.+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const [own = ''] = cookie.split(';');
    for (const target of [...targets, ...targets]) {
      const { body, headers } = await exchange(target, { headers: { cookie: own } });
      expect(body).toContain('<p class="digits">482 913</p>');
      expect(headers['set-cookie']).toBeUndefined();
      for (const others of ['', `${own.split('=')[0]}=guessed`])
        expect((await exchange(target, { headers: { cookie: others } })).body).not.toContain('482 913');
    }
    signIns.end(id, { kind: 'connected', tools: 3 });
    for (const target of targets)
      expect((await exchange(target, { headers: { cookie: own } })).body).not.toContain('482 913');
  });

  test('says that it is connected, though the gateway was interrupted before it could say so', async () => {
    const { signIns, url } = await servePublic();
    const { id, state } = signIns.start();
    const ended = signIns.end(id, { kind: 'connected', interrupted: true });
    signIns.planned.push({ kind: 'ended', state: ended });
    const { body } = await exchange(`${url}/oauth/callback?code=c0de&state=${state}`);
    expect(body).toContain('is connected');
    expect(body).toContain('The gateway was interrupted before it could say so.');
    expect(body).not.toContain('did not answer');
  });

  test('says that a second one is used', async () => {
    const { signIns, url } = await servePublic();
    const { id, state } = signIns.start();
    signIns.end(id, { kind: 'connected', tools: 3 });
    const { status, body } = await exchange(`${url}/oauth/callback?code=again&state=${state}`);
    expect(status).toBe(200);
    expect(body).toContain('This link was already used');
  });

  test("shows the declined page for an error answer and none of the provider's text", async () => {
    const { signIns, url } = await servePublic();
    const { state } = signIns.start();
    const text = encodeURIComponent('<script>alert(1)</script> call 555-0100');
    const { status, body } = await exchange(
      `${url}/oauth/callback?error=access_denied&error_description=${text}&state=${state}`,
    );
    expect(status).toBe(200);
    expect(body).toContain('You declined');
    expect(body).not.toContain('555-0100');
    expect(signIns.finished[0]?.parameters.errorDescription).toContain('555-0100');
  });

  test('cuts an endless error description in place of leaving the sign-in open', async () => {
    const { signIns, url } = await servePublic();
    const { state } = signIns.start();
    const { status } = await exchange(
      `${url}/oauth/callback?error=server_error&state=${state}&error_description=${'x'.repeat(5000)}`,
    );
    expect(status).toBe(200);
    expect(signIns.finished[0]?.parameters.errorDescription).toHaveLength(1000);
  });

  test.each([
    ['no parameters', () => ''],
    ['no state', () => 'code=a'],
    ['an empty state', () => 'code=a&state='],
    ['two states', (state: string) => `code=a&state=${state}&state=b`],
    ['two codes', (state: string) => `code=a&code=b&state=${state}`],
    ['two issuers', (state: string) => `code=a&iss=x&iss=y&state=${state}`],
    ['two errors', (state: string) => `error=a&error=b&state=${state}`],
    ['a huge state', () => `code=a&state=${'s'.repeat(300)}`],
    ['a huge code', (state: string) => `code=${'c'.repeat(6500)}&state=${state}`],
    ['control characters', (state: string) => `code=a%00b&state=${state}`],
  ])('is a bad request with %s, and nothing is spent', async (_, query) => {
    const { signIns, url } = await servePublic();
    const { state } = signIns.start();
    const { status, body } = await exchange(`${url}/oauth/callback?${query(state)}`);
    expect(status).toBe(400);
    expect(body).not.toContain('linear');
    expect(signIns.changes).toEqual([]);
  });

  test('is a bad request with a state that nobody was given, and tells nothing', async () => {
    const { signIns, url } = await servePublic();
    signIns.start();
    const { status, body } = await exchange(`${url}/oauth/callback?code=a&state=${'Z'.repeat(43)}`);
    expect(status).toBe(400);
    expect(body).not.toContain('linear');
  });

  test('refuses addresses beyond 8 KiB', async () => {
    const { signIns, url } = await servePublic();
    const { status } = await exchange(`${url}/oauth/callback?code=a&state=b&more=${'x'.repeat(8200)}`);
    expect(status).toBe(414);
    expect(signIns.changes).toEqual([]);
  });

  test('counts only when a person goes there: not by HEAD, by POST, or loaded ahead', async () => {
    const { signIns, url } = await servePublic();
    const { state } = signIns.start();
    const target = `${url}/oauth/callback?code=a&state=${state}`;
    const head = await exchange(target, { method: 'HEAD' });
    const post = await exchange(target, { method: 'POST', headers: OWN_FORM_HEADERS, body: '' });
    const ahead = await exchange(target, { headers: { 'sec-purpose': 'prefetch;prerender' } });
    expect([head.status, post.status, ahead.status]).toEqual([405, 405, 503]);
    expect(signIns.changes).toEqual([]);
  });

  test('answers a store that is down with what to do, keeps the cause for the log, and goes on', async () => {
    const { signIns, log, url } = await servePublic();
    const { state } = signIns.start();
    const down = Object.assign(new Error('disk full'), { name: 'StoreError' });
    signIns.planned.push(down);
    const target = `${url}/oauth/callback?code=s3cret-code&state=${state}`;
    const { status, body } = await exchange(target);
    expect(status).toBe(503);
    expect(body).toContain('Wait a minute');
    expect(body).not.toContain('disk full');
    expect(log.lines.join('\n')).toContain('disk full');
    expect((await exchange(target)).status).toBe(200);
  });

  test('leaves no state, code or link in the log', async () => {
    const { signIns, log, url } = await servePublic();
    const { id, link, state } = signIns.start();
    await exchange(`${url}/connect/${link}`);
    await exchange(`${url}/oauth/callback?code=s3cret-code&state=${state}`);
    await exchange(`${url}/${state}`);
    const lines = log.lines.join('\n');
    expect(lines).toContain('/connect');
    for (const secret of [id, link, state, 's3cret-code', '482']) expect(lines).not.toContain(secret);
  });
});

describe('the key form', () => {
  const fields = ['GITHUB_TOKEN', 'token'];

  test('names account, server and host, and asks for each key unseen and unremembered', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start({ server: 'github', host: 'api.githubcopilot.com', fields });
    const { status, headers, body } = await exchange(`${url}/key/${link}`);
    expect(status).toBe(200);
    expect(body).toContain('<bdi>@ana</bdi></b> asked for this.');
    expect(body).toContain('api<wbr>.githubcopilot<wbr>.com');
    expect(body).toContain('saved sealed');
    expect(body).toMatch(
      /<label for="key-0">GITHUB_TOKEN<\/label>\s*<input id="key-0" name="key:GITHUB_TOKEN" type="password"/,
    );
    expect(body.match(/type="password"[^>]*autocomplete="off"/g)).toHaveLength(2);
    const [cookie] = headers['set-cookie'] ?? [];
    expect(cookie).toContain(`__Host-mcg-${id.slice(0, 16)}=${signIns.keyFormBrowser(id)}; Max-Age=`);
    expect(cookie).toContain('; HttpOnly; Secure; SameSite=Strict');
    expect(signIns.changes).toEqual([]);
  });

  test('hands the keys over with the browser that it was shown in', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start({ server: 'github', fields });
    const shown = await exchange(`${url}/key/${link}`);
    const { status, body } = await exchange(`${url}/key/${link}`, {
      method: 'POST',
      headers: { ...OWN_FORM_HEADERS, cookie: cookieOf(shown.headers['set-cookie']) },
      body: form({
        token: signIns.pageToken(id),
        'key:GITHUB_TOKEN': ' ghp_secret\n',
        'key:token': 'second',
      }),
    });
    expect(status).toBe(200);
    expect(body).toContain('github is connected');
    expect(signIns.submitted).toEqual([
      { values: { GITHUB_TOKEN: 'ghp_secret', token: 'second' }, browser: signIns.keyFormBrowser(id) },
    ]);
  });

  test('shows a refused key in place, with the tries that are left and nothing of what was typed', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start({ server: 'github', host: 'api.githubcopilot.com', fields });
    const state = await signIns.look(id);
    signIns.planned.push({ kind: 'again', state, why: 'refused', triesLeft: 4 });
    const { status, body } = await exchange(`${url}/key/${link}`, {
      method: 'POST',
      headers: OWN_FORM_HEADERS,
      body: form({ token: signIns.pageToken(id), 'key:GITHUB_TOKEN': 'ghp_typed', 'key:token': 'b' }),
    });
    expect(status).toBe(200);
    expect(body).toContain(
      'api.githubcopilot.com did not accept this key, so it was not saved. 4 tries left.',
    );
    expect(body).toContain('role="alert"');
    expect(body).toContain('aria-invalid="true" aria-describedby="refusal"');
    expect(body).not.toContain('ghp_typed');
  });

  test('refuses forms of other sites, without its token, or with a key given twice', async () => {
    const { signIns, url } = await servePublic();
    const { id, link } = signIns.start({ server: 'github', fields });
    const token = signIns.pageToken(id);
    const send = async (headers: Record<string, string>, body: string): Promise<number> =>
      (await exchange(`${url}/key/${link}`, { method: 'POST', headers, body })).status;
    const statuses = [
      await send({ ...OWN_FORM_HEADERS, 'sec-fetch-site': 'cross-site' }, form({ token, 'key:token': 'a' })),
      await send(OWN_FORM_HEADERS, form({ 'key:token': 'a' })),
      await send(OWN_FORM_HEADERS, form({ token: 'forged', 'key:token': 'a' })),
      await send(OWN_FORM_HEADERS, `${form({ token, 'key:token': 'a' })}&key%3Atoken=b`),
    ];
    expect(statuses).toEqual([403, 403, 403, 400]);
    expect(signIns.changes).toEqual([]);
  });
});

test('all of it also works below a path of the public URL, whether or not a proxy takes that path off', async () => {
  const { signIns, url } = await servePublic('https://example.org/mcp');
  const { link } = signIns.start();
  expect((await exchange(`${url}/mcp/connect/${link}`)).status).toBe(200);
  expect((await exchange(`${url}/connect/${link}`)).status).toBe(200);
  expect((await exchange(`${url}/mcpx/connect/${link}`)).status).toBe(404);
});

test('the public listener says that it is alive', async () => {
  const { url } = await servePublic();
  const { status, body } = await exchange(`${url}/healthz`);
  expect([status, body]).toEqual([200, 'ok\n']);
});
