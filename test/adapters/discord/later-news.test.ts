import { describe, expect, it } from 'vitest';
import type { MessageRef } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { contractPerson } from './opened.js';
import { EDIT, heard, SERVERS, type Stage, saying, seen, useStages } from './stage.js';

const open = useStages();
const MINUTE = 60_000;
const CONNECTED = reply('linear connected');

/** `/mcp` in the guild, or in the DM; what names the answer. */
async function answered(stage: Stage, where: 'guild' | 'dm' = 'guild'): Promise<MessageRef> {
  const refs: MessageRef[] = [];
  stage.answer = async (invocation) => {
    const delivery = await stage.say(invocation, SERVERS);
    if (delivery.kind === 'delivered') refs.push(delivery.message);
  };
  await stage.ana.types('/mcp', {}, where === 'dm' ? undefined : stage.general);
  await expect.poll(() => refs.length).toBe(1);
  return JSON.parse(JSON.stringify(refs[0]));
}

describe('news of a message that only one person sees', () => {
  it('changes it for a quarter of an hour, and then it is gone', async () => {
    const stage = await open();
    const message = await answered(stage);
    stage.clock.advance(14 * MINUTE);
    expect(await stage.adapter.update(message, CONNECTED)).toEqual({ kind: 'delivered', message });
    expect(seen(stage.ana, stage.general)).toContain('linear connected');
    expect(saying(stage).at(-1)).toBe(EDIT);
    stage.clock.advance(MINUTE);
    expect(await stage.adapter.update(message, reply('later'))).toEqual({ kind: 'gone' });
  });

  it('changes it for a quarter of an hour more after every press', async () => {
    const stage = await open();
    const message = await answered(stage);
    stage.clock.advance(14 * MINUTE);
    await stage.ana.presses('Refresh', stage.general);
    stage.clock.advance(14 * MINUTE);
    expect(await stage.adapter.update(message, CONNECTED)).toEqual({ kind: 'delivered', message });
    expect(seen(stage.ana, stage.general)).toContain('linear connected');
  });

  it('changes it after a restart too', async () => {
    const stage = await open();
    const message = await answered(stage);
    await stage.restart();
    expect(await stage.adapter.update(message, CONNECTED)).toEqual({ kind: 'delivered', message });
    expect(seen(stage.ana, stage.general)).toContain('linear connected');
  });

  it('is named the same by a press as by the answer that made it', async () => {
    const stage = await open();
    const message = await answered(stage);
    await stage.ana.presses('Refresh', stage.general);
    expect((await stage.gateway.invocation(2)).message).toEqual(message);
  });

  it('comes as a new ephemeral message in answer to a press whose own message is gone', async () => {
    const stage = await open();
    await answered(stage);
    stage.answer = async (invocation) => {
      await stage.say(invocation, reply('first'));
      await stage.adapter.send(invocation, reply('one more'));
    };
    await stage.ana.presses('Refresh', stage.general);
    await expect.poll(() => seen(stage.ana, stage.general)).toContain('one more');
    expect(heard(stage.ana, stage.general).map(({ ephemeral }) => ephemeral)).toEqual([true, true]);
    expect(heard(stage.ben, stage.general)).toEqual([]);
  });
});

describe('news of a message in the DM', () => {
  it('changes it for ever, also the answer to a slash command', async () => {
    const stage = await open();
    const message = await answered(stage, 'dm');
    stage.clock.advance(30 * 24 * 60 * MINUTE);
    await stage.restart();
    expect(await stage.adapter.update(message, CONNECTED)).toEqual({ kind: 'delivered', message });
    expect(seen(stage.ana)).toContain('linear connected');
  });

  it('is named the same by a press as by the answer that made it', async () => {
    const stage = await open();
    const message = await answered(stage, 'dm');
    await stage.ana.presses('Refresh');
    expect((await stage.gateway.invocation(2)).message).toEqual(message);
  });
});

describe('news without a message', () => {
  it('comes into the DM, whose channel is asked for once', async () => {
    const stage = await open();
    const { actor } = contractPerson(stage.ana);
    for (const title of ['one', 'two'])
      expect(await stage.adapter.send({ actor }, reply(title))).toMatchObject({ kind: 'delivered' });
    expect(heard(stage.ana)).toHaveLength(2);
    expect(stage.discord.callsOf('POST /users/@me/channels')).toHaveLength(1);
  });

  it('has no private way where the DM is closed, or the account is gone', async () => {
    const stage = await open();
    stage.ana.closeDms();
    stage.ben.deleteAccount();
    for (const person of [stage.ana, stage.ben])
      expect(await stage.adapter.send({ actor: contractPerson(person).actor }, SERVERS)).toEqual({
        kind: 'no-private-way',
      });
  });

  it('for a conversation of somebody else goes nowhere', async () => {
    const stage = await open();
    await stage.ana.types('/mcp', {}, stage.general);
    const { conversation } = await stage.gateway.invocation(1);
    const { actor } = contractPerson(stage.ben);
    expect(await stage.adapter.send({ actor, conversation }, SERVERS)).toEqual({ kind: 'gone' });
    expect(heard(stage.ben)).toEqual([]);
    expect(heard(stage.ben, stage.general)).toEqual([]);
  });
});
