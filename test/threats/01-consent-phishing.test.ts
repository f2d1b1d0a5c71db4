import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect, signIn, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import type { ShownMessage, WebVisitor } from '../helpers/web-visitor.js';
import { shown } from './pages.js';
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
  await phishing.mallory.untilSays('one step left', phishing.message);
  return { ...phishing, callback, page, digits: digitsOn(page.text) };
}

function digitsOn(page: string): string {
  const digits = /\b(\d{3}) (\d{3})\b/.exec(page);
  if (digits === null) throw new Error(`no digits on the page: ${page}`);
  return `${digits[1]}${digits[2]}`;
}

const wrong = (digits: string, by = 1): string => String((Number(digits) + by) % 1_000_000).padStart(6, '0');

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

describe('threat 1: the same with the form for a key', () => {
  let notes: KeyServer;
  beforeAll(async () => {
    notes = await startKeyServer();
  });
  afterAll(() => notes.close());

  async function keyForm(words: Readonly<Record<string, unknown>> = {}) {
    const mallory = new TerminalVisitor('mallory');
    const header = `Bearer ${placeholder('NOTES_KEY')}`;
    const servers = { mcp_servers: { notes: { url: notes.url, headers: { Authorization: header } } } };
    const gateway = await scene.gateway({ ...servers, ...words }, { adapters: [mallory.adapter] });
    const before = notes.shown.length;
    const asked = await mallory.ask('/mcp auth notes', 'give its key on a page');
    const page = await openPage(linkIn(asked));
    await gateway.app.gateway.settle();
    return { gateway, mallory, page, keysShown: () => notes.shown.slice(before) };
  }

  const give = { 'key:NOTES_KEY': 'key-0123456789abcdef' };

  it('its page names Mallory’s chat account, the server and the host', async () => {
    const { page } = await keyForm();
    const text = shown(page.html);
    expect(text).toContain('Terminal · mallory asked for this.');
    expect(text).toContain('Add your key for notes');
    expect(text).toContain(new URL(notes.url).host);
  });

  it('from a browser without its cookie the key is used by nothing until the digits are given by who asked', async () => {
    const { gateway, mallory, page, keysShown } = await keyForm();
    const vic = await gateway.visitor('vic');
    const digits = digitsOn(await (await submit({ ...page, cookies: '' }, give)).text());
    await mallory.untilSays('one step left');
    expect((await vic.say(`/mcp confirm ${digits}`)).text).toContain('No sign-in of yours waits');
    expect(keysShown()).toEqual([]);
    expect(mallory.everything).not.toContain(digits);
    await mallory.ask(`/mcp confirm ${wrong(digits)}`, '4 tries left');
    expect(keysShown()).toEqual([]);
    await mallory.ask(`/mcp confirm ${digits}`, /notes connected · key …\S+ · 1 tool/);
    expect(new Set(keysShown())).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('five wrong codes drop the key', async () => {
    const { gateway, mallory, page, keysShown } = await keyForm();
    const digits = digitsOn(await (await submit({ ...page, cookies: '' }, give)).text());
    await mallory.untilSays('one step left');
    for (const by of [1, 2, 3, 4]) await mallory.ask(`/mcp confirm ${wrong(digits, by)}`, /left/);
    await mallory.ask(`/mcp confirm ${wrong(digits, 5)}`, 'the code was wrong five times');
    await mallory.ask(`/mcp confirm ${digits}`, 'No sign-in of yours waits');
    expect(keysShown()).toEqual([]);
    expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
  });

  it('with confirm: always its own browser gets digits too', async () => {
    const { mallory, page, keysShown } = await keyForm({ security: { confirm: 'always' } });
    const digits = digitsOn(await (await submit(page, give)).text());
    expect(keysShown()).toEqual([]);
    await mallory.ask(`/mcp confirm ${digits}`, /notes connected/);
  });

  it('posted from another site, without the page’s token, or with another’s: 403, and the key goes nowhere', async () => {
    const { gateway, page, keysShown } = await keyForm();
    const before = await recordFiles(gateway);
    const { token = '' } = page.fields;
    const from = (headers: Record<string, string>, fields: Record<string, string>) =>
      fetch(page.action, { method: 'POST', headers, body: new URLSearchParams({ ...fields, ...give }) });
    const cookie = page.cookies;
    const refused = await Promise.all([
      from({ cookie, 'sec-fetch-site': 'cross-site', origin: 'https://mallory.example' }, { token }),
      from({ cookie, origin: 'https://mallory.example' }, { token }),
      from({ cookie, 'sec-fetch-site': 'same-origin' }, {}),
      from({ cookie, 'sec-fetch-site': 'same-origin' }, { token: `${token.slice(0, -1)}_` }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(keysShown()).toEqual([]);
    expect(await recordFiles(gateway)).toEqual(before);
  });
});
