import { describe, expect, test } from 'vitest';
import type { AccountLabel } from '../../src/auth/sign-in/types.js';
import { exchange } from './exchange.js';
import { servePublic } from './serving.js';

const BACK = 'https://t.me/example_bot';
const TAP = 'https://t.me/example_bot?start=mcp_c_{digits}';

/** What a browser without the cookie is shown: the code page of this chat account's sign-in, and what was logged. */
async function codePageFor(account: Partial<AccountLabel>) {
  const { signIns, log, url } = await servePublic();
  const { state } = signIns.start({ account: { platform: 'Telegram', name: '@ana', ...account } });
  const { body, headers } = await exchange(`${url}/oauth/callback?code=c0de&state=${state}`);
  const links = [...body.matchAll(/<a class="([^"]*)" href="([^"]*)" rel="noreferrer">(.*?)<\/a>/g)];
  return { body, headers, log, links: links.map(([, look, href, label]) => [look, href, label]) };
}

describe('the code page', () => {
  test('gives the code back with one tap first, then has the digits, the typed command and the way back', async () => {
    const { body, links } = await codePageFor({ backUrl: BACK, confirmUrl: TAP });
    expect(links).toEqual([
      ['button', 'https://t.me/example_bot?start=mcp_c_482913', 'Give the code in <bdi>Telegram</bdi>'],
      ['button plain', BACK, 'Back to <bdi>Telegram</bdi>'],
    ]);
    const order = [
      'note attention',
      'mcp_c_482913',
      '>482 913<',
      'Or type this',
      '/mcp confirm 482 913',
      BACK,
    ];
    const places = order.map((part) => body.lastIndexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('says before anything to press whose account it has to be, and to give the code to nobody else', async () => {
    const { body } = await codePageFor({ backUrl: BACK, confirmUrl: TAP });
    expect(body).toContain('Only if <bdi>Telegram</bdi> · <bdi>@ana</bdi> is you. Give it to nobody else.');
    expect(body.indexOf('to nobody else')).toBeLessThan(body.indexOf('<a class='));
  });

  test('works as before for a chat, or a sign-in stored by an older version, without such a link', async () => {
    const { body, links } = await codePageFor({ backUrl: BACK });
    expect(links).toEqual([['button', BACK, 'Back to <bdi>Telegram</bdi>']]);
    expect(body).toContain('>Type this in <bdi>Telegram</bdi>: ');
    const bare = await codePageFor({});
    expect(bare.links).toEqual([]);
    expect(bare.body).toContain('/mcp confirm 482 913');
  });

  test('tells the digits to neither the log nor the page that the link leads to', async () => {
    const { headers, log } = await codePageFor({ backUrl: BACK, confirmUrl: TAP });
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(log.lines.join('\n')).not.toMatch(/482 ?913|mcp_c_|t\.me/);
  });
});

test.each([
  [TAP, 'https://t.me/example_bot?start=mcp_c_482913'],
  ['https://chat.example/confirm/{digits}', 'https://chat.example/confirm/482913'],
  ['tg://resolve?domain=bot&start=mcp_c_{digits}', 'tg://resolve?domain=bot&amp;start=mcp_c_482913'],
  ['http://127.0.0.1:8788/chat#{digits}', 'http://127.0.0.1:8788/chat#482913'],
  ['http://chat.example/?{digits}', undefined],
  ['javascript:alert({digits})', undefined],
  ['https://{digits}.example/', undefined],
  ['https://{digits}@chat.example/', undefined],
  ['https://chat.example/', undefined],
  ['https://chat.example/?a={digits}&b={digits}', undefined],
  ['tg://{digits}', undefined],
  ['not a link {digits}', undefined],
])('through %s the code page offers %s', async (confirmUrl, offered) => {
  const { links } = await codePageFor({ confirmUrl });
  expect(links.map(([, href]) => href)).toEqual(offered === undefined ? [] : [offered]);
});

test.each(['48291', '4829133', '48291x', '４８２９１３', '', '../../'])(
  'what is not six digits (%j) is put into no link',
  async (digits) => {
    const { signIns, url } = await servePublic();
    const account = { platform: 'Telegram', name: '@ana', confirmUrl: TAP };
    const { id } = signIns.start({ account });
    const state = await signIns.look(id);
    signIns.planned.push({ kind: 'code', digits, browser: 'b', state });
    const { status, body } = await exchange(`${url}/oauth/callback?code=c0de&state=s`);
    expect([status, body.includes('mcp_c_')]).toEqual([200, false]);
  },
);
