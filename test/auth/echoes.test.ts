import { describe, expect, it } from 'vitest';
import { eraserOf, withoutEchoes } from '../../src/auth/requests/echoes.js';
import { withoutSent } from '../../src/auth/requests/provider-echoes.js';

const SECRET = 'tk.9f8e7d~6c5b/4a39+28 17"=&%';

describe('the words of a refusal', () => {
  it('lose what was sent, plain, encoded, in the middle of something encoded, and cut', () => {
    const basic = (before: string) => Buffer.from(`${before}:${SECRET}:x`).toString('base64');
    const said = [
      SECRET,
      encodeURIComponent(SECRET),
      JSON.stringify(SECRET),
      Buffer.from(SECRET).toString('hex'),
      ...['c', 'cl', 'cli'].map(basic),
      SECRET.slice(0, 12),
      SECRET.slice(5, 20),
    ];
    for (const one of said) {
      const text = withoutEchoes(`You said ${one} there.`, [SECRET]);
      expect(text).toMatch(/^You said .*….* there\.$/);
      expect(text.length).toBeLessThan(40);
    }
  });

  it('lose nothing else, and are cut where nobody reads on', () => {
    expect(withoutEchoes('invalid_grant: the token is gone', [SECRET, '', 'abc'])).toBe(
      'invalid_grant: the token is gone',
    );
    expect(withoutEchoes(`${'x'.repeat(100_000)}`, [SECRET])).toHaveLength(65_536);
    expect(withoutEchoes(`says ${SECRET}`, [SECRET], '...')).toBe('says ...');
  });
});

describe('an answer of any shape', () => {
  it('loses whole secrets in its texts, and is the same object where it has none', () => {
    const erase = eraserOf([SECRET, 'ok']);
    const clean = { content: [{ type: 'text', text: 'ok' }], isError: false, more: null };
    expect(erase(clean)).toBe(clean);
    const spoilt = { ...clean, content: [{ type: 'text', text: `Bearer ${SECRET}` }, 1] };
    expect(erase(spoilt)).toEqual({ ...clean, content: [{ type: 'text', text: 'Bearer …' }, 1] });
  });
});

describe('a provider', () => {
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const answered = (status: number, text: string) =>
    decode(
      withoutSent(
        {
          url: new URL('https://as.example/token'),
          method: 'POST',
          headers: new Headers({ authorization: `Basic ${btoa('c:s%2Fcret%20w%C3%B6rd')}` }),
          body: new URLSearchParams({ refresh_token: SECRET, client_id: 'client-of-ours' }),
        },
        status,
        new TextEncoder().encode(text),
      ),
    );

  it('keeps the refresh token that it gives again', () => {
    const tokens = JSON.stringify({ access_token: 'new', refresh_token: SECRET });
    expect(answered(200, tokens)).toBe(tokens);
    expect(answered(200, '')).toBe('');
  });

  it.each([
    [400, JSON.stringify({ error: 'invalid_grant', error_description: `no ${SECRET}` })],
    [200, JSON.stringify({ error: 'bad_refresh_token', error_description: `no ${SECRET}` })],
    [200, `<pre>no ${SECRET}</pre>`],
    [500, '<pre>s/cret wörd, s%2Fcret%20w%C3%B6rd</pre>'],
  ])('that says no (%i) does not get its request repeated: %s', (status, text) => {
    const said = answered(status, text);
    expect(said).toContain('…');
    expect(said).not.toMatch(/9f8e7d|cret/);
  });

  it('may name the client', () => {
    expect(answered(400, 'client-of-ours is unknown')).toBe('client-of-ours is unknown');
  });
});
