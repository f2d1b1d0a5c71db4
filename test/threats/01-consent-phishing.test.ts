import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { ShownMessage, WebVisitor } from '../helpers/web-visitor.js';
import { digitsOn, shown, wrong } from './pages.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();
const CONNECTED = /files connected · 1 tool/;

interface Phishing {
  readonly gateway: RunningGateway;
  readonly mallory: WebVisitor;
  readonly vic: WebVisitor;
  /** Mallory's message with her link. */
  readonly message: ShownMessage;
}

async function linkForMallory(words: Readonly<Record<string, unknown>> = {}): Promise<Phishing> {
  const gateway = await scene.gateway(words);
  const mallory = await gateway.visitor('mallory');
  const vic = await gateway.visitor('vic');
  return { gateway, mallory, vic, message: await mallory.say('/mcp auth files') };
}

/** Mallory presses the button herself; Vic gets the authorize URL, and consents in a browser of his own. */
async function bypassedPage(words: Readonly<Record<string, unknown>> = {}, cookies = '') {
  const phishing = await linkForMallory(words);
  const { location } = await pressConnect(phishing.message.link);
  const callback = await consent(location, { login: 'vic' });
  const page = await comeBack(callback, cookies);
  const digits = digitsOn(page.text);
  await phishing.mallory.untilSays('one step left', phishing.message);
  return { ...phishing, callback, page, digits };
}

/** No token of it was used for anything, and none was revoked. */
async function nothingCameOfIt({ gateway }: Phishing): Promise<void> {
  expect(scene.files.counts.passed).toBe(0);
  expect(scene.provider.counts.revocation).toBe(0);
  expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
}

describe('threat 1: Mallory sends Vic her own link', () => {
  it('its page names Mallory’s chat account, the server and the host before anything happens', async () => {
    const { gateway, message } = await linkForMallory();
    const { authorization, token } = scene.provider.counts;
    const before = await recordFiles(gateway);
    const page = await openPage(message.link);
    const text = shown(page.html);
    expect(text).toContain('Web chat · mallory asked for this.');
    expect(text).toContain('Only continue if this is your account.');
    expect(text).toContain('Connect files');
    expect(text).toContain(new URL(scene.provider.issuer).host);
    expect(page.cookies).toBe('');
    expect(await recordFiles(gateway)).toEqual(before);
    expect(scene.provider.counts).toMatchObject({ authorization, token });
  });
});

describe('threat 1: Mallory presses the button herself and sends Vic the authorize URL behind it', () => {
  it('Vic’s tokens are used by nothing; only his browser has the digits', async () => {
    const { gateway, mallory, vic, message, page, digits } = await bypassedPage();
    expect(page.text).toContain('One more step');
    expect(page.text).toContain('mallory');
    expect(page.text).not.toMatch(/is connected/);
    expect(message.text).toContain('one step left');
    expect((await mallory.say('/mcp')).text).toContain('waiting for your code');
    await mallory.say('/mcp test files');
    await mallory.say('/mcp tools files');
    expect(scene.files.counts.passed).toBe(0);
    const told = `${mallory.everything}${vic.everything}${gateway.log.join('')}`;
    expect(told).not.toContain(digits);
    expect(told).not.toContain(`${digits.slice(0, 3)} ${digits.slice(3)}`);
    expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
  });

  it('the digits are for the browser that brought them: not for Mallory’s, by her link, her cookie or the state', async () => {
    const { gateway, mallory, message } = await linkForMallory();
    const { link } = message;
    const hers = await pressConnect(link);
    const callback = await consent(hers.location, { login: 'vic' });
    const brought = await fetch(callback);
    const digits = digitsOn(await brought.text());
    const his = brought.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
    await mallory.untilSays('one step left', message);
    const made = new URL(callback);
    made.searchParams.set('code', 'a-code-of-hers');
    const seen: string[] = [];
    for (const address of [new URL(link), callback, made])
      for (const cookies of ['', hers.cookies]) seen.push((await comeBack(address, cookies)).text);
    const spaced = `${digits.slice(0, 3)} ${digits.slice(3)}`;
    for (const page of seen) expect(shown(page)).not.toMatch(new RegExp(`${digits}|${spaced}`));
    // A phone reloads the page when Vic comes back to it.
    expect(shown((await comeBack(callback, his.join('; '))).text)).toContain(spaced);
    const once = (await gateway.visitor('vic')).everything + mallory.everything;
    expect(once).not.toContain(digits);
  });

  it('five wrong codes end it: the tokens are dropped and not revoked, and the right code comes too late', async () => {
    const phishing = await bypassedPage();
    const { mallory, message, digits } = phishing;
    for (const by of [1, 2, 3, 4]) {
      const answer = await mallory.say(`/mcp confirm ${wrong(digits, by)}`);
      expect(answer.text).toContain(`${5 - by} ${by === 4 ? 'try' : 'tries'} left`);
    }
    await mallory.say(`/mcp confirm ${wrong(digits, 5)}`);
    await mallory.untilSays('the code was wrong five times; nothing was kept', message);
    expect(message.links).toEqual([]);
    expect((await mallory.say(`/mcp confirm ${digits}`)).text).toContain('No sign-in of yours waits');
    await nothingCameOfIt(phishing);
  });

  it('guesses that are sent at the same time are counted one by one', async () => {
    const phishing = await bypassedPage();
    const { mallory, message, digits } = phishing;
    await Promise.all(
      Array.from({ length: 20 }, (_, by) => mallory.say(`/mcp confirm ${wrong(digits, by + 1)}`)),
    );
    expect((await mallory.say(`/mcp confirm ${digits}`)).text).toContain('No sign-in of yours waits');
    await mallory.untilSays('the code was wrong five times', message);
    await nothingCameOfIt(phishing);
  });

  it('the code of another person’s sign-in is refused, costs her no try, and works for who started', async () => {
    const { mallory, vic, message, digits } = await bypassedPage();
    for (const typed of [digits, wrong(digits), digits])
      expect((await vic.say(`/mcp confirm ${typed}`)).text).toContain('No sign-in of yours waits');
    expect(scene.files.counts.passed).toBe(0);
    expect((await mallory.say(`/mcp confirm ${wrong(digits)}`)).text).toContain('4 tries left');
    // What remains: Vic reads the digits to her from a page that names her account.
    await mallory.say(`/mcp confirm ${digits}`);
    await mallory.untilSays(CONNECTED, message);
    expect(new Set(scene.files.callers)).toEqual(new Set(['vic']));
  });

  it('without the code its time is over: the tokens are dropped and not revoked', async () => {
    const phishing = await bypassedPage();
    const { gateway, mallory, message, digits } = phishing;
    gateway.clock.advance(10 * 60_000 + 1);
    await mallory.untilSays('the link expired after 10 minutes', message);
    expect((await mallory.say(`/mcp confirm ${digits}`)).text).toMatch(
      /link expired|No sign-in of yours waits/,
    );
    await nothingCameOfIt(phishing);
    expect(await (await gateway.store()).records('waiting').keys()).toEqual([]);
  });

  it('a cookie of Vic’s own sign-in, or an invented one, is none for Mallory’s', async () => {
    const gateway = await scene.gateway();
    const vic = await gateway.visitor('vic');
    const own = await pressConnect((await vic.say('/mcp auth files')).link);
    const mallory = await gateway.visitor('mallory');
    const message = await mallory.say('/mcp auth files');
    const hers = await pressConnect(message.link);
    const name = hers.cookies.split('=')[0] ?? '';
    const invented = `${name}=${own.cookies.split('=')[1]}; ${name}=${'A'.repeat(43)}`;
    const callback = await consent(hers.location, { login: 'vic' });
    expect((await comeBack(callback, `${own.cookies}; ${invented}`)).text).toContain('One more step');
    expect(scene.files.counts.passed).toBe(0);
  });
});

describe('threat 1: Mallory has the connect form posted from another site', () => {
  const OWN = { 'sec-fetch-site': 'same-origin' };
  const foreign: readonly (readonly [string, Record<string, string>])[] = [
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://mallory.example' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site', origin: 'https://chat.example' }],
    ['a page that hides where it is', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['an old browser at another site', { origin: 'https://mallory.example' }],
    ['something that says nothing', {}],
  ];

  async function post(link: string, token: string | undefined, headers: Record<string, string>) {
    const body = new URLSearchParams(token === undefined ? {} : { token });
    return await fetch(link, { method: 'POST', redirect: 'manual', headers, body });
  }

  it.each(foreign)('from %s: 403, no cookie, no way on, nothing changed', async (_from, headers) => {
    const { gateway, mallory, message } = await linkForMallory();
    const { fields } = await openPage(message.link);
    const before = await recordFiles(gateway);
    const refused = await post(message.link, fields.token, headers);
    expect(refused.status).toBe(403);
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(refused.headers.get('location')).toBeNull();
    expect(await recordFiles(gateway)).toEqual(before);
    expect(mallory.messages.at(-1)).toBe(message);
    expect(message.edits).toBe(0);
  });

  it('without the page’s token, or with another page’s: 403, and the link still works', async () => {
    const { gateway, mallory, vic, message } = await linkForMallory();
    const own = await openPage(message.link);
    const other = await openPage((await vic.say('/mcp auth files')).link);
    const token = own.fields.token ?? '';
    const before = await recordFiles(gateway);
    for (const forged of [
      undefined,
      '',
      other.fields.token,
      token.slice(1),
      `${token}A`,
      token.toLowerCase(),
    ]) {
      const refused = await post(message.link, forged, OWN);
      expect([forged, refused.status, refused.headers.getSetCookie()]).toEqual([forged, 403, []]);
    }
    const twice = new URLSearchParams([
      ['token', token],
      ['token', other.fields.token ?? ''],
    ]);
    const options = { method: 'POST', redirect: 'manual', headers: OWN, body: twice } as const;
    expect((await fetch(message.link, options)).status).toBe(403);
    expect(await recordFiles(gateway)).toEqual(before);
    expect((await signIn(message.link)).status).toBe(200);
    await mallory.untilSays(CONNECTED, message);
  });
});

describe('threat 1: where anyone may use the bot, or the operator wants it', () => {
  it.each([
    ['access.users: "*"', { access: { users: '*' } }],
    ['security.confirm: always', { security: { confirm: 'always' } }],
  ])('%s: even the browser in which the button was pressed gets digits', async (_setting, words) => {
    const { mallory, message } = await linkForMallory(words);
    const page = await signIn(message.link, { login: 'mallory' });
    const digits = digitsOn(page.text);
    expect(scene.files.counts.passed).toBe(0);
    await mallory.untilSays('one step left', message);
    await mallory.say(`/mcp confirm ${digits.slice(0, 3)} ${digits.slice(3)}`);
    await mallory.untilSays(CONNECTED, message);
  });
});
