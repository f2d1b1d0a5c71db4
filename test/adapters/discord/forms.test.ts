import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { CALLBACK, commands, heard, quiet, type Stage, saying, seen, slow, useStages } from './stage.js';

const open = useStages();
const key: Action = {
  kind: 'form',
  label: 'Add key',
  title: 'Key for weather, a server whose name does not fit into a title',
  words: ['auth', 'weather'],
  fields: [{ name: 'WEATHER_KEY', label: 'WEATHER_KEY', secret: true }],
};
const code: Action = {
  kind: 'form',
  label: 'Enter code',
  title: 'The six digits that the page shows',
  words: ['confirm'],
  fields: [{ name: 'digits', label: 'Six digits', secret: false, hint: '482 913', digits: 6 }],
};

async function shown(action: Action): Promise<Stage> {
  const stage = await open();
  stage.answer = (invocation) => stage.say(invocation, reply('a form', { actions: [action] }));
  await stage.ana.types('/mcp', {}, stage.general);
  stage.answer = (invocation) => stage.say(invocation, reply('weather connected'));
  return stage;
}

describe('a form', () => {
  it('opens as the first answer to its button, and says that what is typed can be seen', async () => {
    const stage = await shown(key);
    const opened = await stage.ana.presses('Add key', stage.general);
    if (opened.kind !== 'modal') throw new Error(`It is ${opened.kind}.`);
    expect(opened.modal.title).toHaveLength(45);
    expect(opened.modal.texts.join()).toContain('can be seen');
    expect(opened.modal.inputs).toEqual([
      expect.objectContaining({
        label: 'WEATHER_KEY',
        customId: 'WEATHER_KEY',
        style: 'short',
        required: true,
      }),
    ]);
    expect(commands(stage)).toEqual([[]]);
  });

  it('is its command with the fields, whose outcome takes the place of the button', async () => {
    const stage = await shown(key);
    const outcome = await stage.ana.fills('Add key', { WEATHER_KEY: 'sk-unseen' }, stage.general);
    expect(outcome).toMatchObject({
      kind: 'updated',
      message: { ephemeral: true, text: 'weather connected' },
    });
    const { words, fields, message } = await stage.gateway.invocation(2);
    expect({ words, fields }).toEqual({ words: ['auth', 'weather'], fields: { WEATHER_KEY: 'sk-unseen' } });
    expect(message).toBeDefined();
    expect(saying(stage)).toEqual([CALLBACK, CALLBACK, CALLBACK]);
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
  });

  it('whose outcome takes long is acknowledged silently, and changes the message later', async () => {
    const stage = await shown(key);
    const finish = slow(stage);
    const outcome = await stage.ana.fills('Add key', { WEATHER_KEY: 'sk' }, stage.general);
    expect(outcome).toEqual({ kind: 'acknowledged' });
    finish();
    await expect.poll(() => seen(stage.ana, stage.general)).toContain('weather connected');
  });

  it('that is submitted after a restart still means the same', async () => {
    const stage = await shown(key);
    const opened = await stage.ana.presses('Add key', stage.general);
    if (opened.kind !== 'modal') throw new Error(`It is ${opened.kind}.`);
    await stage.restart();
    await stage.ana.submits(opened.modal, { WEATHER_KEY: 'sk' });
    expect(commands(stage).at(-1)).toEqual(['auth', 'weather']);
  });

  it('whose submission Discord gives twice counts once; two submissions are two', async () => {
    const stage = await shown(key);
    const opened = await stage.ana.presses('Add key', stage.general);
    if (opened.kind !== 'modal') throw new Error(`It is ${opened.kind}.`);
    await stage.ana.submits(opened.modal, { WEATHER_KEY: 'one' });
    await stage.discord.redeliver(String(stage.discord.sent.at(-1)?.id));
    await stage.ana.submits(opened.modal, { WEATHER_KEY: 'two' });
    await quiet(stage);
    const given = stage.gateway.invocations.flatMap(({ fields }) => fields?.WEATHER_KEY ?? []);
    expect(given).toEqual(['one', 'two']);
  });

  it('for a code takes digits alone: what is none is refused privately, and may be given again', async () => {
    const stage = await shown(code);
    const wrong = await stage.ana.fills('Enter code', { digits: 'abcdefg' }, stage.general);
    expect(wrong).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: expect.stringContaining('6 digits') },
    });
    expect(commands(stage)).toEqual([[]]);
    await stage.ana.fills('Enter code', { digits: '482 913' }, stage.general);
    expect((await stage.gateway.invocation(2)).fields).toEqual({ digits: '482 913' });
  });

  it('is not shown to who may run nothing: the command itself refuses them', async () => {
    const stage = await shown(key);
    stage.offer = () => [];
    stage.answer = (invocation) => stage.say(invocation, reply('You may not use this.'));
    expect(await stage.ana.presses('Add key', stage.general)).toMatchObject({ kind: 'updated' });
    expect((await stage.gateway.invocation(2)).fields).toBeUndefined();
  });

  it('that was forgotten has expired', async () => {
    const stage = await shown(key);
    const opened = await stage.ana.presses('Add key', stage.general);
    if (opened.kind !== 'modal') throw new Error(`It is ${opened.kind}.`);
    stage.clock.advance(9 * 86_400_000);
    const outcome = await stage.ana.submits(opened.modal, { WEATHER_KEY: 'sk' });
    expect(outcome).toMatchObject({
      kind: 'message',
      message: { text: expect.stringContaining('has expired') },
    });
  });

  it('never lets what was typed get into the log', async () => {
    const stage = await shown(key);
    await stage.ana.fills('Add key', { WEATHER_KEY: 'sk-unseen-4711' }, stage.general);
    await quiet(stage);
    expect(stage.log.join()).not.toContain('sk-unseen-4711');
    for (const { token } of stage.discord.sent) expect(stage.log.join()).not.toContain(token);
  });
});
