import { describe, expect, it } from 'vitest';
import { slipView } from '../../../src/gateway/views/slips.js';
import { reply } from '../../contracts/chat-adapter.js';
import { commands, heard, lastHeard, quiet, SERVERS, saying, seen, useStages } from './stage.js';

const open = useStages();
const KEY = 'sk-live-7f3a9c1e5b2d8f406a';
/** What the gateway answers to a key. */
const SLIP = slipView(
  { kind: 'pasted-secret', server: 'linear' },
  { servers: ['linear'], forms: true, keysOf: () => ['LINEAR_KEY'], removed: false },
);
const SEEN =
  'A message here held what looks like a key, and others may have read it. I did not use it. If it was yours: delete it where it still stands, replace the key at its provider, and type /mcp auth here to give the new one.';

describe('/mcp', () => {
  it('works bare, and with the words of its options in the order of a sentence', async () => {
    const stage = await open();
    const { ana, general } = stage;
    await ana.types('/mcp', {}, general);
    await ana.types('/mcp', { server: 'linear files', command: 'auth' }, general);
    await ana.types('/mcp', { command: ' Auth  linear ' });
    expect(commands(stage)).toEqual([[], ['auth', 'linear', 'files'], ['Auth', 'linear']]);
  });

  it('with a server alone asks how that one is', async () => {
    const stage = await open();
    await stage.ana.types('/mcp', { server: 'linear' }, stage.general);
    expect(commands(stage)).toEqual([['status', 'linear']]);
  });

  it('is the same person in a guild, in a thread and in the DM', async () => {
    const stage = await open();
    const { ana, general, gateway } = stage;
    await ana.types('/mcp', {}, general);
    await ana.types('/mcp', {}, general.thread('Release'));
    await ana.types('/mcp');
    const actors = gateway.invocations.map(({ actor }) => actor);
    expect(actors).toEqual(Array(3).fill({ platform: 'discord', userId: ana.id, displayName: '@ana' }));
  });

  it('that Discord gives twice runs once', async () => {
    const stage = await open();
    const { ana, discord } = stage;
    await ana.types('/mcp', { command: 'auth' });
    await discord.redeliver(String(discord.sent[0]?.id));
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth']]);
  });

  it('that Discord gives again after a restart runs once', async () => {
    const stage = await open();
    const { ana, discord } = stage;
    await ana.types('/mcp', { command: 'auth' });
    await stage.restart();
    await discord.redeliver(String(discord.sent[0]?.id));
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth']]);
  });
});

describe('text', () => {
  it('in the DM is a command with and without the slash, and is answered there', async () => {
    const stage = await open();
    const { ana } = stage;
    await ana.says('/mcp auth linear');
    await ana.says('MCP  status');
    await expect.poll(() => commands(stage)).toEqual([['auth', 'linear'], ['status']]);
    expect((await lastHeard(ana)).text).toContain('MCP servers');
    expect(heard(ana).every(({ ephemeral }) => !ephemeral)).toBe(true);
  });

  it('in the DM that is no command gets a hint, once for each', async () => {
    const stage = await open();
    await stage.ana.says('hello');
    await expect.poll(() => seen(stage.ana)).toContain('I understand /mcp');
    expect(commands(stage)).toEqual([]);
    await stage.ana.presses('Help');
    await expect.poll(() => commands(stage)).toEqual([['help']]);
  });

  it('that mentions the bot in a guild is answered in the DM, and nobody there sees anything', async () => {
    const stage = await open();
    const { ana, ben, general } = stage;
    await ana.says('@bot mcp auth linear', general);
    await expect.poll(() => seen(ana)).toContain('MCP servers');
    expect(commands(stage)).toEqual([['auth', 'linear']]);
    for (const person of [ana, ben]) expect(heard(person, general)).toEqual([]);
  });

  it('that mentions the bot is pointed to /mcp by one line, where the DM is closed', async () => {
    const stage = await open();
    const { ana, ben, general, discord } = stage;
    ana.closeDms();
    await ana.says('@bot mcp auth linear', general);
    await expect
      .poll(() => heard(ben, general).map(({ text }) => text))
      .toEqual(['I answer this only in private: type /mcp here.']);
    await ana.says('@bot mcp', general);
    await quiet(stage);
    expect(heard(ben, general)).toHaveLength(1);
    expect(heard(ben, general)[0]).toMatchObject({ buttons: [], pings: [], previews: [] });
    expect(ana.pinged).toEqual([]);
    const posted = () =>
      discord.callsOf('POST /channels/:id/messages').filter(({ status }) => status === 200);
    await expect.poll(() => posted().length).toBe(2);
  });

  it('with a key, of somebody whose DM is closed, is warned of before all who read it: once, by a fixed sentence', async () => {
    const stage = await open();
    const { ana, ben, general, clock } = stage;
    const said: string[] = [];
    stage.answer = async (invocation) =>
      said.push((await stage.say(invocation, invocation.words.length === 0 ? SERVERS : SLIP)).kind);
    const told = () => heard(ben, general).map(({ text }) => text);
    const says = async (line: string) => {
      const before = said.length;
      await ana.says(line, general);
      await expect.poll(() => said.length).toBe(before + 1);
    };
    const withKey = `@bot mcp auth linear ${KEY}`;
    await says(withKey);
    expect(seen(ana)).toContain('looks like a key');
    expect(told()).toEqual([]);
    ana.closeDms();
    // Whoever was just pointed to /mcp is warned all the same.
    await says('@bot mcp');
    await says(withKey);
    expect(told()).toEqual([expect.stringMatching(/only in private/), SEEN]);
    expect(heard(ben, general).at(-1)).toMatchObject({ buttons: [], pings: [], previews: [] });
    await says(withKey);
    expect(told()).toHaveLength(2);
    clock.advance(11 * 60_000);
    await says(withKey);
    expect(told()).toEqual([expect.anything(), SEEN, SEEN]);
    expect(said).toEqual(['delivered', ...Array(4).fill('no-private-way')]);
  });

  it('with a key, that only the bot saw, is warned of before nobody', async () => {
    const stage = await open();
    const { ana, ben, general, discord } = stage;
    stage.answer = (invocation) => stage.say(invocation, SLIP);
    ana.closeDms();
    discord.fail('POST /interactions', { status: 404, code: 10_062, message: 'Unknown interaction' }, 10);
    void ana.types('/mcp', { command: `auth linear ${KEY}` }, general);
    await expect.poll(() => discord.callsOf('POST /users/@me/channels').length).toBeGreaterThan(0);
    await quiet(stage);
    expect(heard(ben, general)).toEqual([]);
  });

  it('is pointed to /mcp also where the bot may not read earlier messages, and nowhere where it may not write', async () => {
    const stage = await open();
    const { ana, ben, guild, log } = stage;
    ana.closeDms();
    const [readless, writeless] = [
      guild.channel('one', { deny: ['ReadMessageHistory'] }),
      guild.channel('two', { deny: ['SendMessages'] }),
    ];
    await ana.says('@bot mcp', readless);
    await ana.says('@bot mcp', writeless);
    await expect.poll(() => heard(ben, readless)).toHaveLength(1);
    await expect.poll(() => log.join()).toContain('a channel could not be told');
    expect(heard(ben, writeless)).toEqual([]);
  });

  it('that no private way answers is told to the gateway as that, also where the channel takes no line now', async () => {
    const stage = await open();
    const { ana, general, discord } = stage;
    ana.closeDms();
    const told: string[] = [];
    stage.answer = async (invocation) => {
      // The DM is tried first.
      discord.fail('POST /channels/:id/messages', { status: 403, code: 50_007 });
      discord.fail('POST /channels/:id/messages', { retryAfter: 60 });
      told.push((await stage.say(invocation, SERVERS)).kind);
    };
    await ana.says('@bot mcp', general);
    await expect.poll(() => told).toEqual(['no-private-way']);
    await expect.poll(() => stage.log.join()).toContain('a channel could not be told');
  });

  it('of bots, of webhooks, edited, forwarded, or that mentions the bot elsewhere commands nothing', async () => {
    const stage = await open();
    const { ana, general, guild, discord } = stage;
    const robot = discord.person('Robot', { bot: true });
    guild.join(robot);
    await robot.says('@bot mcp auth', general);
    const message = await ana.says('@bot hello', general);
    await ana.edits(message, '@bot mcp auth');
    await ana.says('please @bot mcp auth', general);
    await ana.says('@bot mcpx', general);
    await ana.says('@bot auth', general);
    await ana.says('mcp auth', general);
    await ana.says('/mcp auth', general);
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    expect(heard(ana, general)).toEqual([]);
  });

  it('says in the DM where it is typed that somebody works on it, if that takes long', async () => {
    const stage = await open();
    let finish = (): void => undefined;
    stage.answer = async (invocation) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      await stage.say(invocation, SERVERS);
    };
    await stage.ana.says('mcp');
    await expect.poll(() => saying(stage)).toContain('POST /channels/:id/typing');
    finish();
    await expect.poll(() => seen(stage.ana)).toContain('MCP servers');
  });

  it('can be taken away only where Discord lets the bot', async () => {
    const stage = await open();
    const { ana, adapter, gateway, general } = stage;
    await ana.says('mcp auth sk-1234');
    await ana.says('@bot mcp auth sk-1234', general);
    const [inDm, inGuild] = [await gateway.invocation(1), await gateway.invocation(2)];
    expect(await adapter.remove?.(inDm.typed ?? {})).toBe(false);
    expect(await adapter.remove?.(inGuild.typed ?? {})).toBe(false);
    general.grant('ManageMessages');
    expect(await adapter.remove?.(inGuild.typed ?? {})).toBe(true);
    expect(general && ana.sees(general)).not.toContain('sk-1234');
    // Its person was quicker, or Discord's word of it was lost.
    expect(await adapter.remove?.(inGuild.typed ?? {})).toBe(true);
  });
});

describe('while an option is typed', () => {
  it('what may stand there is offered, behind what stands there already, without asking Discord anything', async () => {
    const stage = await open();
    const asked: (readonly string[])[] = [];
    stage.offer = (words) => {
      asked.push(words);
      return ['linear', 'files'];
    };
    const { ana, general } = stage;
    const named = (choices: readonly { readonly value: string | number }[]) =>
      choices.map(({ value }) => value);
    expect(named(await ana.completes('command', 'auth li', general))).toEqual(['auth linear', 'auth files']);
    expect(named(await ana.completes('command', '', general))).toEqual(['linear', 'files']);
    const filled = { options: { command: 'auth' } };
    expect(named(await ana.completes('server', 'linear f', general, filled))).toEqual([
      'linear linear',
      'linear files',
    ]);
    expect(named(await ana.completes('server', 'l', general))).toEqual(['linear', 'files']);
    expect(asked).toEqual([['auth', 'li'], [''], ['auth', 'linear', 'f'], ['status', 'l']]);
    expect(saying(stage).filter((route) => !route.startsWith('POST /interactions'))).toEqual([]);
  });

  it('at most 25 are offered, none longer than Discord takes', async () => {
    const stage = await open();
    stage.offer = () => ['x'.repeat(101), ...Array.from({ length: 40 }, (_, at) => `server-${at}`)];
    const choices = await stage.ana.completes('command', '', stage.general);
    expect(choices).toHaveLength(25);
    expect(choices[0]).toEqual({ name: 'server-0', value: 'server-0' });
  });

  it('strangers are offered nothing', async () => {
    const stage = await open();
    stage.offer = () => [];
    expect(await stage.ana.completes('command', 'a', stage.general)).toEqual([]);
  });
});

describe('the way back', () => {
  it('leads to the channel where the command was given, or to the DM', async () => {
    const stage = await open();
    const { ana, general, guild, gateway, adapter, discord } = stage;
    await ana.types('/mcp', {}, general);
    await ana.types('/mcp');
    const [there, here] = [await gateway.invocation(1), await gateway.invocation(2)];
    const url = (invocation: typeof there) => adapter.chatUrl?.(invocation);
    expect(url(there)).toBe(`https://discord.com/channels/${guild.id}/${general.id}`);
    expect(url(here)).toBe(`https://discord.com/channels/@me/${discord.dm(ana).id}`);
    expect(adapter.chatUrl?.({ actor: here.actor })).toBe(url(here));
    expect(adapter.chatUrl?.({ actor: { ...here.actor, platform: 'slack' } })).toBeUndefined();
    await adapter.send({ actor: here.actor }, reply('news'));
  });
});
