import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AuthFailureCode } from '../../src/auth/types.js';
import { everyPage } from './every-page.js';
import { exchange } from './exchange.js';
import { servePublic } from './serving.js';

/** The attributes' names, one a line: escaped data looks like attributes only within quotes. */
function attributesOf(body: string): string {
  const tags = (body.match(/<[a-z](?:[^>"]|"[^"]*")*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, ''));
  return tags
    .flatMap((tag) =>
      tag
        .slice(1, -1)
        .split(/[\s=]+/)
        .slice(1),
    )
    .join('\n');
}

test('every page forbids scripts, frames, caches, referrers and indexing, and fetches nothing', async () => {
  for (const [name, { headers, body }] of await everyPage()) {
    const policy = headers['content-security-policy'] ?? '';
    expect(policy, name).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; form-action /,
    );
    expect(policy, name).toMatch(/; base-uri 'none'; frame-ancestors 'none'$/);
    expect(policy, name).not.toMatch(/unsafe|script-src|\*(?!;)\s*$/);
    expect(headers['cache-control'], name).toBe('no-store');
    expect(headers['referrer-policy'], name).toBe('no-referrer');
    expect(headers['x-content-type-options'], name).toBe('nosniff');
    expect(headers['x-frame-options'], name).toBe('DENY');
    expect(headers['cross-origin-opener-policy'], name).toBe('same-origin');
    expect(headers['permissions-policy'], name).toContain('camera=()');
    expect(headers['x-robots-tag'], name).toBe('noindex, nofollow');
    expect(headers['content-type'], name).toBe('text/html; charset=UTF-8');
    const style = /<style>([^<]*)<\/style>/.exec(body)?.[1] ?? '';
    expect(policy, name).toContain(createHash('sha256').update(style).digest('base64'));
    expect(style, name).not.toMatch(/url\(|@import/);
    expect(attributesOf(body), name).not.toMatch(/^(src|srcset|style|on\w+|action|formaction)$/m);
  }
});

test('every page escapes what people and servers call themselves, and drops direction tricks', async () => {
  for (const [name, { body }] of await everyPage()) {
    expect(body, name).not.toMatch(/<script|<img|javascript:|\u202e|\0/);
  }
});

test('every page says its language, and has one main landmark with one heading and a title', async () => {
  for (const [name, { body }] of await everyPage()) {
    expect(body, name).toContain('<html lang="en">');
    expect(body.match(/<main>/g), name).toHaveLength(1);
    expect(body.match(/<h1>/g), name).toHaveLength(1);
    expect(body, name).toMatch(/<title>[^<]{5,}<\/title>/);
    expect(body, name).toContain('content="width=device-width, initial-scale=1"');
    expect(body.length, name).toBeLessThan(8192);
  }
});

test('only pages with a form may send one: connect to the authorization server, the key form to us alone', async () => {
  const { signIns, url } = await servePublic();
  const formAction = async (path: string): Promise<string | undefined> =>
    /form-action ([^;]*);/.exec(
      (await exchange(`${url}${path}`)).headers['content-security-policy']?.toString() ?? '',
    )?.[1];
  const path = (link: string): string => `/connect/${link}`;
  expect(await formAction(path(signIns.start().link))).toBe("'self' https://auth.linear.app https:");
  expect(await formAction(path(signIns.start({ host: '127.0.0.1:9001' }).link))).toBe(
    "'self' https://127.0.0.1:9001 https: http://127.0.0.1:9001 http://127.0.0.1:* http://localhost:*",
  );
  expect(await formAction(path(signIns.start({ host: "x; script-src 'unsafe-inline'" }).link))).toBe(
    "'self' https:",
  );
  expect(await formAction(`/key/${signIns.start({ fields: ['A'] }).link}`)).toBe("'self'");
  expect(await formAction('/nowhere')).toBe("'none'");
});

test("every reason for a failure has a sentence of ours and a next step, and none of the provider's words", async () => {
  const codes: Record<AuthFailureCode, true> = {
    unreachable: true,
    timeout: true,
    'too-large': true,
    'http-error': true,
    'bad-metadata': true,
    'blocked-address': true,
    'insecure-endpoint': true,
    'issuer-mismatch': true,
    'pkce-unsupported': true,
    'device-unsupported': true,
    'registration-refused': true,
    'provider-refused': true,
    'client-refused': true,
    'credential-refused': true,
    'store-unavailable': true,
    'too-many-pending': true,
    'rate-limited': true,
    internal: true,
  };
  const { signIns, url } = await servePublic();
  const sentences = new Set<string>();
  for (const code of Object.keys(codes) as AuthFailureCode[]) {
    const { id, link } = signIns.start();
    signIns.end(id, { kind: 'failed', failure: { code, detail: 'provider words', host: 'auth.linear.app' } });
    const { body } = await exchange(`${url}/connect/${link}`);
    expect(body).toContain('linear could not be connected');
    expect(body).toContain('<code>/mcp auth linear</code>');
    expect(body).not.toContain('provider words');
    sentences.add(/<p class="lead">(.*?)<\/p>/.exec(body)?.[1] ?? '');
  }
  expect(sentences.size).toBe(Object.keys(codes).length);
});

test.each([
  ['https://t.me/bot', true],
  ['tg://resolve?domain=bot', true],
  ['http://127.0.0.1:8788/chat', true],
  ['http://localhost:8788/chat', true],
  ['http://evil.example/', false],
  ['http://127.0.0.1.evil.example/', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['slack://open', false],
  ['https://t.me@evil.example/', false],
])('the way back to the chat through %s is offered: %s', async (backUrl, offered) => {
  const { signIns, url } = await servePublic();
  const { id, link } = signIns.start({ account: { platform: 'Telegram', name: '@ana', backUrl } });
  signIns.end(id, { kind: 'declined' });
  const { body } = await exchange(`${url}/connect/${link}`);
  expect(body.includes('rel="noreferrer">Back to <bdi>Telegram</bdi></a>')).toBe(offered);
  expect(body.includes('class="button"')).toBe(offered);
});
