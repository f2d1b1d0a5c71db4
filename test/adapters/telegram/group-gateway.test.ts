import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeholder } from '../../helpers/configured-server.js';
import { type KeyServer, startKeyServer } from '../../helpers/key-server.js';
import { type RunningGateway, useGateways } from '../../helpers/running-gateway.js';
import { freePort } from '../../helpers/servers/free-port.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import type { BotStanding, TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';
import { heard, lastHeard, listed, seen } from './stage.js';

const PASTED = 'wk_live_4f9a8b7c6d5e4f3a2b1c';
const SEEN = /^A message here held what looks like a key, and others may have read it\. I did not use it\./;

let api: BotApi;
let weather: KeyServer;
let gateway: RunningGateway;
let ana: TelegramPerson;
let ben: TelegramPerson;
let eve: TelegramPerson;
/** Everybody sees what they type, and the bot may write to one of them only. */
let olga: TelegramPerson;
let nina: TelegramPerson;
beforeEach(async () => {
  api = await startBotApi();
  weather = await startKeyServer();
  [ana, ben, eve] = [api.person('Ana', { username: 'ana' }), api.person('Ben'), api.person('Eve')];
  olga = api.person('Olga', { client: 'old' });
  nina = api.person('Nina', { client: 'old', started: false });
});
afterEach(async () => {
  await weather.close();
  await api.close();
});
// After the hook above: gateways stop before their platform does.
const start = useGateways();

/** Without a public URL, so that keys are asked for in the chat. Ana is an admin, Eve nobody. */
async function started(): Promise<void> {
  gateway = await start({
    words: {
      public_url: undefined,
      access: { users: [ben, olga, nina].map(({ id }) => `telegram:${id}`), admins: [`telegram:${ana.id}`] },
      platforms: { telegram: { token: api.token, api_root: api.root } },
      mcp_servers: {
        weather: { url: weather.url, headers: { Authorization: `Bearer ${placeholder('WEATHER_KEY')}` } },
        archive: { url: `http://127.0.0.1:${await freePort()}` },
      },
    },
  });
  await listed({ api });
}

function team(bot: BotStanding = 'member'): TelegramGroup {
  return api.group('Team', [ana, ben, eve, olga, nina], { kind: 'supergroup', bot });
}

describe('in a group', () => {
  it('every command is answered with one message, which nobody else sees any of', async () => {
    await started();
    const chat = team();
    const lines = [
      '',
      'status weather',
      'status archive',
      'auth',
      'auth weather',
      'test archive',
      'tools weather',
      'cancel',
      'logout weather',
      'confirm 482913',
      'confirm',
      'users',
      'reload',
      'help',
      'hlep',
      'status wether',
      'tools',
      'status weather weather weather',
    ];
    for (const [index, line] of lines.entries()) {
      await ana.type(`/mcp ${line}`, { chat });
      await expect.poll(() => heard(ana, chat).length, { message: line }).toBe(index + 1);
    }
    await gateway.app.gateway.settle();
    expect(api.callsOf('sendMessage')).toHaveLength(lines.length);
    for (const person of [ben, eve]) expect(seen(person, chat)).toBe('');
    expect(seen(ana)).toBe('');
  });

  it('a stranger hears that they are one, with their id, and nobody else does', async () => {
    await started();
    const chat = team();
    for (const line of ['', 'auth weather', 'users']) await eve.type(`/mcp ${line}`, { chat });
    const told = () => heard(eve, chat).map(({ text }) => text);
    await expect.poll(() => told().filter((text) => text.includes(`telegram:${eve.id}`))).toHaveLength(3);
    expect(told().join()).not.toMatch(/weather|archive|ana|ben/i);
    for (const person of [ana, ben]) expect(seen(person, chat)).toBe('');
  });

  it('a member who is no admin is refused what admins may, alone', async () => {
    await started();
    const chat = team();
    await ben.type('/mcp users', { chat });
    await expect.poll(() => seen(ben, chat)).toMatch(/admin/i);
    for (const person of [ana, eve]) expect(seen(person, chat)).toBe('');
  });

  it('a key is asked for and given in private, is connected, and stands nowhere', async () => {
    await started();
    const chat = team();
    await ana.type('/mcp auth weather', { chat });
    await expect.poll(() => seen(ana, chat)).toContain('[Add key]');
    await ana.press('Add key', chat);
    await expect.poll(() => ana.messages().some(({ forceReply }) => forceReply === true)).toBe(true);
    await ana.type(weather.key);
    await expect.poll(() => seen(ana, chat)).toMatch(/✓ weather connected/);
    await expect.poll(() => seen(ana)).toMatch(/✓ weather connected/);
    expect(seen(ana)).not.toMatch(/Send me|Add key/);
    expect(weather.shown).toContain(`Bearer ${weather.key}`);
    for (const person of [ben, eve]) expect(seen(person, chat)).toBe('');
    await gateway.stop();
    expect([seen(ana), seen(ana, chat), gateway.log.join('\n')].join('\n')).not.toContain(weather.key);
  });
});

describe('a key pasted after /mcp in a group', () => {
  const line = `/mcp auth weather ${PASTED}`;

  it('is deleted where the bot may, and warned of in private', async () => {
    await started();
    const chat = team('admin');
    await olga.type(line, { chat });
    await expect.poll(() => seen(olga)).toContain('The message was deleted.');
    expect(seen(olga)).toMatch(/looks like a key\. It was not used/);
    expect(seen(ana, chat)).toBe('');
  });

  it('is warned of where the bot may not delete it', async () => {
    await started();
    const chat = team();
    await olga.type(line, { chat });
    await expect.poll(() => seen(olga)).toContain('The message could not be deleted; delete it yourself.');
    expect(heard(ana, chat)).toEqual([]);
  });

  it('in a command that only the bot saw, is warned of there, to its sender alone', async () => {
    await started();
    const chat = team();
    await ana.type(line, { chat });
    await expect.poll(() => seen(ana, chat)).toMatch(/looks like a key\. It was not used/);
    expect(seen(ben, chat)).toBe('');
  });

  it.each([
    ['is gone', 'admin'],
    ['stands', 'member'],
  ] as const)(
    'where it %s, of somebody whom the bot may not write to, member or stranger, is warned of before all',
    async (_, bot) => {
      await started();
      const zoe = api.person('Zoe', { client: 'old', started: false });
      const chat = api.group('Team', [ana, ben, nina, zoe], { kind: 'supergroup', bot });
      const told = () => heard(ben, chat).map(({ text }) => text);
      await nina.type('/mcp', { chat });
      await expect.poll(told).toEqual(['I answer this only in private.']);
      await nina.type(line, { chat });
      await expect.poll(told).toEqual([expect.anything(), expect.stringMatching(SEEN)]);
      await zoe.type(line, { chat });
      await expect.poll(told).toHaveLength(3);
      await nina.type(line, { chat });
      await zoe.type('/mcp', { chat });
      await expect.poll(told).toHaveLength(4);
      await gateway.app.gateway.settle();
      expect(told().slice(2)).toEqual([expect.stringMatching(SEEN), 'I answer this only in private.']);
      const said = heard(ben, chat).map(({ text, buttons }) => text + JSON.stringify(buttons));
      expect(said.join()).not.toMatch(new RegExp(`${PASTED}|weather|nina|zoe`, 'i'));
    },
  );

  it('in a command that only the bot saw, is warned of before nobody, whatever Telegram takes', async () => {
    await started();
    const mia = api.person('Mia', { started: false });
    const chat = api.group('Team', [ben, mia], { kind: 'supergroup', bot: 'member' });
    api.fail('sendMessage', { errorCode: 400, description: 'Bad Request: EPHEMERAL_INVALID' });
    await mia.type(line, { chat });
    await expect
      .poll(() => heard(ben, chat).map(({ text }) => text))
      .toEqual(['I answer this only in private.']);
  });

  it('is never used, never shown again and never logged, whoever pasted it', async () => {
    await started();
    const chat = team('admin');
    for (const person of [ana, olga, nina]) await person.type(line, { chat });
    expect((await lastHeard(ben, chat)).text).toMatch(SEEN);
    await nina.press('Open our chat', chat);
    await Promise.all([lastHeard(nina), lastHeard(olga), lastHeard(ana, chat)]);
    // The button asks for the new key; what it stands for holds no old one.
    expect(seen(nina)).toContain('[Add key]');
    expect(seen(nina)).not.toMatch(/looks like a key/);
    await gateway.stop();
    expect(weather.shown.join()).not.toContain(PASTED);
    const said = [ana, ben, olga, nina].flatMap((person) => [...heard(person), ...heard(person, chat)]);
    expect(said.map(({ text, buttons }) => text + JSON.stringify(buttons)).join('\n')).not.toContain(PASTED);
    expect(gateway.log.join('\n')).not.toContain(PASTED);
  });
});
