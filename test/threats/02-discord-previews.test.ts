import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  linkIn,
  onlyFor,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { recordFiles } from './records.js';

const threats = useDiscord();
const PREVIEW = {
  'user-agent': 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
};

/** Without what the chat writes down a moment after a command. */
const signInsOf = (files: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(files).filter((path) => !path.includes('chat-discord'));

describe('threat 2: Discord looks at what is behind a link', () => {
  it('it finds none to look at, in any message: links are buttons, and addresses in texts are no links', async () => {
    const notes = await threats.keyServer();
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben', { dms: 'closed' })];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    await threats.gateway(discord, {
      ...onlyFor(ana, ben),
      mcp_servers: { files: { url: threats.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    for (const where of [undefined, general])
      for (const words of ['', 'auth', 'status files', 'tools files', 'test notes', 'help', 'confirm 000000'])
        await answerTo(ana, words, where);
    await ana.says('/mcp auth files');
    await ana.says('@bot mcp status files https://evil.example/x', general);
    await ben.says('@bot mcp auth files', general);
    await untilSees(ben, 'I answer this only in private', general);
    await untilSees(ana, 'evil.example');
    const messages = [ana, ben].flatMap((one) => [...one.messages(), ...one.messages(general)]);
    const ours = messages.filter(({ from }) => from === 'bot');
    expect(ours.length).toBeGreaterThan(14);
    for (const { previews, markup, embeds } of ours) {
      expect([previews, embeds]).toEqual([[], []]);
      expect(markup.filter(({ kind }) => /link/.test(kind))).toEqual([]);
    }
    expect(discord.previews.filter((page) => !page.includes('evil.example'))).toEqual([]);
  });

  it('if it does all the same, as often as it likes, nothing is spent', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana));
    const asked = await askedFor(ana, 'auth files', general);
    const before = await recordFiles(gateway);
    for (const method of ['GET', 'HEAD'])
      for (let look = 0; look < 10; look += 1)
        expect((await fetch(linkIn(asked), { method, headers: PREVIEW })).status).toBe(200);
    expect(signInsOf(await recordFiles(gateway))).toEqual(signInsOf(before));
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', general);
  });
});
