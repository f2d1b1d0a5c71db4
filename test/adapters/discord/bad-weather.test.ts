import { describe, expect, it } from 'vitest';
import { reply } from '../../contracts/chat-adapter.js';
import { contractPerson } from './opened.js';
import { commands, heard, lastHeard, quiet, SERVERS, type Stage, seen, useStages } from './stage.js';

const open = useStages();
const MESSAGES = 'POST /channels/:id/messages';
const CALLBACK = 'POST /interactions/:id/:token/callback';

const tell = ({ adapter, ana }: Stage, title: string) =>
  adapter.send({ actor: contractPerson(ana).actor }, reply(title));

const worked = async (stage: Stage): Promise<void> => {
  await stage.ana.types('/mcp', { command: 'ping' }, stage.general);
  expect(commands(stage).at(-1)).toEqual(['ping']);
};

const errors = ({ log }: Stage) => log.filter((line) => line.includes('"level":50'));

describe('an answer', () => {
  it('waits for as long as a 429 says, and is given once', async () => {
    const stage = await open();
    stage.discord.fail(MESSAGES, { retryAfter: 0.3 });
    const startedAt = performance.now();
    expect(await tell(stage, 'news')).toMatchObject({ kind: 'delivered' });
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(heard(stage.ana)).toHaveLength(1);
  });

  it('that a 429 holds up for too long is for later, and Discord is not asked meanwhile', async () => {
    const stage = await open();
    stage.discord.fail(MESSAGES, { retryAfter: 60 });
    await expect(tell(stage, 'news')).rejects.toMatchObject({ code: 'discord_unavailable' });
    await expect(tell(stage, 'news')).rejects.toMatchObject({ code: 'discord_unavailable' });
    expect(stage.discord.callsOf(MESSAGES)).toHaveLength(1);
    expect(await stage.ana.types('/mcp', {}, stage.general)).toMatchObject({ kind: 'message' });
  });

  it('waits where Discord says beforehand that it takes no more', async () => {
    const stage = await open();
    stage.discord.limit(MESSAGES, 2, 400);
    for (const title of ['one', 'two', 'three']) await tell(stage, title);
    expect(stage.discord.callsOf(MESSAGES).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('is tried again after an error of Discord’s own and after a broken connection', async () => {
    const stage = await open();
    for (const how of [{ status: 502 }, 'drop-before'] as const) {
      stage.discord.fail(MESSAGES, how);
      expect(await tell(stage, 'news')).toMatchObject({ kind: 'delivered' });
    }
    expect(heard(stage.ana)).toHaveLength(2);
  });

  it('whose confirmation is lost is not given twice', async () => {
    const stage = await open();
    stage.discord.fail(MESSAGES, 'drop-after');
    expect(await tell(stage, 'news')).toMatchObject({ kind: 'delivered' });
    expect(heard(stage.ana)).toHaveLength(1);
  });

  it('that Discord never takes is given up after some tries, for the sweep', async () => {
    const stage = await open();
    stage.discord.fail(MESSAGES, { status: 500 }, 20);
    await expect(tell(stage, 'news')).rejects.toMatchObject({ code: 'discord_unavailable' });
    expect(stage.discord.callsOf(MESSAGES).length).toBeLessThan(6);
  });

  it('is given within the three seconds although the first try fails', async () => {
    const stage = await open();
    stage.discord.fail(CALLBACK, { status: 500 });
    expect(await stage.ana.types('/mcp', {}, stage.general)).toMatchObject({ kind: 'message' });
  });

  it('never says in an error or in the log what its address or its token is', async () => {
    const stage = await open();
    stage.discord.fail(CALLBACK, 'drop-before', 10);
    void stage.ana.types('/mcp', {}, stage.general);
    await stage.gateway.invocation(1);
    await expect.poll(() => stage.log.join()).toContain('could not');
    const [{ token } = {}] = stage.discord.sent;
    for (const secret of [stage.discord.token, String(token)]) expect(stage.log.join()).not.toContain(secret);
  });
});

describe('the connection', () => {
  it('goes on after a drop: what was typed meanwhile is answered', async () => {
    const stage = await open();
    stage.discord.gateway.drop();
    await stage.ana.says('mcp meanwhile');
    await expect.poll(() => commands(stage)).toEqual([['meanwhile']]);
    expect(stage.discord.gateway.resumes).toBe(1);
    expect(stage.discord.gateway.identifies).toBe(1);
    await worked(stage);
  });

  it('goes on where Discord asks for a new one', async () => {
    const stage = await open();
    stage.discord.gateway.askToReconnect();
    await expect.poll(() => stage.discord.gateway.resumes).toBe(1);
    await worked(stage);
  });

  it('goes on with its session where Discord says that it can, and with a new one where it cannot', async () => {
    const stage = await open();
    stage.discord.gateway.invalidate(true);
    await expect.poll(() => stage.discord.gateway.resumes).toBe(1);
    stage.discord.gateway.invalidate(false);
    await expect.poll(() => stage.discord.gateway.identifies).toBe(2);
    expect(stage.discord.callsOf('GET /gateway/bot')).toHaveLength(2);
    await expect.poll(() => stage.discord.gateway.ready).toBe(1);
    await worked(stage);
  });

  it('that is dead without saying so is replaced', async () => {
    const stage = await open({ platform: { heartbeatIntervalMs: 1_000 } });
    stage.discord.gateway.stopAcknowledging();
    await expect.poll(() => stage.discord.gateway.connections).toBe(2);
  });

  it('that cannot be made is tried again, ever more slowly, and /readyz says so', async () => {
    const stage = await open();
    const { discord, adapter } = stage;
    expect(adapter.trouble?.()).toBeUndefined();
    discord.gateway.goDown();
    discord.gateway.drop();
    await expect.poll(() => adapter.trouble?.()).toContain('the connection');
    await expect
      .poll(() => stage.log.filter((line) => line.includes('trying again')).length)
      .toBeGreaterThan(2);
    discord.gateway.comeBack();
    await expect.poll(() => adapter.trouble?.()).toBeUndefined();
    await worked(stage);
  });

  it('is made when Discord is there: it need not be at the start', async () => {
    const stage = await open();
    const { discord } = stage;
    await stage.adapter.stop();
    await discord.goDown();
    const restarted = stage.restart();
    await expect.poll(() => stage.adapter.trouble?.()).toBeDefined();
    await discord.comeBack();
    await restarted;
    await worked(stage);
    expect(errors(stage)).toEqual([]);
  });

  it('asks for no privileged intent', async () => {
    const { discord } = await open();
    expect(discord.gateway.intents).toBe((1 << 9) | (1 << 12));
  });

  it('says that Discord sends interactions elsewhere, where it does', async () => {
    const stage = await open({ adapter: { mode: 'http' } });
    const { discord, adapter } = stage;
    await adapter.stop();
    const { createDiscordAdapter } = await import('../../../src/adapters/discord/adapter.js');
    const other = createDiscordAdapter({
      token: discord.token,
      apiRoot: discord.api,
      mode: 'gateway',
      commands: false,
    });
    await other.start(stage.gateway);
    await expect.poll(() => other.trouble?.()).toContain('Interactions Endpoint URL');
    await stage.ana.says('mcp');
    expect((await stage.gateway.invocation(1)).words).toEqual([]);
    await other.stop();
  });
});

describe('a revoked token', () => {
  it('is one line at error and a red /readyz, and nothing is asked any more', async () => {
    const stage = await open();
    stage.discord.revokeToken();
    await expect.poll(() => stage.adapter.trouble?.()).toContain('refuses the bot token');
    const before = stage.discord.calls.length;
    await expect(tell(stage, 'news')).rejects.toMatchObject({ code: 'discord_token_refused' });
    expect(errors(stage)).toHaveLength(1);
    expect(stage.discord.calls).toHaveLength(before);
    const connections = stage.discord.gateway.connections;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(stage.discord.gateway.connections).toBe(connections);
  });

  it('from the start on is the same', async () => {
    const stage = await open({ early: true, adapter: { token: 'no-token' } });
    await expect.poll(() => stage.adapter.trouble?.()).toContain('refuses the bot token');
    expect(errors(stage)).toHaveLength(1);
    expect(stage.log.join()).not.toContain('no-token');
  });

  it('that a request finds out is the same', async () => {
    const stage = await open();
    stage.discord.fail(MESSAGES, { status: 401 });
    await expect(tell(stage, 'news')).rejects.toMatchObject({ code: 'discord_token_refused' });
    expect(stage.adapter.trouble?.()).toContain('refuses the bot token');
    expect(errors(stage)).toHaveLength(1);
  });
});

describe('the end', () => {
  it('takes nothing more, and lets what is under way end', async () => {
    const stage = await open();
    stage.answer = async (invocation) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await stage.say(invocation, SERVERS);
    };
    void stage.ana.types('/mcp', {}, stage.general);
    await stage.gateway.invocation(1);
    await stage.adapter.stop();
    expect(seen(stage.ana, stage.general)).toContain('MCP servers');
    expect(stage.discord.gateway.ready).toBe(0);
    await stage.ana.says('mcp');
    expect(commands(stage)).toEqual([[]]);
  });

  it('comes while the connection is being made, and nothing is tried afterwards', async () => {
    const stage = await open();
    await stage.discord.goDown();
    await expect.poll(() => stage.adapter.trouble?.()).toBeDefined();
    await stage.adapter.stop();
    const { length } = stage.log;
    await stage.discord.comeBack();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(stage.log.slice(length)).toEqual([]);
    expect(stage.discord.gateway.ready).toBe(0);
  });
});

describe('what is no event of ours', () => {
  it('is ignored or answered, and nothing breaks', async () => {
    const stage = await open();
    const { gateway } = stage.discord;
    const strange: readonly unknown[] = [
      null,
      1,
      'x',
      [],
      {},
      { id: 1 },
      { id: '1', type: 2 },
      { author: {} },
    ];
    for (const data of strange)
      for (const event of ['INTERACTION_CREATE', 'MESSAGE_CREATE', 'TYPING_START', ''])
        gateway.dispatch(event, data);
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    expect(errors(stage)).toEqual([]);
  });

  it('a flood by one person is cut, and others are answered', async () => {
    const stage = await open();
    stage.answer = async (invocation) => {
      if (invocation.actor.userId === stage.ana.id)
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      await stage.say(invocation, SERVERS);
    };
    for (let at = 0; at < 60; at += 1) void stage.ana.says(`mcp flood-${at}`);
    await stage.ben.says('mcp');
    expect((await lastHeard(stage.ben)).text).toContain('MCP servers');
    expect(commands(stage).filter(([first]) => first?.startsWith('flood')).length).toBeLessThanOrEqual(20);
  });
});
