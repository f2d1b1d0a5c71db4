import { describe, expect, it } from 'vitest';
import { reply } from '../../contracts/chat-adapter.js';
import {
  CALLBACK,
  DEADLINE_MS,
  EDIT,
  heard,
  lastHeard,
  quiet,
  SERVERS,
  type Stage,
  saying,
  seen,
  slow,
  useStages,
} from './stage.js';

const open = useStages();

async function thinking({ ana, general }: Stage, command = ''): Promise<void> {
  void ana.types('/mcp', command === '' ? {} : { command }, general);
  await expect.poll(() => heard(ana, general).at(-1)?.state).toBe('thinking');
}

describe('the first answer to a command', () => {
  it('is the whole answer where it is quick: one request, and no edit', async () => {
    const stage = await open();
    const outcome = await stage.ana.types('/mcp', {}, stage.general);
    expect(outcome).toMatchObject({ kind: 'message', message: { ephemeral: true, from: 'bot' } });
    expect(saying(stage)).toEqual([CALLBACK]);
  });

  it('is "thinking…" where it takes long, and the answer takes its place: two requests', async () => {
    const stage = await open();
    const finish = slow(stage);
    await thinking(stage);
    finish();
    expect((await lastHeard(stage.ana, stage.general)).text).toContain('MCP servers');
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
    expect(heard(stage.ben, stage.general)).toEqual([]);
    expect(saying(stage)).toEqual([CALLBACK, EDIT]);
  });

  it('in the DM is an ordinary message, quick or not', async () => {
    const stage = await open();
    await stage.ana.types('/mcp');
    const finish = slow(stage);
    void stage.ana.types('/mcp');
    await expect.poll(() => heard(stage.ana).at(-1)?.state).toBe('thinking');
    finish();
    await lastHeard(stage.ana);
    expect(heard(stage.ana).map(({ ephemeral }) => ephemeral)).toEqual([false, false]);
  });

  it('that comes too late for Discord goes into the DM', async () => {
    const stage = await open();
    stage.answer = async (invocation) => {
      stage.clock.advance(DEADLINE_MS);
      await stage.say(invocation, SERVERS);
    };
    expect(await stage.ana.types('/mcp', {}, stage.general)).toMatchObject({ kind: 'failed' });
    await expect
      .poll(() =>
        heard(stage.ana)
          .map(({ text }) => text)
          .join(),
      )
      .toContain('MCP servers');
  });

  it('that somebody else gave before is left alone, and ours goes into the DM', async () => {
    const stage = await open();
    stage.discord.fail(CALLBACK, { status: 400, code: 40060 });
    void stage.ana.types('/mcp', {}, stage.general);
    await expect
      .poll(() =>
        heard(stage.ana)
          .map(({ text }) => text)
          .join(),
      )
      .toContain('MCP servers');
  });

  it('whose confirmation is lost counts as given', async () => {
    const stage = await open();
    stage.discord.fail(CALLBACK, 'drop-after');
    await stage.ana.types('/mcp', {}, stage.general);
    const invocation = await stage.gateway.invocation(1);
    await quiet(stage);
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
    expect(heard(stage.ana)).toEqual([]);
    expect(invocation.words).toEqual([]);
  });

  it('is a sentence where the gateway says nothing, so that nobody waits for ever', async () => {
    const stage = await open();
    stage.answer = async () => undefined;
    expect(await stage.ana.types('/mcp', {}, stage.general)).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: expect.stringContaining('Try again in a moment') },
    });
  });
});

describe('"thinking…" of a process that was killed', () => {
  it('says after the restart that it was interrupted', async () => {
    const stage = await open();
    slow(stage);
    await thinking(stage);
    await stage.restart();
    await expect.poll(() => seen(stage.ana, stage.general)).toContain('I was interrupted');
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
  });

  it('that was answered is not touched after a restart', async () => {
    const stage = await open();
    const finish = slow(stage);
    await thinking(stage);
    finish();
    await lastHeard(stage.ana, stage.general);
    await stage.restart();
    await quiet(stage);
    expect(seen(stage.ana, stage.general)).not.toContain('interrupted');
  });
});

describe('the first answer to a press', () => {
  const again = reply('linear: you declined', {
    actions: [{ kind: 'command', label: 'Try again', words: ['auth', 'linear'] }],
  });

  async function pressable(): Promise<Stage> {
    const stage = await open();
    stage.answer = (invocation) => stage.say(invocation, again);
    await stage.ana.types('/mcp', {}, stage.general);
    stage.answer = (invocation) => stage.say(invocation, reply('linear: one moment'));
    return stage;
  }

  it('is the message anew where that is quick: one request', async () => {
    const stage = await pressable();
    const outcome = await stage.ana.presses('Try again', stage.general);
    expect(outcome).toMatchObject({ kind: 'updated', message: { ephemeral: true, buttons: [] } });
    expect(saying(stage)).toEqual([CALLBACK, CALLBACK]);
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
  });

  it('is silent where it takes long, and the message changes later', async () => {
    const stage = await pressable();
    const finish = slow(stage);
    expect(await stage.ana.presses('Try again', stage.general)).toEqual({ kind: 'acknowledged' });
    finish();
    await expect.poll(() => seen(stage.ana, stage.general)).toContain('one moment');
    expect(saying(stage)).toEqual([CALLBACK, CALLBACK, EDIT]);
  });

  it('leaves the message as it is where the gateway says nothing', async () => {
    const stage = await pressable();
    stage.answer = async () => undefined;
    expect(await stage.ana.presses('Try again', stage.general)).toEqual({ kind: 'acknowledged' });
    expect(seen(stage.ana, stage.general)).toContain('you declined');
  });
});
