import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../helpers/discord/face.js';
import {
  EPHEMERAL,
  type FakeScene,
  GO,
  INPUT,
  MODAL,
  openFakeScene,
} from '../../helpers/discord/fake-scene.js';
import { row } from '../../helpers/discord/sample-components.js';

let clock: FakeScene['clock'];
let ana: FakeScene['ana'];
let general: FakeScene['general'];
let made: FakeScene['made'];
let used: FakeScene['used'];
let shownButton: FakeScene['shownButton'];
let end: () => Promise<void>;
beforeEach(async () => {
  const scene = await openFakeScene();
  ({ clock, ana, general, made, used, shownButton } = scene);
  end = () => scene.discord.close();
});
afterEach(() => end());

describe('a modal', () => {
  it('is opened, filled in and submitted, with the message that it came from', async () => {
    await shownButton();
    const pressed = made(ana.presses('Go'));
    await pressed.answer(9, MODAL);
    await pressed.outcome;
    const open = ana.modal;
    expect(open).toMatchObject({
      title: 'Key',
      inputs: [
        {
          customId: 'key',
          label: 'WEATHER_KEY',
          description: 'Seen while typed',
          style: 'short',
          required: true,
        },
      ],
    });
    if (open === undefined) throw new Error('no modal');
    await expect(ana.submits(open, {})).rejects.toThrow('wants something in "WEATHER_KEY"');
    await expect(ana.submits(open, { key: 'ab' })).rejects.toThrow('3 to 4000 characters');
    await expect(ana.submits(open, { other: 'abc' })).rejects.toThrow('no input "other"');
    const { outcome, payload, answer } = made(ana.submits(open, { WEATHER_KEY: 'k-123' }));
    expect(payload).toMatchObject({
      type: 5,
      data: {
        custom_id: 'form',
        components: [{ type: 18, id: 1, component: { type: 4, id: 2, custom_id: 'key', value: 'k-123' } }],
      },
      message: { content: 'Press' },
    });
    expect(await answer(9, MODAL)).toMatchObject({ code: 50035 });
    await answer(7, { content: 'Thanks', components: [] });
    expect(await outcome).toMatchObject({ kind: 'updated' });
    expect(ana.modal).toBeUndefined();
    expect(ana.sees(general)).toBe('Acme MCP: Thanks');
  });

  it('answers a command too; its submission then has no message to update; it can be submitted twice', async () => {
    const { answer, outcome } = used();
    await answer(9, { ...MODAL, components: [row({ ...INPUT, label: 'Key' })] });
    await outcome;
    const open = ana.modal;
    if (open === undefined) throw new Error('no modal');
    const first = made(ana.submits(open, { Key: 'k-1' }));
    expect(first.payload).toMatchObject({
      data: { components: [{ type: 1, components: [{ type: 4, custom_id: 'key', value: 'k-1' }] }] },
    });
    expect(first.payload).not.toHaveProperty('message');
    expect(await first.answer(7, { content: 'x' })).toMatchObject({ code: 50035 });
    await first.answer(4, { content: 'Thanks', flags: EPHEMERAL });
    expect(await first.outcome).toMatchObject({ kind: 'message' });
    expect(made(ana.submits(open, { Key: 'k-1' })).payload.id).not.toBe(first.payload.id);
  });

  it('stays open and says so when its submission gets no answer', async () => {
    const { answer, outcome } = used();
    await answer(9, MODAL);
    await outcome;
    const open = ana.modal;
    if (open === undefined) throw new Error('no modal');
    const submitted = ana.submits(open, { key: 'k-1' });
    clock.advance(3000);
    expect(await submitted).toEqual({ kind: 'failed', says: 'Something went wrong. Try again.' });
    expect(ana.modal).toBe(open);
    expect(ana.sees(general)).toContain('Something went wrong');
  });

  it('is the first answer or none', async () => {
    const { answer } = used();
    await answer(5);
    expect(await answer(9, MODAL)).toMatchObject({ code: 40060 });
  });

  const label = (more: Fields = {}, within: Fields = {}) => [
    { type: 18, label: 'L', component: { ...INPUT, ...within }, ...more },
  ];
  it.each<[string, Fields]>([
    ['no title', { title: '' }],
    ['a title of 46', { title: 'x'.repeat(46) }],
    ['a custom id of 101', { custom_id: 'x'.repeat(101) }],
    ['no components', { components: [] }],
    [
      'six components',
      { components: Array.from({ length: 6 }, (_, at) => label({}, { custom_id: `${at}` })[0]) },
    ],
    ['an input without a label around it', { components: [INPUT] }],
    ['a button', { components: [GO] }],
    ['a label of 46', { components: label({ label: 'x'.repeat(46) }) }],
    ['a description of 101', { components: label({ description: 'x'.repeat(101) }) }],
    ['a label in a label', { components: label({}, { label: 'L' }) }],
    ['a label of null in a label', { components: label({}, { label: null }) }],
    ['two inputs of one custom id', { components: [...label(), ...label()] }],
    ['a placeholder of 101', { components: label({}, { placeholder: 'x'.repeat(101) }) }],
    ['an unknown style', { components: label({}, { style: 3 }) }],
    ['a longest length of 4001', { components: label({}, { max_length: 4001 }) }],
    ['a value over its longest length', { components: label({}, { max_length: 3, value: 'abcd' }) }],
    [
      'two inputs in an older row',
      { components: [row({ ...INPUT, label: 'a' }, { ...INPUT, custom_id: 'b', label: 'b' })] },
    ],
  ])('with %s is refused', async (_, change) => {
    const { answer } = used();
    expect(await answer(9, { ...MODAL, ...change })).toMatchObject({ status: 400, code: 50035 });
    expect(ana.modal).toBeUndefined();
  });
});
