import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { digitsOn, shown, wrong } from './pages.js';
import { answerTo, askedFor, linkIn, onlyFor, plain, untilSees, useTelegram } from './telegram-scene.js';

const telegram = useTelegram();
const NOTHING_WAITS = 'No sign-in of yours waits for a code';

interface Phishing {
  readonly api: BotApi;
  readonly gateway: RunningGateway;
  readonly mallory: TelegramPerson;
  readonly vic: TelegramPerson;
}

async function phishing(words: object = {}): Promise<Phishing> {
  const api = await telegram.platform();
  const mallory = api.person('Mallory', { username: 'mallory' });
  const vic = api.person('Vic', { username: 'vic' });
  const two = { files: oauth(), other: oauth() };
  const gateway = await telegram.gateway(api, { ...onlyFor(mallory, vic), mcp_servers: two, ...words });
  return { api, gateway, mallory, vic };
}

const oauth = (): object => ({ url: telegram.scene.files.url, auth: 'oauth' });
const tap = (digits: string): string => `https://t.me/acme_mcp_bot?start=mcp_c_${digits}`;
const tapOn = (page: string): string =>
  /href="(https:\/\/t\.me\/[^"]*start=mcp_c_\d{6})"/.exec(page)?.[1] ?? '';
const times = (person: TelegramPerson, text: string): number => plain(person.sees()).split(text).length - 1;

const credentials = async (gateway: RunningGateway): Promise<readonly string[]> =>
  await (await gateway.store()).records('credentials').keys();

describe('threat 1: Mallory sends Vic a link into his own chat with the bot', () => {
  it('whatever stands behind start=, it signs him out of nothing, cancels nothing, starts nothing', async () => {
    const { gateway, vic } = await phishing();
    await signIn(linkIn(await askedFor(vic, '/mcp auth files')), { login: 'vic' });
    await untilSees(vic, 'files connected');
    const pending = await askedFor(vic, '/mcp auth other');
    const before = await credentials(gateway);
    const { authorization } = telegram.scene.provider.counts;
    const payloads = [
      'logout',
      'logout_files_yes',
      'mcp_logout_files_yes',
      'mcp_r_logout-files-yes-AAAAAA',
      `mcp_r_${'A'.repeat(22)}`,
      `mcp_r_${Buffer.from('logout files yes').toString('base64url').padEnd(22, 'A')}`,
      'mcp_c_logout',
      'mcp_c_12345',
      'mcp_c_1234567',
      'mcp_cancel',
      'mcp_auth',
      'auth',
      'cancel',
      'mcp',
      'mcp_',
      'mcp_servers',
      '_'.repeat(64),
    ];
    for (const payload of payloads) {
      const told = times(vic, 'MCP servers');
      await vic.openLink(`https://t.me/acme_mcp_bot?start=${payload}`);
      await expect.poll(() => times(vic, 'MCP servers')).toBeGreaterThan(told);
    }
    expect(await credentials(gateway)).toEqual(before);
    expect(telegram.scene.provider.counts).toMatchObject({ authorization, revocation: 0 });
    expect(plain(vic.sees())).not.toMatch(/Signed out|cancelled/);
    await signIn(linkIn(pending), { login: 'vic' });
    await untilSees(vic, 'other connected');
  });

  it('with a code: of her own sign-in it does nothing, and a wrong one costs him one of five tries of his own', async () => {
    const { vic, mallory } = await phishing({ security: { confirm: 'always' } });
    const hers = await askedFor(mallory, '/mcp auth files');
    const page = await signIn(linkIn(hers), { login: 'mallory' });
    const malloryDigits = digitsOn(page.text);
    await vic.openLink(tap(malloryDigits));
    await untilSees(vic, NOTHING_WAITS);
    await untilSees(mallory, 'one step left');
    const his = await askedFor(vic, '/mcp auth files');
    const digits = digitsOn((await signIn(linkIn(his), { login: 'vic' })).text);
    await untilSees(vic, 'one step left');
    await vic.openLink(tap(wrong(digits)));
    await untilSees(vic, '4 tries left');
    await vic.openLink(tap(digits));
    await untilSees(vic, 'files connected');
    expect(plain(mallory.sees())).not.toContain('files connected');
    expect(new Set(telegram.scene.files.callers)).toEqual(new Set(['vic']));
  });

  it('in a group nothing listens to /start, whatever it carries', async () => {
    const { api, vic, mallory } = await phishing();
    const group = api.group('Team', [vic, mallory], { bot: 'admin' });
    const calls = api.calls.length;
    for (const text of ['/start mcp_c_123456', '/start@acme_mcp_bot mcp_servers', '/start'])
      await vic.type(text, { chat: group });
    await answerTo(vic, '/mcp help');
    expect(api.calls.slice(calls).filter(({ method }) => method === 'sendMessage')).toHaveLength(1);
  });
});

describe('threat 1: Mallory has Vic consent to a sign-in of hers, and his page offers one tap', () => {
  it('the tap opens his own chat, where it is refused; his tokens are used by nothing and dropped', async () => {
    const { gateway, vic, mallory } = await phishing();
    const asked = await askedFor(mallory, '/mcp auth files');
    const connect = shown((await openPage(linkIn(asked))).html);
    expect(connect).toContain('Telegram · @mallory asked for this.');
    const { location } = await pressConnect(linkIn(asked));
    const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
    expect(shown(page)).toContain('Only if Telegram · @mallory is you');
    for (let again = 0; again < 6; again += 1) await vic.openLink(tapOn(page));
    await expect.poll(() => times(vic, NOTHING_WAITS)).toBe(6);
    const digits = digitsOn(page);
    const seen = plain(mallory.sees());
    expect(seen).not.toContain(digits);
    expect(seen).not.toContain(`${digits.slice(0, 3)} ${digits.slice(3)}`);
    for (let by = 1; by <= 5; by += 1) await answerTo(mallory, `/mcp confirm ${wrong(digits, by)}`);
    await untilSees(mallory, 'the code was wrong five times; nothing was kept');
    expect(telegram.scene.files.counts.passed).toBe(0);
    expect(telegram.scene.provider.counts.revocation).toBe(0);
    expect(await credentials(gateway)).toEqual([]);
  });

  it('the page’s way back leads to a chat with the bot, never to Mallory’s', async () => {
    const { api, vic, mallory } = await phishing();
    const group = api.group('Mallory and Vic', [vic, mallory], { kind: 'supergroup' });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    for (const chat of [undefined, group]) {
      const asked = await askedFor(mallory, '/mcp auth files', chat);
      const { location } = await pressConnect(linkIn(asked));
      const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
      const links = [...page.matchAll(/href="(https?:[^"]*)"/g)].map(([, link]) => link ?? '');
      for (const link of links)
        expect(link).toMatch(/^https:\/\/t\.me\/(acme_mcp_bot(\?start=mcp_c_\d{6})?|c\/\d+\/\d+)$/);
    }
  });
});

describe('threat 1: what remains', () => {
  /** Named in SECURITY.md: a link that Vic let out of his hands, and a code that he takes from somebody else. */
  it('who has Vic’s own link finishes it as somebody else; where a code is always asked, Vic has to bring that about', async () => {
    const { gateway, vic } = await phishing({ security: { confirm: 'always' } });
    const asked = await askedFor(vic, '/mcp auth files');
    expect(shown((await openPage(linkIn(asked))).html)).toContain('Telegram · @vic asked for this.');
    const page = await signIn(linkIn(asked), { login: 'mallory' });
    await untilSees(vic, 'one step left');
    expect(await credentials(gateway)).toEqual([]);
    expect(telegram.scene.files.counts.passed).toBe(0);
    await vic.openLink(tapOn(page.text));
    await untilSees(vic, 'files connected');
    expect(new Set(telegram.scene.files.callers)).toEqual(new Set(['mallory']));
  });
});
