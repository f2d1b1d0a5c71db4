import { describe, expect, it } from 'vitest';
import type { Action, MessageRef } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { calls, commands, heard, LINK, lastHeard, quiet, type Stage, slow, useStages } from './stage.js';

const stage = useStages();

/** Ana has `SERVERS` before her, in the channel, where it is a whisper. */
async function whispered(scene: Stage): Promise<MessageRef> {
  const answered = new Promise<MessageRef>((resolve) => {
    const { answer } = scene;
    scene.answer = async (invocation) => {
      const delivery = await answer(invocation);
      if (isDelivered(delivery)) resolve(delivery.message);
    };
  });
  await scene.ana.types('/mcp', { channel: scene.team });
  return answered;
}

function isDelivered(value: unknown): value is { readonly message: MessageRef } {
  return typeof value === 'object' && value !== null && 'message' in value;
}

const channel = ({ team }: Stage) => ({ channel: team });

describe('a button', () => {
  it('is its command, and the answer takes the place of the message it is on', async () => {
    const scene = await stage();
    const { ana, gateway } = scene;
    const message = await whispered(scene);
    scene.answer = (invocation) => scene.say(invocation, reply('All ready'));
    expect(await ana.presses('Refresh', channel(scene))).toMatchObject({ acknowledged: true });
    const invocation = await gateway.invocation(2);
    expect(invocation).toMatchObject({ words: ['status'], message });
    await expect.poll(() => ana.sees(channel(scene))).toContain('All ready');
    expect(heard(ana, channel(scene))).toHaveLength(1);
    expect(ana.sees(channel(scene))).not.toContain('Refresh');
  });

  it('in the DM is its command, and the message there is edited', async () => {
    const scene = await stage();
    await scene.ana.types('/mcp');
    await lastHeard(scene.ana);
    scene.answer = (invocation) => scene.say(invocation, reply('All ready'));
    await scene.ana.presses('Refresh');
    await expect.poll(() => scene.ana.sees()).toContain('All ready');
    expect(heard(scene.ana)).toHaveLength(1);
    expect(calls(scene).at(-1)).toBe('chat.update');
  });

  it('counts once though it is pressed twice', async () => {
    const scene = await stage();
    await whispered(scene);
    const finish = slow(scene);
    await Promise.all([
      scene.ana.presses('Refresh', channel(scene)),
      scene.ana.presses('Refresh', channel(scene)),
    ]);
    await scene.gateway.invocation(2);
    finish();
    await quiet(scene);
    expect(commands(scene)).toEqual([[], ['status']]);
  });

  const two: readonly Action[] = [
    { kind: 'command', label: 'One', words: ['one'] },
    { kind: 'command', label: 'Two', words: ['two'] },
  ];

  async function asked(): Promise<Stage> {
    const scene = await stage();
    scene.answer = (invocation) => scene.say(invocation, reply('Which?', { actions: two }));
    await whispered(scene);
    return scene;
  }

  it('waits for the one that was pressed before', async () => {
    const scene = await asked();
    const { ana } = scene;
    const finish = slow(scene);
    await ana.presses('One', channel(scene));
    await scene.gateway.invocation(2);
    await ana.presses('Two', channel(scene));
    await expect.poll(() => ana.sees(channel(scene))).toContain('still at work');
    finish();
    expect(commands(scene)).toEqual([[], ['one']]);
  });

  it('that is pressed at once with another one of its message: one of them runs, and the other one says so', async () => {
    const scene = await asked();
    const { ana } = scene;
    const finish = slow(scene);
    await Promise.all(['One', 'Two'].map((label) => ana.presses(label, channel(scene))));
    await expect.poll(() => ana.sees(channel(scene))).toContain('still at work');
    finish();
    expect(commands(scene)).toHaveLength(2);
  });
});

describe('a message in a channel', () => {
  it('can be edited once its link was opened, because Slack tells of that', async () => {
    const scene = await stage();
    const { ana, adapter, gateway } = scene;
    const message = await whispered(scene);
    expect(await adapter.update(message, reply('linear connected'))).toEqual({ kind: 'gone' });
    expect(await ana.presses('Sign in', channel(scene))).toEqual({ acknowledged: true, url: LINK });
    await expect
      .poll(async () => (await adapter.update(message, reply('linear connected'))).kind)
      .toBe('delivered');
    expect(ana.sees(channel(scene))).toContain('linear connected');
    expect(ana.sees(channel(scene))).not.toContain(LINK);
    expect(gateway.invocations).toHaveLength(1);
  });

  it('keeps one of its five edits for the outcome', async () => {
    const scene = await stage();
    const { ana, adapter } = scene;
    const message = await whispered(scene);
    await ana.presses('Sign in', channel(scene));
    await expect.poll(() => scene.memory.names.some((key) => key.startsWith('way/'))).toBe(true);
    for (const step of [1, 2, 3, 4, 5, 6, 7])
      expect(await adapter.update(message, { ...reply(`${step} of 9`), passing: true })).toMatchObject({
        kind: 'delivered',
      });
    expect(ana.sees(channel(scene))).toContain('4 of 9');
    expect(await adapter.update(message, reply('all connected'))).toMatchObject({ kind: 'delivered' });
    expect(ana.sees(channel(scene))).toContain('all connected');
    expect(await adapter.update(message, reply('more'))).toEqual({ kind: 'gone' });
    expect(scene.slack.callsOf('response_url').every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('is gone half an hour after the latest press on it, and news goes to the DM', async () => {
    const scene = await stage();
    const { ana, adapter, clock } = scene;
    const message = await whispered(scene);
    await ana.presses('Sign in', channel(scene));
    await expect.poll(() => scene.memory.names.some((key) => key.startsWith('way/'))).toBe(true);
    clock.advance(31 * 60_000);
    expect(await adapter.update(message, reply('late'))).toEqual({ kind: 'gone' });
    const { actor } = await scene.gateway.invocation(1);
    expect(await adapter.send({ actor }, reply('late news'))).toMatchObject({ kind: 'delivered' });
    expect(ana.sees()).toContain('late news');
  });

  it('can still be edited after a restart', async () => {
    const scene = await stage();
    const message = await whispered(scene);
    await scene.ana.presses('Sign in', channel(scene));
    await expect.poll(() => scene.memory.names.some((key) => key.startsWith('way/'))).toBe(true);
    await scene.restart();
    expect(await scene.adapter.update(message, reply('after the restart'))).toMatchObject({
      kind: 'delivered',
    });
    expect(scene.ana.sees(channel(scene))).toContain('after the restart');
  });

  it('can still be edited while the store is away, by the process that was told of the press', async () => {
    const scene = await stage();
    const message = await whispered(scene);
    scene.memory.down = true;
    scene.answer = (invocation) => scene.say(invocation, reply('storage trouble'));
    await scene.ana.presses('Refresh', channel(scene));
    await expect.poll(() => scene.ana.sees(channel(scene))).toContain('storage trouble');
    expect(message).toMatchObject({ kind: 'whisper' });
  });

  it('holds nothing in its reference that could edit it', async () => {
    const scene = await stage();
    const message = await whispered(scene);
    await scene.ana.presses('Sign in', channel(scene));
    expect(JSON.stringify(message)).not.toMatch(/https?:/);
  });
});

describe('a press by somebody else', () => {
  it('on a whisper that was not for them is refused, and edits nothing', async () => {
    const scene = await stage();
    const { ana, ben, team } = scene;
    await whispered(scene);
    const [shown] = heard(ana, channel(scene));
    const button = shown?.buttons.find(({ label }) => label === 'Refresh');
    if (shown === undefined || button === undefined) throw new Error('There is no button.');
    await ben.types('/mcp', { channel: team });
    const own = await lastHeard(ben, channel(scene));
    await ben.forgesPress(own, { action_id: button.actionId, block_id: button.blockId, value: button.value });
    await expect.poll(() => ben.sees(channel(scene))).toContain('This button is for somebody else');
    expect(ana.sees(channel(scene))).toContain('sign-in needed');
    expect(ana.sees(channel(scene))).not.toContain('somebody else');
    expect(commands(scene)).toEqual([[], []]);
  });

  it('that names them as the owner of another’s message gives them nothing but their own command', async () => {
    const scene = await stage();
    const { ana, ben, acme, adapter } = scene;
    const message = await whispered(scene);
    await ben.types('/mcp', channel(scene));
    const own = await lastHeard(ben, channel(scene));
    const block_id = `mcp:${message.id}:${acme.id}/${ben.id}:1`;
    scene.answer = (invocation) => scene.say(invocation, reply('for whoever asked'));
    await ben.forgesPress(own, { action_id: 'mcp:1', block_id, value: '{"words":["status"]}' });
    await expect.poll(() => ben.sees(channel(scene))).toContain('for whoever asked');
    expect(ana.sees(channel(scene))).not.toContain('for whoever asked');
    expect(await adapter.update(message, reply('still hers'))).toEqual({ kind: 'gone' });
  });

  it('made up on a message that is not the gateway’s is refused without a word to others', async () => {
    const scene = await stage();
    const { ana, ben, team, acme } = scene;
    await ana.types('hello', { channel: team });
    await acme.channel('other', [ana]);
    const answer = await fetch(`${scene.slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ channel: team.id, text: 'the host’s own' }),
    });
    await answer.text();
    const hosts = await lastHeard(ben, channel(scene));
    await ben.forgesPress(hosts, {
      action_id: 'mcp:1',
      block_id: `mcp:abcdefghijklmnop:${acme.id}/${ben.id}:1`,
      value: '{"words":["status"]}',
    });
    await expect.poll(() => ben.sees(channel(scene))).toContain('This button is for somebody else');
    expect(ana.sees(channel(scene))).not.toContain('somebody else');
    expect(ana.sees(channel(scene))).toContain('the host’s own');
    expect(commands(scene)).toEqual([]);
  });

  it.each([
    ['no value that a button of ours has', { value: 'auth linear' }],
    ['words that are none', { value: '{"words":[1]}' }],
    ['half a form', { value: '{"words":["auth"],"fields":[{}]}' }],
    ['a button of the host', { block_id: 'weather', value: 'x' }],
    ['no block', { block_id: undefined }],
  ])('that is malformed is acknowledged and does nothing: %s', async (_, action) => {
    const scene = await stage();
    await whispered(scene);
    const [shown] = heard(scene.ana, channel(scene));
    const [button] = shown?.buttons ?? [];
    if (shown === undefined || button === undefined) throw new Error('There is no button.');
    const forged = { action_id: button.actionId, block_id: button.blockId, ...action };
    expect(await scene.ana.forgesPress(shown, forged)).toMatchObject({ acknowledged: true });
    await quiet(scene);
    expect(commands(scene)).toEqual([[]]);
  });
});

describe('a command too long for a button', () => {
  const words = Array.from({ length: 60 }, (_, at) => `${'server-'.repeat(6)}${at}`);

  it('is remembered, for a week and after a restart', async () => {
    const scene = await stage();
    scene.answer = (invocation) =>
      scene.say(invocation, reply('Many', { actions: [{ kind: 'command', label: 'All', words }] }));
    await scene.ana.types('/mcp');
    await lastHeard(scene.ana);
    await scene.restart();
    scene.clock.advance(7 * 86_400_000);
    await scene.ana.presses('All');
    expect((await scene.gateway.invocation(2)).words).toEqual(words);
  });

  it('says that it has expired when it is no longer remembered', async () => {
    const scene = await stage();
    scene.answer = (invocation) =>
      scene.say(invocation, reply('Many', { actions: [{ kind: 'command', label: 'All', words }] }));
    await scene.ana.types('/mcp', channel(scene));
    await lastHeard(scene.ana, channel(scene));
    scene.clock.advance(9 * 86_400_000);
    await scene.ana.presses('All', channel(scene));
    await expect.poll(() => scene.ana.sees(channel(scene))).toContain('This button has expired');
  });

  it('asks to try again while the store is away', async () => {
    const scene = await stage();
    scene.answer = (invocation) =>
      scene.say(invocation, reply('Many', { actions: [{ kind: 'command', label: 'All', words }] }));
    await scene.ana.types('/mcp', channel(scene));
    await lastHeard(scene.ana, channel(scene));
    scene.memory.down = true;
    await scene.ana.presses('All', channel(scene));
    await expect.poll(() => scene.ana.sees(channel(scene))).toContain('Try again in a moment');
  });
});
