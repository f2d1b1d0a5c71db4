import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/sign-in-browser.js';
import { recordFiles } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const PREVIEW = { 'user-agent': 'TelegramBot (like TwitterBot)' };

/** Without what the chat writes down a moment after an update. */
const signInsOf = (files: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(files).filter((path) => !path.includes('chat-telegram'));

describe('threat 2: Telegram looks at what is behind a link', () => {
  it('it is asked not to, in every message and every edit that has a text', async () => {
    const notes = await telegram.keyServer();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { started: false, client: 'old' });
    const group = api.group('Team', [ana, ben]);
    await telegram.gateway(api, {
      ...onlyFor(ana, ben),
      ...NO_PUBLIC_URL,
      mcp_servers: { files: { url: telegram.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    for (const chat of [undefined, group])
      for (const words of ['', 'auth files', 'auth notes', 'status files', 'help'])
        await answerTo(ana, `/mcp ${words}`, chat);
    await ana.press('Add key', group);
    await untilSees(ana, 'Send me NOTES_KEY');
    await ana.type('what is that?');
    await ana.start('mcp_c_000000');
    await ben.type('/mcp', { chat: group });
    await untilSees(ana, 'I answer this only in private.', group);
    const said = api.calls.filter(
      ({ payload }) => typeof payload.text === 'string' && payload.chat_id !== undefined,
    );
    expect(said.length).toBeGreaterThan(12);
    for (const { payload } of said) expect(payload.link_preview_options).toEqual({ is_disabled: true });
    for (const person of [ana, ben])
      for (const message of [...person.messages(), ...person.messages(group)])
        expect(message.linkPreview).toBe(false);
  });

  it('if it does all the same, as often as it likes, nothing is spent: neither the sign-in nor the way into the chat', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana', started: false, client: 'old' });
    const group = api.group('Team', [ana]);
    const gateway = await telegram.gateway(api, onlyFor(ana));
    await ana.type('/mcp auth files', { chat: group });
    await untilSees(ana, 'I answer this only in private.', group);
    // A look at t.me's page never reaches a bot: a link is spent by START, in the chat of whom it is for.
    await ana.openLink(linkIn(newest(ana, group)));
    await untilSees(ana, 'sign in at');
    const asked = newest(ana);
    const before = await recordFiles(gateway);
    for (const method of ['GET', 'HEAD'])
      for (let look = 0; look < 10; look += 1)
        expect((await fetch(linkIn(asked), { method, headers: PREVIEW })).status).toBe(200);
    const after = await recordFiles(gateway);
    expect(signInsOf(after)).toEqual(signInsOf(before));
    expect(ana.sees()).toContain('sign in at');
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    await askedFor(ana, '/mcp auth files');
  });
});
