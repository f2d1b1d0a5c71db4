import { describe, expect, it } from 'vitest';
import {
  answerTo,
  expectOnlyNotes,
  idOf,
  onlyFor,
  plain,
  publicCalls,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();

const ADMINS_ONLY = 'Only an admin of this gateway may do that.';

describe('threat 12: an outsider types /mcp', () => {
  it('and hears their own id and nothing else, sixty times in ten minutes, seen by nobody else', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const oto = api.person('Oto');
    const group = api.group('Team', [ana, oto], { kind: 'supergroup' });
    await telegram.gateway(api, onlyFor(ana));
    for (const command of ['/mcp', '/mcp auth files', '/mcp status files', '/mcp users', '/mcp reload']) {
      const answer = await answerTo(oto, command, group);
      expect(plain(answer.text)).toBe(
        `You may not use this gateway yet. Whoever runs it can let you in: your id is ${idOf(oto)}.`,
      );
      expect(answer.buttons).toEqual([]);
    }
    const said = () => oto.messages(group).filter(({ from }) => from === 'bot').length;
    for (let before = said(); before < 60; before = said()) {
      await oto.type('/mcp', { chat: group });
      await expect.poll(said, { interval: 5 }).toBeGreaterThan(before);
    }
    for (let each = 0; each < 10; each += 1) await oto.type('/mcp', { chat: group });
    await answerTo(ana, '/mcp help');
    await expect.poll(() => api.pendingUpdates).toBe(0);
    expect(said()).toBe(60);
    expect(ana.sees(group)).toBe('');
    expect(telegram.scene.provider.counts.registration).toBe(0);
  });
});

describe('threat 12: a member types an admin command', () => {
  it('and hears that it is one, and neither servers nor people', async () => {
    const api = await telegram.platform();
    const [ana, ben] = [api.person('Ana'), api.person('Ben')];
    await telegram.gateway(api, { access: { users: [idOf(ben)], admins: [idOf(ana)] } });
    for (const command of ['/mcp users', '/mcp users files', '/mcp reload']) {
      const answer = plain((await answerTo(ben, command)).text);
      expect(answer).toContain(ADMINS_ONLY);
      expect(answer).not.toMatch(/files|telegram:/);
    }
    expect(plain((await answerTo(ana, '/mcp users')).text)).not.toContain(ADMINS_ONLY);
  });
});

describe('threat 12: a member asks for a server that is not there for them', () => {
  it('by name, by a slip, by everything: it is answered like one that was never configured', async () => {
    const api = await telegram.platform();
    const [ana, ben] = [api.person('Ana'), api.person('Ben')];
    const { url } = telegram.scene.files;
    await telegram.gateway(api, {
      ...onlyFor(ana, ben),
      mcp_servers: { files: { url, auth: 'oauth', allow: [idOf(ana)] } },
    });
    for (const name of ['files', 'nowhere']) {
      for (const command of ['status', 'auth', 'test', 'logout']) {
        const answer = plain((await answerTo(ben, `/mcp ${command} ${name}`)).text);
        expect(answer).toBe(`There is no server “${name}”.`);
      }
    }
    const all = [
      await answerTo(ben, '/mcp'),
      await answerTo(ben, '/mcp auth'),
      await answerTo(ben, '/mcp file'),
    ];
    expect(all.map(({ text, buttons }) => `${text} ${JSON.stringify(buttons)}`).join('\n')).not.toContain(
      'files',
    );
    expect(telegram.scene.provider.counts.registration).toBe(0);
    expect(plain((await answerTo(ana, '/mcp auth files')).text)).toContain('files');
  });
});

describe('threat 12: a group that is not open', () => {
  it('gets no answer but to who asked: a sentence with the group’s id; the private chat works', async () => {
    const api = await telegram.platform();
    const [ana, ben] = [api.person('Ana'), api.person('Ben')];
    const group = api.group('Team', [ana, ben], { kind: 'supergroup' });
    await telegram.gateway(api, { access: { ...onlyFor(ana).access, groups: false } });
    const answer = plain((await answerTo(ana, '/mcp auth files', group)).text);
    expect(answer).toMatch(/^\/mcp is not open in this group.*the id of this chat is telegram:-\d+\.$/);
    expectOnlyNotes(api, group, ben);
    expect(publicCalls(api)).toEqual([]);
    expect(telegram.scene.provider.counts.registration).toBe(0);
    expect(plain((await answerTo(ana, '/mcp auth files')).text)).toContain('files');
  });
});
