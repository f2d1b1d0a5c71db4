import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Discord, DiscordChannel, DiscordPerson } from '../helpers/discord/face.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import {
  answerTo,
  calm,
  configuredKey,
  heard,
  modalOf,
  NOTE,
  newest,
  onlyFor,
  publicCalls,
  useDiscord,
} from './discord-scene.js';

const threats = useDiscord();

const records = async ({ stateFolder }: RunningGateway): Promise<readonly string[]> =>
  await readdir(join(stateFolder, 'records', 'chat-discord')).catch(() => []);

describe('threat 20: one person floods the bot', () => {
  it('with hundreds of commands for a server that hangs, and talk: others are answered, and she is again when it is over', async () => {
    const hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/mcp`;
    // Else a busy machine, which also plays hundreds of clients here, would miss a deadline of its own making.
    const discord = await threats.platform({ deadlineMs: 30_000, patienceMs: 30_000 });
    const [mallory, ben] = [discord.person('Mallory'), discord.person('Ben')];
    const general = discord.guild('Acme', [mallory, ben]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(mallory, ben),
      mcp_servers: { slow: { url } },
    });
    await answerTo(ben, 'help', general);
    const said: Promise<unknown>[] = [];
    try {
      for (let each = 0; each < 150; each += 1) {
        said.push(mallory.types('/mcp', { command: 'test slow' }, general));
        said.push(mallory.says('what?'));
        said.push(mallory.says('@bot mcp test slow', general));
      }
      await answerTo(ben, 'help', general);
      await Promise.all(said);
      await answerTo(ben, 'help', general);
      expect((await records(gateway)).length).toBeLessThan(6);
      // Her own flood is let fall, in a word that costs one answer each, and begins nothing.
      const begun = heard(mallory, general).filter(({ text }) => !text.startsWith('That did not work'));
      expect(begun.length).toBeLessThanOrEqual(40);
    } finally {
      hanging.closeAllConnections();
      await new Promise<void>((resolve) => hanging.close(() => resolve()));
    }
    const answered = async () => {
      const outcome = await mallory.types('/mcp', { command: 'help' }, general);
      return outcome.kind === 'message' && outcome.message.text.includes('What you can do');
    };
    await expect.poll(answered).toBe(true);
  });

  it('with made-up presses and forms: none leaves anything behind, and others are answered', async () => {
    const discord = await threats.platform();
    const [mallory, ben] = [discord.person('Mallory'), discord.person('Ben')];
    const general = discord.guild('Acme', [mallory, ben]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ben));
    const own = await answerTo(mallory, '', general);
    const made = Array.from({ length: 150 }, (_, at) => String(at).padStart(22, 'A'));
    const outcomes = await Promise.all([
      ...made.map((hash) => mallory.forges(own, `mcp#${hash}`)),
      ...made.map((hash) => mallory.sends(5, { custom_id: `mcp?${hash}`, components: [] }, general)),
    ]);
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([]);
    await answerTo(ben, 'help', general);
    await calm(discord, ben);
    expect((await records(gateway)).length).toBeLessThan(6);
  });

  it('with autocompletion, a letter at a time: it asks nothing of servers or the store, and answers each', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana));
    const before = await records(gateway);
    const all = Array.from({ length: 300 }, () => ana.completes('command', 'a', general));
    for (const choices of await Promise.all(all)) expect(choices.map(({ value }) => value)).toContain('auth');
    expect(await records(gateway)).toEqual(before);
    const { refused, passed } = threats.scene.files.counts;
    expect([refused, passed]).toEqual([0, 0]);
  });

  it('with one key form, submitted again and again: each try is answered, and what it leaves behind is bounded', async () => {
    const notes = await threats.keyServer();
    const discord = await threats.platform();
    const mallory = discord.person('Mallory');
    const general = discord.guild('Acme', [mallory]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(mallory),
      mcp_servers: { notes: configuredKey(notes) },
    });
    await answerTo(mallory, 'auth notes', general);
    const form = modalOf(await mallory.presses('Add key', general));
    const values = { NOTES_KEY: 'key-that-is-not-the-one' };
    const tries = await Promise.all(Array.from({ length: 40 }, () => mallory.submits(form, values)));
    expect(tries.filter(({ kind }) => kind === 'failed')).toEqual([]);
    await calm(discord, mallory);
    expect(heard(mallory, general).every(({ state }) => state === 'sent')).toBe(true);
    expect((await records(gateway)).length).toBeLessThan(8);
  });

  it('through the URL, with requests that Discord never signed: nothing is kept, and who is real is answered', async () => {
    const discord = await threats.platform();
    const ben = discord.person('Ben');
    const general = discord.guild('Acme', [ben]).channel('general');
    const gateway = await threats.hooked(discord, onlyFor(ben));
    const body = JSON.stringify({ type: 2, data: { name: 'mcp', x: 'x'.repeat(100_000) } });
    for (let round = 0; round < 15; round += 1) {
      const posts = Array.from({ length: 40 }, () =>
        discord.interactions.post({}, { body, signature: '0'.repeat(128) }),
      );
      expect(new Set((await Promise.all(posts)).map(({ status }) => status))).toEqual(new Set([401]));
    }
    await answerTo(ben, 'help', general);
    expect((await records(gateway)).length).toBeLessThan(5);
  });
});

describe('threat 20: people whose DMs are closed have it fill a channel', () => {
  interface Crowd {
    readonly discord: Discord;
    readonly people: readonly DiscordPerson[];
    readonly ben: DiscordPerson;
    readonly general: DiscordChannel;
    readonly gateway: RunningGateway;
  }

  async function crowd(words: object = {}): Promise<Crowd> {
    const discord = await threats.platform();
    const ben = discord.person('Ben');
    const people = Array.from({ length: 12 }, (_, at) => discord.person(`Person${at}`, { dms: 'closed' }));
    const general = discord.guild('Acme', [ben, ...people]).channel('general');
    const gateway = await threats.gateway(discord, { ...onlyFor(ben, ...people), ...words });
    return { discord, people, ben, general, gateway };
  }

  const notes = (ben: DiscordPerson, where: DiscordChannel): number => heard(ben, where).length;

  it.each([
    ['who may use it', {}],
    ['strangers', { access: { users: ['discord:1'] } }],
  ])('%s: five notes in ten minutes, then silence; later there are some again', async (_who, words) => {
    const { discord, people, ben, general } = await crowd(words);
    for (let round = 0; round < 3; round += 1)
      for (const person of people) await person.says('@bot mcp auth files', general);
    const refused = () => discord.calls.filter(({ code }) => code === 50_007).length;
    await expect.poll(refused).toBe(3 * people.length);
    await calm(discord, ben);
    expect(notes(ben, general)).toBe(5);
    expect(publicCalls(discord, general)).toHaveLength(5);
    for (const { text, buttons } of heard(ben, general)) expect([text, buttons]).toEqual([NOTE, []]);
    threats.clock.advance(10 * 60_000 + 1);
    await people[0]?.says('@bot mcp', general);
    await expect.poll(() => notes(ben, general)).toBe(6);
  });

  it('one person alone: one note, however often they ask; another channel has its own', async () => {
    const { discord, people, ben, general } = await crowd();
    const [one] = people;
    const other = general.guild?.channel('random');
    if (one === undefined || other === undefined) throw new Error('a small crowd');
    for (let round = 0; round < 60; round += 1) await one.says('@bot mcp', general);
    await calm(discord, ben);
    expect(notes(ben, general)).toBe(1);
    await one.says('@bot mcp', other);
    await expect.poll(() => notes(ben, other)).toBe(1);
    expect(newest(ben, other).text).toBe(NOTE);
  });
});
