import { describe, expect, it } from 'vitest';
import { useStages } from './stage.js';

const open = useStages();
const WRITES = 'POST /applications/:id/commands';

describe('/mcp in the list of commands', () => {
  it('has two optional words that are completed, in guilds and in the bot’s DM', async () => {
    const { discord } = await open();
    expect(discord.commands()).toEqual([
      expect.objectContaining({
        name: 'mcp',
        contexts: [0, 1],
        options: [
          expect.objectContaining({ name: 'command', type: 3, autocomplete: true }),
          expect.objectContaining({ name: 'server', type: 3, autocomplete: true }),
        ],
      }),
    ]);
  });

  it('is registered once, and not again while it is as it should be', async () => {
    const stage = await open();
    await stage.restart();
    await stage.ana.types('/mcp');
    expect(writes(stage.discord.calls)).toHaveLength(1);
  });

  it('is registered anew where somebody changed it, and other commands stay', async () => {
    const { discord, restart, ana } = await open();
    discord.register([
      { name: 'mcp', description: 'something else', type: 1 },
      { name: 'weather', description: 'The weather', type: 1 },
      { name: 'mcp', type: 3 },
    ]);
    await restart();
    await expect
      .poll(() => discord.commands().find(isOurs))
      .toMatchObject({
        description: 'Your MCP servers and sign-ins',
      });
    expect(discord.commands().map(({ name }) => name)).toEqual(expect.arrayContaining(['weather', 'mcp']));
    expect(discord.commands()).toHaveLength(3);
    await ana.types('/mcp');
  });

  it('of named guilds is theirs, and everybody else has it in the DM alone', async () => {
    const stage = await open({ early: true, adapter: { guilds: ['1', '2'] } });
    const { discord } = stage;
    await expect.poll(() => discord.commands()).toEqual([expect.objectContaining({ contexts: [1] })]);
    const other = discord.guild('Other', [stage.ana]);
    const named = await open({ adapter: { guilds: [] } });
    expect(named.discord.commands()).toEqual([expect.objectContaining({ contexts: [1] })]);
    expect(discord.commands(other)).toEqual([]);
    await expect.poll(() => stage.log.join()).toContain('is the bot in this guild?');
  });

  it('is taken away from a guild that is no longer named, with one call and once; what else is there stays', async () => {
    const adapter: { guilds?: readonly string[] } = { guilds: [] };
    const stage = await open({ adapter });
    const { discord, guild, ana } = stage;
    const other = discord.guild('Other', [ana]);
    const named = (...guilds: readonly string[]) => {
      adapter.guilds = guilds;
      return stage.restart();
    };
    const namesIn = (where: typeof guild) => discord.commands(where).map(({ name }) => name);
    await named(guild.id, other.id);
    await expect.poll(() => namesIn(other)).toEqual(['mcp']);
    discord.register(
      [...discord.commands(other), { name: 'weather', description: 'The weather', type: 1 }],
      other,
    );
    const before = discord.calls.length;
    await named(guild.id);
    await expect.poll(() => namesIn(other)).toEqual(['weather']);
    const about = discord.calls.slice(before).map(({ route }) => route);
    expect(about.filter((route) => route.includes('/commands'))).toEqual([
      'GET /applications/:id/commands',
      'GET /applications/:id/guilds/:id/commands',
      'DELETE /applications/:id/guilds/:id/commands/:id',
    ]);
    // What another bot registered with this memory is not this one's to take away.
    await stage.memory.set('guild/7', { application: '1', command: '2' }, 60_000);
    await named();
    await expect.poll(() => namesIn(guild)).toEqual([]);
    await expect.poll(() => stage.memory.names.filter((key) => key.startsWith('guild/'))).toEqual([]);
    expect(discord.callsOf('DELETE /applications/:id/guilds/:id/commands/:id')).toHaveLength(2);
  });

  it('is left alone where the config says so', async () => {
    const stage = await open({ adapter: { commands: false } });
    expect(stage.discord.callsOf('GET /applications/:id/commands')).toEqual([]);
    expect(stage.discord.commands()).toEqual([]);
  });

  it('that cannot be registered is said in the log, and everything else works', async () => {
    const stage = await open({ early: true });
    stage.discord.fail('GET /applications/:id/commands', { status: 403, code: 50001 });
    await expect.poll(() => stage.discord.gateway.ready).toBe(1);
    await stage.ana.says('mcp');
    expect((await stage.gateway.invocation(1)).words).toEqual([]);
  });
});

function writes(calls: readonly { readonly route: string }[]): readonly unknown[] {
  return calls.filter(({ route }) => route === WRITES);
}

function isOurs({ name, type }: Readonly<Record<string, unknown>>): boolean {
  return name === 'mcp' && type === 1;
}
