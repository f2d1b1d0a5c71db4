import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { commands, heard, lastHeard, quiet, type Stage, saying, seen, slow, useStages } from './stage.js';

const open = useStages();
const LONG = ['auth', ...Array.from({ length: 12 }, (_, at) => `a-server-with-a-long-name-${at}`)];
const again: Action = { kind: 'command', label: 'Try again', words: ['auth', 'linear'] };
const all: Action = { kind: 'command', label: 'Sign in to all', words: LONG };
const status: Action = { kind: 'command', label: 'Status', words: ['status'] };

async function shown(...actions: readonly Action[]): Promise<Stage> {
  const stage = await open();
  stage.answer = (invocation) => stage.say(invocation, reply('buttons', { actions }));
  await stage.ana.types('/mcp', {}, stage.general);
  stage.answer = (invocation) => stage.say(invocation, reply('done'));
  return stage;
}

describe('a button', () => {
  it('says its command itself where that fits, and nothing is remembered', async () => {
    const stage = await shown(again);
    expect((await lastHeard(stage.ana, stage.general)).buttons).toEqual([
      [expect.objectContaining({ label: 'Try again', customId: 'mcp:auth linear' })],
    ]);
    expect(stage.memory.names.filter((key) => key.startsWith('button/'))).toEqual([]);
  });

  it('of a long command is remembered, also by the next process', async () => {
    const stage = await shown(all);
    await stage.restart();
    await stage.ana.presses('Sign in to all', stage.general);
    expect(commands(stage).at(-1)).toEqual(LONG);
  });

  it('that was used is gone with the answer', async () => {
    const stage = await shown(again);
    await stage.ana.presses('Try again', stage.general);
    expect((await lastHeard(stage.ana, stage.general)).buttons).toEqual([]);
  });

  it('that is pressed again while its command is at work does nothing; another one says so', async () => {
    const stage = await shown(again, status);
    const finish = slow(stage);
    const first = stage.ana.presses('Try again', stage.general);
    await expect.poll(() => commands(stage)).toHaveLength(2);
    expect(await stage.ana.presses('Try again', stage.general)).toEqual({ kind: 'acknowledged' });
    expect(await stage.ana.presses('Status', stage.general)).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: expect.stringContaining('still at work') },
    });
    finish();
    await first;
    await expect.poll(() => seen(stage.ana, stage.general)).toContain('done');
    expect(commands(stage)).toHaveLength(2);
  });

  it('that is pressed at once with another one of its message: one of them runs, and the other one says so', async () => {
    const stage = await shown(again, status);
    const finish = slow(stage);
    const outcomes: unknown[] = [];
    const presses = ['Try again', 'Status'].map(async (label) => {
      outcomes.push(await stage.ana.presses(label, stage.general));
    });
    await expect
      .poll(() => outcomes)
      .toContainEqual(
        expect.objectContaining({
          kind: 'message',
          message: expect.objectContaining({
            ephemeral: true,
            text: expect.stringContaining('still at work'),
          }),
        }),
      );
    finish();
    await Promise.all(presses);
    expect(commands(stage)).toHaveLength(2);
  });

  it('of somebody else is refused, privately, and runs nothing (threat 11)', async () => {
    const stage = await shown(again);
    const message = await lastHeard(stage.ana, stage.general);
    const refused = await stage.ben.forges(message, 'mcp:auth linear');
    expect(refused).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: expect.stringContaining('for somebody else') },
    });
    await quiet(stage);
    expect(commands(stage)).toEqual([[]]);
    expect(seen(stage.ana, stage.general)).not.toContain('for somebody else');
  });

  it('on a message that everybody sees is refused', async () => {
    const stage = await open();
    const message = await stage.ben.says('hello', stage.general);
    const outcome = await stage.ana.forges(message, 'mcp:auth linear');
    expect(outcome).toMatchObject({ kind: 'message', message: { ephemeral: true } });
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
  });

  it('whose meaning is forgotten, or that is no button of ours, has expired', async () => {
    const stage = await shown(again);
    const message = await lastHeard(stage.ana, stage.general);
    for (const id of [`mcp#${'x'.repeat(22)}`, 'weather:more', 'mcp#', 'mcp?'])
      expect(await stage.ana.forges(message, id)).toMatchObject({
        kind: 'message',
        message: { ephemeral: true, text: expect.stringContaining('has expired') },
      });
    expect(commands(stage)).toEqual([[]]);
  });

  it('that is given twice by Discord runs once', async () => {
    const stage = await shown(again);
    await stage.ana.presses('Try again', stage.general);
    const press = stage.discord.sent.at(-1);
    await stage.discord.redeliver(String(press?.id));
    await quiet(stage);
    expect(commands(stage)).toEqual([[], ['auth', 'linear']]);
  });

  it('whose meaning the store cannot tell just now asks for patience', async () => {
    const stage = await shown(all);
    stage.memory.down = true;
    expect(await stage.ana.presses('Sign in to all', stage.general)).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: expect.stringContaining('Try again in a moment') },
    });
    stage.memory.down = false;
    await stage.ana.presses('Sign in to all', stage.general);
    expect(commands(stage).at(-1)).toEqual(LONG);
  });

  it('that comes to nothing leaves room for others, also beside a command at work', async () => {
    const stage = await shown(again);
    const message = await lastHeard(stage.ana, stage.general);
    const finish = slow(stage);
    const first = stage.ana.presses('Try again', stage.general);
    await expect.poll(() => commands(stage)).toHaveLength(2);
    const forged = Array.from({ length: 60 }, () => stage.ana.forges(message, `mcp#${'x'.repeat(22)}`));
    await Promise.all(forged);
    finish();
    await first;
    await stage.ana.types('/mcp', { command: 'after' }, stage.general);
    expect(commands(stage).at(-1)).toEqual(['after']);
  });

  it('in the DM changes its message there', async () => {
    const stage = await open();
    stage.answer = (invocation) => stage.say(invocation, reply('buttons', { actions: [again] }));
    await stage.ana.says('mcp');
    await lastHeard(stage.ana);
    stage.answer = (invocation) => stage.say(invocation, reply('done'));
    await stage.ana.presses('Try again');
    expect(heard(stage.ana).map(({ text }) => text)).toEqual(['done']);
    expect(saying(stage).at(-1)).toBe('POST /interactions/:id/:token/callback');
  });
});
