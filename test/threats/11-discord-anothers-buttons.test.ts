import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { Discord, DiscordChannel, DiscordPerson, Fields } from '../helpers/discord/face.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  customIds,
  heard,
  linkIn,
  modalOf,
  NOT_YOURS,
  NOTHING_WAITS,
  newest,
  onlyFor,
  plain,
  saidBy,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { digitsOn } from './pages.js';

const threats = useDiscord();

interface Two {
  readonly discord: Discord;
  readonly ana: DiscordPerson;
  /** May use the gateway too, and wants what is Ana's. */
  readonly mallory: DiscordPerson;
  readonly general: DiscordChannel;
}

async function two(words: object = {}): Promise<Two> {
  const discord = await threats.platform();
  const [ana, mallory] = [discord.person('Ana'), discord.person('Mallory')];
  const general = discord.guild('Acme', [ana, mallory]).channel('general');
  await threats.gateway(discord, { ...onlyFor(ana, mallory), ...words });
  return { discord, ana, mallory, general };
}

/** All that a button of this gateway could say, and some that none does. */
const FORGED = [
  'mcp:cancel',
  'mcp:cancel files',
  'mcp:logout files yes',
  'mcp:confirm 000000',
  'mcp:auth files',
  'mcp:',
  'mcp#AAAAAAAAAAAAAAAAAAAAAA',
];

describe('threat 11: Mallory presses a button of Ana’s, by an interaction that she made up', () => {
  it.each(['private', 'guild'] as const)('on her %s message: refused, to Mallory alone', async (place) => {
    const { ana, mallory, general } = await two();
    const where = place === 'guild' ? general : undefined;
    const asked = await askedFor(ana, 'auth files', where);
    const before = ana.sees(where);
    for (const customId of [...customIds(asked), ...FORGED]) {
      const told = await mallory.forges(asked, customId);
      expect(saidBy(told)).toBe(NOT_YOURS);
      expect(told.kind === 'message' && told.message.ephemeral).toBe(true);
    }
    expect(ana.sees(where)).toBe(before);
    expect(plain(mallory.sees() + mallory.sees(general))).not.toContain('files');
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', where);
  });

  it('without a message, with one whose owner she is said to be, or with one that nobody owns', async () => {
    const { ana, mallory, general } = await two();
    const asked = await askedFor(ana, 'auth files', general);
    const before = ana.sees(general);
    const owned = (id: string): Fields => ({ interaction_metadata: { user: { id } } });
    const messages: readonly (Fields | undefined)[] = [
      undefined,
      {},
      { id: asked.id },
      { id: asked.id, flags: 64 },
      { id: asked.id, flags: 64, ...owned(mallory.id) },
      { id: asked.id, flags: '64', ...owned(ana.id) },
      { id: 'nonsense', flags: 64, ...owned(mallory.id) },
      { id: '1190350394018529999', flags: 64, ...owned(mallory.id) },
    ];
    for (const message of messages)
      for (const custom_id of ['mcp:cancel files', 'mcp:auth files']) {
        const data = { custom_id, component_type: 2 };
        void mallory.sends(3, data, general, message === undefined ? {} : { message });
      }
    await answerTo(mallory, 'help', general);
    await untilSees(mallory, NOT_YOURS, general);
    expect(ana.sees(general)).toBe(before);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', general);
    expect(threats.scene.files.callers.length).toBeGreaterThan(0);
  });

  it('on a message that the bot wrote into Ana’s private chat by itself, which tells no owner', async () => {
    const { discord, ana, mallory, general } = await two();
    await ana.says('@bot mcp auth files', general);
    await untilSees(ana, 'sign in at');
    const asked = newest(ana);
    const before = ana.sees();
    const where = discord.dm(ana);
    for (const customId of ['mcp:cancel files', 'mcp:auth files'])
      expect(saidBy(await mallory.forges(asked, customId))).toBe(NOT_YOURS);
    await mallory.says('/mcp auth files');
    await untilSees(mallory, 'sign in at');
    expect(mallory.messages().map(({ channel }) => channel)).not.toContain(where.id);
    expect(ana.sees()).toBe(before);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
  });

  it('on a message of her own, with what stands on Ana’s: it is what she could have typed, and hers alone', async () => {
    const { ana, mallory, general } = await two();
    const asked = await askedFor(ana, 'auth files', general);
    const own = await answerTo(mallory, '', general);
    for (const customId of [...customIds(asked), 'mcp:cancel files', 'mcp:logout files yes'])
      expect(['updated', 'acknowledged']).toContain((await mallory.forges(own, customId)).kind);
    await untilSees(mallory, /not signed in to files/, general);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', general);
    expect(mallory.sees(general)).not.toContain('files connected');
  });

  it('of other kinds, on menus, or longer than any: nothing breaks, nothing of Ana’s changes', async () => {
    const { ana, mallory, general } = await two();
    const own = await answerTo(mallory, '', general);
    const asked = await askedFor(ana, 'auth files');
    const before = ana.sees();
    for (const customId of [
      'mcp',
      'mcp?AAAAAAAAAAAAAAAAAAAAAA',
      'x',
      `mcp:${'a'.repeat(96)}`,
      'mcp:auth\nfiles',
    ])
      expect((await mallory.forges(own, customId)).kind).not.toBe('failed');
    const message = { id: own.id, flags: 64, interaction_metadata: { user: { id: mallory.id } } };
    const menu = { custom_id: 'mcp:cancel', component_type: 3, values: ['files'] };
    expect(saidBy(await mallory.sends(3, menu, general, { message }))).toContain('expired');
    expect(ana.sees()).toBe(before);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
  });
});

describe('threat 11: Mallory completes, confirms or cancels a sign-in of Ana’s', () => {
  it('her /mcp cancel and /mcp confirm, typed or by Ana’s form, are about her own', async () => {
    const { ana, mallory, general } = await two({ security: { confirm: 'always' } });
    const asked = await askedFor(ana, 'auth files', general);
    const { location, cookies } = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(location), cookies)).text);
    await untilSees(ana, 'one step left', general);
    const form = modalOf(await ana.presses('Enter code', general));
    await answerTo(mallory, 'cancel files', general);
    for (const words of [`confirm ${digits}`, 'confirm 000000']) {
      await answerTo(mallory, words, general);
      expect(plain(newest(mallory, general).text)).toContain(NOTHING_WAITS);
    }
    expect(saidBy(await mallory.submits(form, { 'Six digits': digits }))).toBe(NOT_YOURS);
    expect(threats.scene.files.counts.passed).toBe(0);
    await ana.submits(form, { 'Six digits': digits });
    await untilSees(ana, 'files connected', general);
  });

  it('a form that she sends without its message, or with one of her own, is her own and nobody else’s', async () => {
    const { ana, mallory, general } = await two({ security: { confirm: 'always' } });
    const asked = await askedFor(ana, 'auth files', general);
    const { location, cookies } = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(location), cookies)).text);
    await untilSees(ana, 'one step left', general);
    const form = modalOf(await ana.presses('Enter code', general));
    const value = { type: 4, custom_id: 'digits', value: digits };
    const data = { custom_id: form.customId, components: [{ type: 18, component: value }] };
    const own = await answerTo(mallory, 'help', general);
    const message = { id: own.id, flags: 64, interaction_metadata: { user: { id: mallory.id } } };
    expect(saidBy(await mallory.sends(5, data, general))).toContain(NOTHING_WAITS);
    void mallory.sends(5, data, general, { message });
    await expect.poll(() => plain(mallory.sees(general)).split(NOTHING_WAITS).length).toBe(3);
    expect(threats.scene.files.counts.passed).toBe(0);
    expect(plain(newest(ana, general).text)).toContain('one step left');
  });

  it('Ana’s key form, submitted by Mallory: refused; submitted in a chat of Mallory’s own: Mallory’s key, not Ana’s', async () => {
    const notes = await threats.keyServer();
    const { ana, mallory, general } = await two({ mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, 'auth notes', general);
    const form = modalOf(await ana.presses('Add key', general));
    expect(saidBy(await mallory.submits(form, { NOTES_KEY: 'key-of-mallory-012345' }))).toBe(NOT_YOURS);
    expect(notes.shown).toEqual([]);
    const value = { type: 4, custom_id: 'NOTES_KEY', value: 'key-of-mallory-012345' };
    const data = { custom_id: form.customId, components: [{ type: 18, component: value }] };
    expect(saidBy(await mallory.sends(5, data))).toContain('did not accept this key');
    await ana.submits(form, { NOTES_KEY: notes.key });
    await untilSees(ana, 'notes connected', general);
    await answerTo(mallory, 'status notes', general);
    expect(plain(mallory.sees(general))).toContain('key needed');
    expect(heard(ana)).toEqual([]);
    expect(notes.shown.at(-1)).toBe(`Bearer ${notes.key}`);
  });

  it('a form of a message whose buttons are long over, or made up, asks for nothing and takes nothing', async () => {
    const notes = await threats.keyServer();
    const { mallory, general } = await two({ mcp_servers: { notes: configuredKey(notes) } });
    for (const custom_id of [
      'mcp?AAAAAAAAAAAAAAAAAAAAAA',
      'mcp?',
      'mcp?../../keys',
      `mcp?${'A'.repeat(90)}`,
    ]) {
      const value = { type: 4, custom_id: 'NOTES_KEY', value: notes.key };
      const outcome = await mallory.sends(
        5,
        { custom_id, components: [{ type: 18, component: value }] },
        general,
      );
      expect(saidBy(outcome)).toBe('This button has expired. Type /mcp for a new one.');
    }
    expect(notes.shown).toEqual([]);
  });
});
