import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../helpers/program.js';
import { openPage, submit } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { BAD_KEY, GOOD_KEY, useLeakScene } from './leak-scene.js';
import { wrong } from './pages.js';
import { type Relay, startRelay } from './talkative-relay.js';
import { answerTo, askedFor, idOf, linkIn, newest, telegramWords, untilSees } from './telegram-scene.js';

const LATE_KEY = 'sk-live-late7c1e5b2d8f406b';
const GROUP_KEY = 'sk-live-group1e5b2d8f406c';
const PASTED_KEY = 'sk-live-pasted5b2d8f406d';

const scene = useLeakScene();
let api: BotApi;
let relay: Relay;
let ana: TelegramPerson;
let ben: TelegramPerson;

beforeEach(async () => {
  api = await startBotApi({ pressPatienceMs: 4_000 });
  relay = await startRelay(api.root);
  ana = api.person('Ana', { username: 'ana' });
  ben = api.person('Ben', { username: 'ben', started: false, client: 'old' });
  scene.secrets.note('bot token', api.token);
});
afterEach(async () => {
  await relay.close();
  await api.close();
});

const configured = (more: object, words: object = {}): Promise<void> =>
  scene.configure({
    access: { users: [idOf(ana), idOf(ben)], admins: [idOf(ana)] },
    platforms: telegramWords({ token: api.token, root: relay.root }, more),
    ...words,
  });

async function started(): Promise<Program> {
  const gateway = await scene.start();
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
  return gateway;
}

async function signInWithCode(): Promise<void> {
  const digits = await scene.digitsFor(linkIn(await askedFor(ana, '/mcp auth files')));
  await untilSees(ana, 'one step left');
  await ana.start(`mcp_c_${wrong(digits)}`);
  await untilSees(ana, '4 tries left');
  await ana.start(`mcp_c_${digits}`);
  await untilSees(ana, 'files connected');
}

async function keysOnAPage(): Promise<void> {
  const asked = await askedFor(ana, '/mcp auth notes');
  scene.noteLink(linkIn(asked));
  const page = await openPage(linkIn(asked));
  scene.secrets.note('page token', page.fields.token);
  await submit(page, { 'key:NOTES_KEY': scene.secrets.note('API key', BAD_KEY) });
  await submit(page, { 'key:NOTES_KEY': scene.secrets.note('API key', GOOD_KEY) });
  await untilSees(ana, 'notes connected');
}

async function keyWhereItDoesNotBelong(): Promise<void> {
  scene.secrets.note('API key', PASTED_KEY);
  await answerTo(ana, `/mcp auth notes ${PASTED_KEY}`);
  await answerTo(ana, `/mcp ${PASTED_KEY}`);
  await answerTo(ana, PASTED_KEY);
}

async function noteInGroup(): Promise<void> {
  const group = api.group('Team', [ana, ben]);
  await ben.type(`/mcp auth notes ${scene.secrets.note('API key', GROUP_KEY)}`, { chat: group });
  await untilSees(ana, 'held what looks like a key', group);
  const link = linkIn(newest(ana, group));
  scene.secrets.note('start link', new URL(link).searchParams.get('start')?.replace('mcp_r_', ''));
  await ana.openLink(link);
  await untilSees(ana, 'made for somebody else');
  await ben.openLink(link);
  await untilSees(ben, /notes/);
}

/** What Telegram says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = scene.secrets.note('sign-in link', 'planted-sign-in-link-8d1f6b2a7c');
  const words = `inline keyboard button URL '${scene.home.publicUrl}/connect/${planted}' is invalid: Wrong HTTP URL`;
  api.fail('sendMessage', { errorCode: 400, description: `Bad Request: ${words}` }, 2);
  await ana.type('/mcp help');
  await expect.poll(() => api.calls.filter(({ status }) => status === 400).length).toBeGreaterThan(1);
  await answerTo(ana, '/mcp help');
  const asked = await askedFor(ana, '/mcp auth files');
  scene.noteLink(linkIn(asked));
  api.fail('editMessageText', { errorCode: 400, description: `Bad Request: ${words}` });
  await answerTo(ana, '/mcp cancel files');
  for (const status of [200, 502]) {
    for (const method of ['sendMessage', 'editMessageText', 'answerCallbackQuery', 'getUpdates'])
      relay.echo(new RegExp(`/${method}$`), status);
    const next = await askedFor(ana, '/mcp auth files');
    scene.noteLink(linkIn(next));
    await ana.press('Cancel');
  }
  api.fail('*', 'drop-before', 2);
  await answerTo(ana, '/mcp help');
}

/** What the bot says to Telegram: the token is a part of the address alone, and no key, code or digit goes back there. */
function sawCalls(): void {
  const isHook = ({ method }: { method: string }): boolean => method === 'setWebhook';
  scene.secrets.saw('platform', JSON.stringify(api.calls.filter((call) => !isHook(call))));
  scene.secrets.saw('webhook registration', JSON.stringify(api.calls.filter(isHook)));
}

describe('threat 15: with Telegram, no secret is in anything that is written, said or asked', () => {
  it('by long polling, with a public URL, whatever goes wrong', async () => {
    await configured({});
    const gateway = await started();
    try {
      await signInWithCode();
      await keysOnAPage();
      await keyWhereItDoesNotBelong();
      await noteInGroup();
      await talkativeFailures();
      await scene.ready();
      api.revokeToken();
      await gateway.until(() => (/refuses the bot token/.test(gateway.err) ? true : undefined), 'refused');
      await scene.ready();
    } finally {
      await scene.stop(gateway);
    }
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(scene.secrets.count()).toBeGreaterThan(15);
    await scene.check();
    sawCalls();
    scene.expectNoLeaks();
  });

  it('by webhook: neither its path nor its secret either', async () => {
    await configured({ mode: 'webhook' });
    relay.echo(/\/setWebhook$/, 502);
    const planted = scene.secrets.note('webhook path', 'planted-webhook-path-8d1f6b2a7c5e');
    const refused = `Bad Request: bad webhook: ${scene.home.publicUrl}/webhooks/telegram/${planted} is not for you`;
    api.fail('setWebhook', { errorCode: 400, description: refused });
    const gateway = await started();
    try {
      await expect.poll(() => api.callsOf('setWebhook').length).toBeGreaterThan(0);
      const { url, secret_token: secret } = api.callsOf('setWebhook')[0]?.payload ?? {};
      const path = new URL(String(url)).pathname.split('/').at(-1) ?? '';
      scene.secrets.note('webhook path', path);
      scene.secrets.note('webhook secret', String(secret));
      for (const to of [String(url), `${scene.home.publicUrl}/webhooks/telegram/${path}x`]) {
        await fetch(to, {
          method: 'POST',
          body: '{',
          headers: { 'x-telegram-bot-api-secret-token': String(secret) },
        });
        await fetch(to, {
          method: 'POST',
          body: '{}',
          headers: { 'x-telegram-bot-api-secret-token': 'guess' },
        });
        await fetch(`${to}?secret=${secret}`);
      }
      await signInWithCode();
      await scene.ready();
      await scene.check();
    } finally {
      await scene.stop(gateway);
    }
    await configured({ mode: 'polling' });
    await scene.check();
    sawCalls();
    scene.expectNoLeaks();
  });

  it('without a public URL, where keys are typed in the chat', async () => {
    await configured({}, { public_url: undefined });
    const gateway = await started();
    try {
      const asked = await answerTo(ana, '/mcp auth notes');
      await ana.press('Add key');
      await untilSees(ana, 'Send me NOTES_KEY');
      await ana.type(scene.secrets.note('API key', BAD_KEY));
      await untilSees(ana, 'did not accept this key');
      await ana.press('Try again');
      await untilSees(ana, 'Send me NOTES_KEY');
      api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" });
      await ana.type(scene.secrets.note('API key', GOOD_KEY));
      await untilSees(ana, 'notes connected');
      expect(asked.text).not.toContain(GOOD_KEY);
      await ana.type(scene.secrets.note('API key', LATE_KEY));
      await untilSees(ana, 'I did not ask for one');
      await keyWhereItDoesNotBelong();
    } finally {
      await scene.stop(gateway);
    }
    await scene.check();
    sawCalls();
    scene.expectNoLeaks();
  });

  it.each([
    ['with quotes left around it', (token: string) => `"${token}"`],
    ['cut', (token: string) => token.slice(0, -10)],
    ['without its number', (token: string) => token.split(':')[1] ?? ''],
    ['with a space in it', (token: string) => token.replace('AA', 'AA ')],
    ['as the address that it is used at', (token: string) => `https://api.telegram.org/bot${token}/getMe`],
  ])('in the mistakes of a config whose token is malformed: %s', async (_how, spoil) => {
    const spoilt = spoil(api.token);
    scene.secrets.note('bot token', spoilt.replaceAll(/^https:.*\/bot|\/getMe$/g, ''));
    await scene.home.rewrite({
      access: { users: [idOf(ana)] },
      platforms: { telegram: { token: spoilt, api_root: `https://api.telegram.org/bot${api.token}` } },
      mcp_servers: {},
    });
    const program = new Program(['start', '--config', scene.home.config]);
    expect(await program.ended).not.toBe(0);
    expect(program.err).toContain('platforms.telegram.token');
    scene.secrets.saw('verb', program.out + program.err);
    await scene.check();
    scene.expectNoLeaks();
  });
});
