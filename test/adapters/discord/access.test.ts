import { describe, expect, it } from 'vitest';
import { commands, heard, quiet, type Stage, seen, useStages } from './stage.js';

const open = useStages();
const NOT_HERE = 'I do not answer in this channel.';

/** Ids are known only once there is a platform: the adapter reads the lists when it starts. */
async function restricted(
  which: (stage: Stage) => { guilds?: string[]; channels?: string[] },
): Promise<Stage> {
  const lists: { guilds?: string[]; channels?: string[] } = {};
  const stage = await open({ adapter: lists });
  Object.assign(lists, which(stage));
  await stage.restart();
  return stage;
}

describe('a channel list', () => {
  it('lets commands run there, in its threads, and in the DM; elsewhere a private line says so', async () => {
    const stage = await restricted(({ general }) => ({ channels: [general.id] }));
    const { ana, ben, guild, general } = stage;
    const random = guild.channel('random');
    await ana.types('/mcp', { command: 'one' }, general);
    await ana.types('/mcp', { command: 'two' }, general.thread('Release'));
    await ana.types('/mcp', { command: 'three' });
    const refusal = await ana.types('/mcp', { command: 'four' }, random);
    expect(refusal).toMatchObject({ kind: 'message', message: { ephemeral: true, text: NOT_HERE } });
    expect(await ana.completes('command', '', random)).toEqual([]);
    expect(commands(stage)).toEqual([['one'], ['two'], ['three']]);
    expect(heard(ben, random)).toEqual([]);
  });

  it('holds for mentions: what a thread hangs on is asked for once', async () => {
    const stage = await restricted(({ general }) => ({ channels: [general.id] }));
    const { ana, guild, general, discord } = stage;
    const [random, release] = [guild.channel('random'), general.thread('Release')];
    await ana.says('@bot mcp one', release);
    await ana.says('@bot mcp two', release);
    await ana.says('@bot mcp three', random);
    await ana.says('@bot mcp four', random);
    await expect.poll(() => seen(ana)).toContain(NOT_HERE);
    await quiet(stage);
    expect(commands(stage)).toEqual([['one'], ['two']]);
    expect(discord.callsOf('GET /channels/:id')).toHaveLength(2);
    expect(seen(ana).split(NOT_HERE)).toHaveLength(2);
    expect(heard(ana, random)).toEqual([]);
  });
});

describe('a guild list', () => {
  it('lets commands run there and in the DM alone', async () => {
    const stage = await restricted(({ guild }) => ({ guilds: [guild.id] }));
    const { ana, ben, guild, general, discord } = stage;
    const other = discord.guild('Other', [ana, ben]).channel('lobby');
    // The command moves from everywhere to the one server.
    await expect.poll(() => discord.commands(guild)).toHaveLength(1);
    await ana.types('/mcp', { command: 'one' }, general);
    await ana.types('/mcp', { command: 'two' });
    await ana.says('@bot mcp three', other);
    await expect.poll(() => seen(ana)).toContain(NOT_HERE);
    expect(commands(stage)).toEqual([['one'], ['two']]);
    const data = { id: '1', name: 'mcp', type: 1, options: [] };
    expect(await ana.sends(2, data, other)).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: NOT_HERE },
    });
    expect(await ana.sends(2, data, discord.privateChannel([ana, ben]))).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: NOT_HERE },
    });
    await quiet(stage);
    expect(commands(stage)).toHaveLength(2);
  });
});

describe('a private chat of others', () => {
  it('is answered so that only who asks sees it', async () => {
    const stage = await open();
    const { ana, ben, discord } = stage;
    const chat = discord.privateChannel([ana, ben]);
    const outcome = await ana.sends(2, { id: '1', name: 'mcp', type: 1, options: [] }, chat);
    expect(outcome).toMatchObject({ kind: 'message', message: { ephemeral: true } });
    expect(heard(ben, chat)).toEqual([]);
  });
});
