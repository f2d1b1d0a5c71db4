import { describe, expect, it } from 'vitest';
import { reply } from '../../contracts/chat-adapter.js';
import { calls, commands, heard, lastHeard, quiet, SERVERS, slow, useStages } from './stage.js';

const stage = useStages();

describe('/mcp in a channel', () => {
  it('is answered with one acknowledgement and one post, for nobody else to see', async () => {
    const scene = await stage();
    const { ana, ben, team, slack } = scene;
    expect(await ana.types('/mcp auth linear', { channel: team })).toEqual({ kind: 'command' });
    const message = await lastHeard(ana, { channel: team });
    expect(message.ephemeral).toBe(true);
    expect(ana.sees({ channel: team })).toContain('sign-in needed');
    expect(ben.seesAnywhere()).toBe('');
    expect(calls(scene)).toEqual(['response_url']);
    expect(slack.deliveries).toHaveLength(1);
    expect(slack.deliveries[0]?.answer).toBeUndefined();
  });

  it('is answered where the bot is not in the channel', async () => {
    const { ana, acme } = await stage();
    const elsewhere = acme.channel('elsewhere', [ana], { bot: false });
    await ana.types('/mcp', { channel: elsewhere });
    expect((await lastHeard(ana, { channel: elsewhere })).ephemeral).toBe(true);
  });

  it('is known as a command of that person, by the names that Slack gives', async () => {
    const { ana, team, gateway, acme } = await stage();
    await ana.types('/mcp Auth  linear', { channel: team });
    const { actor, words, message, typed } = await gateway.invocation(1);
    expect(actor).toEqual({ platform: 'slack', tenant: acme.id, userId: ana.id, displayName: '@ana' });
    expect(words).toEqual(['Auth', 'linear']);
    expect([message, typed]).toEqual([undefined, undefined]);
  });

  it('may hold what Slack escapes', async () => {
    const { ana, team, gateway } = await stage();
    await ana.types('/mcp test <b>&amp;', { channel: team });
    expect((await gateway.invocation(1)).words).toEqual(['test', '<b>&amp;']);
  });

  it('cannot be edited later, so that the gateway waits a little for what is still to come', async () => {
    const scene = await stage();
    await scene.ana.types('/mcp', { channel: scene.team });
    expect(scene.adapter.editable?.(await scene.gateway.invocation(1))).toBe(false);
    const delivery = await scene.say(await scene.gateway.invocation(1), SERVERS);
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    expect(await scene.adapter.update(delivery.message, reply('later'))).toEqual({ kind: 'gone' });
  });
});

describe('/mcp in the bot’s DM', () => {
  it('is answered with a message that stays and can be edited for ever', async () => {
    const scene = await stage();
    const { ana, gateway, adapter, clock } = scene;
    await ana.types('/mcp');
    const message = await lastHeard(ana);
    expect(message.ephemeral).toBe(false);
    const invocation = await gateway.invocation(1);
    expect(adapter.editable?.(invocation)).toBe(true);
    const delivery = await scene.say(invocation, SERVERS);
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    clock.advance(30 * 86_400_000);
    expect(await adapter.update(delivery.message, reply('a month later'))).toMatchObject({
      kind: 'delivered',
    });
    expect(ana.sees()).toContain('a month later');
  });

  it('asks once which DM is whose', async () => {
    const scene = await stage();
    await scene.ana.types('/mcp');
    await scene.ana.types('/mcp');
    await lastHeard(scene.ana, {}, 2);
    expect(calls(scene)).toEqual(['conversations.open', 'chat.postMessage', 'chat.postMessage']);
  });

  it('is answered by its response_url where that is not known', async () => {
    const scene = await stage();
    scene.slack.fail('conversations.open', { error: 'missing_scope' });
    await scene.ana.types('/mcp');
    expect((await lastHeard(scene.ana)).ephemeral).toBe(true);
    expect(calls(scene)).toEqual(['conversations.open', 'response_url']);
  });
});

describe('/mcp in a DM of two people', () => {
  it('is answered by its response_url alone: the bot is not in it', async () => {
    const scene = await stage();
    const { ana, team, slack } = scene;
    await ana.types('/mcp', { channel: team });
    const [first] = slack.deliveries;
    const payload = {
      ...first?.payload,
      channel_id: 'D0TWOPEOPLE',
      channel_name: 'directmessage',
      trigger_id: '2',
    };
    slack.sockets.send(JSON.stringify({ envelope_id: 'e2', type: 'slash_commands', payload }));
    await lastHeard(ana, { channel: team }, 2);
    expect(calls(scene)).toEqual(['response_url', 'conversations.open', 'response_url']);
    expect(scene.adapter.editable?.(await scene.gateway.invocation(2))).toBe(false);
  });
});

describe('the way back from a page', () => {
  it('leads to where the command was typed, for the person alone', async () => {
    const { ana, ben, team, acme, gateway, adapter } = await stage();
    await ana.types('/mcp', { channel: team });
    const { actor, conversation } = await gateway.invocation(1);
    expect(adapter.chatUrl?.({ actor, conversation })).toBe(
      `https://slack.com/app_redirect?team=${acme.id}&channel=${team.id}`,
    );
    expect(adapter.chatUrl?.({ actor: { ...actor, userId: ben.id }, conversation })).toBeUndefined();
    expect(adapter.chatUrl?.({ actor })).toBeUndefined();
  });
});

describe('a mention', () => {
  it('is answered for nobody else to see', async () => {
    const { ana, ben, team, gateway } = await stage();
    await ana.types('@acmemcp mcp auth linear', { channel: team });
    const message = await lastHeard(ana, { channel: team });
    expect(message.ephemeral).toBe(true);
    expect((await gateway.invocation(1)).words).toEqual(['auth', 'linear']);
    expect(heard(ben, { channel: team })).toEqual([]);
  });

  it('in a thread is answered in the thread', async () => {
    const { ana, ben, team } = await stage();
    const said = await ben.types('who has seen the report?', { channel: team });
    if (said.kind !== 'message') throw new Error(said.kind);
    const thread = { channel: team, thread: said.message };
    await ben.types('nobody', thread);
    await ana.types('@acmemcp /mcp', thread);
    expect(await lastHeard(ana, thread)).toMatchObject({ ephemeral: true, threadTs: said.message.ts });
    expect(heard(ben, thread)).toEqual([]);
  });

  it('knows the person by name, though the event holds none, and asks once', async () => {
    const scene = await stage();
    const { ana, team, gateway, slack } = scene;
    await ana.types('@acmemcp mcp', { channel: team });
    await ana.types('@acmemcp mcp', { channel: team });
    const names = [await gateway.invocation(1), await gateway.invocation(2)].map(
      ({ actor }) => actor.displayName,
    );
    expect(names).toEqual(['@ana', '@ana']);
    expect(slack.callsOf('users.info')).toHaveLength(1);
  });

  it('goes by the id where names may not be asked for', async () => {
    const { ana, team, gateway, acme } = await stage();
    acme.setScopes(['chat:write', 'commands', 'app_mentions:read']);
    await ana.types('@acmemcp mcp', { channel: team });
    expect((await gateway.invocation(1)).actor.displayName).toBe(ana.id);
  });

  it('without mcp gets a hint, now and then', async () => {
    const scene = await stage();
    const { ana, team, clock } = scene;
    await ana.types('@acmemcp hello', { channel: team });
    await ana.types('thanks, @acmemcp', { channel: team });
    expect((await lastHeard(ana, { channel: team })).text).toContain('I understand /mcp');
    await quiet(scene);
    expect(heard(ana, { channel: team })).toHaveLength(1);
    clock.advance(11 * 60_000);
    await ana.types('@acmemcp hello', { channel: team });
    await lastHeard(ana, { channel: team }, 2);
    expect(commands(scene)).toEqual([]);
  });
});

describe('text in the bot’s DM', () => {
  it.each(['mcp auth linear', ' /mcp auth linear', 'MCP auth linear', '@acmemcp mcp auth linear'])(
    'is a command: %s',
    async (line) => {
      const { ana, gateway, adapter } = await stage();
      await ana.types(line);
      const invocation = await gateway.invocation(1);
      expect(invocation.words).toEqual(['auth', 'linear']);
      expect(adapter.editable?.(invocation)).toBe(true);
      expect((await lastHeard(ana)).ephemeral).toBe(false);
    },
  );

  it('is answered in its thread', async () => {
    const { ana } = await stage();
    const said = await ana.types('mcp');
    if (said.kind !== 'message') throw new Error(said.kind);
    await lastHeard(ana);
    await ana.types('mcp status', { thread: said.message });
    expect(await lastHeard(ana, { thread: said.message })).toMatchObject({ threadTs: said.message.ts });
  });

  it('that is no command gets a hint with what there is, now and then', async () => {
    const scene = await stage();
    await scene.ana.types('mcps are great');
    await scene.ana.types('hello?');
    const hint = await lastHeard(scene.ana);
    expect(hint.text).toBe('I understand /mcp and what follows it.');
    expect(hint.buttons.map(({ label }) => label)).toEqual(['Status', 'Help']);
    await quiet(scene);
    expect(heard(scene.ana)).toHaveLength(1);
    expect(commands(scene)).toEqual([]);
  });

  it('cannot be taken away by a bot: the gateway says so where it holds a key', async () => {
    const { ana, gateway, adapter } = await stage();
    await ana.types('mcp auth github ghp_0123456789abcdef0123456789abcdef0123');
    const { typed } = await gateway.invocation(1);
    expect(typed).toBeDefined();
    expect(await adapter.remove?.(typed ?? {})).toBe(false);
  });
});

describe('what is no command', () => {
  it.each([
    ['an edited message', { subtype: 'message_changed', message: { text: 'mcp auth' }, hidden: true }],
    ['a deleted message', { subtype: 'message_deleted', previous_message: { text: 'mcp auth' } }],
    ['a message of a bot', { bot_id: 'B024BE7LD', text: 'mcp auth' }],
    ['an upload', { subtype: 'file_share', text: 'mcp auth' }],
    ['a message that was edited before it came', { edited: { user: 'U1', ts: '1.1' }, text: 'mcp auth' }],
    ['a message without a user', { user: null, text: 'mcp auth' }],
    ['a message without a text', { text: undefined }],
    ['a message without a channel', { channel: 7, text: 'mcp auth' }],
  ])('is acknowledged and does nothing: %s', async (_, event) => {
    const scene = await stage();
    const { ana, acme } = scene;
    await ana.types('mcp marker-first');
    await lastHeard(ana);
    const [{ channel } = { channel: '' }] = ana.messages();
    const delivered = await acme.event({
      type: 'message',
      channel_type: 'im',
      channel,
      user: ana.id,
      team: acme.id,
      ts: '1794650400.000100',
      ...event,
    });
    expect(delivered.ackedAfterMs).toBeDefined();
    await quiet(scene);
    expect(commands(scene)).toEqual([]);
  });

  it('is not heard in a DM of two people that the app sees through one of them', async () => {
    const scene = await stage();
    const { ana, acme } = scene;
    const event = {
      type: 'message',
      channel_type: 'im',
      channel: 'D0TWOPEOPLE',
      user: ana.id,
      team: acme.id,
      text: 'mcp auth linear',
      ts: '1794650400.000100',
    };
    await acme.event(event, { authorizations: [{ team_id: acme.id, user_id: ana.id, is_bot: false }] });
    await quiet(scene);
    expect(commands(scene)).toEqual([]);
  });
});

describe('a sign of work', () => {
  it('comes with the acknowledgement of a slash command, and only where the answer takes long', async () => {
    const scene = await stage();
    const { ana, team } = scene;
    const finish = slow(scene);
    await ana.types('/mcp', { channel: team });
    expect(heard(ana, { channel: team }).map(({ text }) => text)).toEqual(['One moment: I answer below.']);
    finish();
    await lastHeard(ana, { channel: team }, 2);
    expect(calls(scene)).toEqual(['response_url']);
  });

  it('stands in the DM until the answer takes its place', async () => {
    const scene = await stage();
    const finish = slow(scene);
    await scene.ana.types('mcp');
    await expect.poll(() => scene.ana.sees()).toContain('Working…');
    finish();
    await expect.poll(() => scene.ana.sees()).toContain('sign-in needed');
    expect(heard(scene.ana)).toHaveLength(1);
    expect(scene.ana.sees()).not.toContain('Working');
  });

  it('that Slack does not let anybody change is taken away, and the answer is a new message', async () => {
    const scene = await stage();
    const finish = slow(scene);
    await scene.ana.types('mcp');
    await expect.poll(() => scene.memory.names.join(' ')).toContain('working/');
    scene.slack.fail('chat.update', { error: 'cant_update_message' });
    finish();
    await expect.poll(() => scene.ana.sees()).toContain('sign-in needed');
    expect(heard(scene.ana)).toHaveLength(1);
    await expect.poll(() => scene.memory.names.join(' ')).not.toContain('working/');
  });

  it('whose answer Slack would not take says after a restart that it was interrupted', async () => {
    const scene = await stage();
    const finish = slow(scene);
    await scene.ana.types('mcp');
    await expect.poll(() => scene.memory.names.join(' ')).toContain('working/');
    for (const method of ['chat.update', 'chat.delete', 'chat.postMessage'])
      scene.slack.fail(method, { status: 429, retryAfterSeconds: 600 });
    finish();
    await expect.poll(() => scene.slack.callsOf('chat.postMessage')).toHaveLength(2);
    await quiet(scene);
    expect(scene.ana.sees()).toContain('Working…');
    await scene.restart();
    await expect.poll(() => scene.ana.sees()).toContain('I was interrupted');
    await expect.poll(() => scene.memory.names.join(' ')).not.toContain('working/');
  });

  it('that a killed process left says that it was interrupted', async () => {
    const scene = await stage();
    const finish = slow(scene);
    await scene.ana.types('mcp');
    await expect.poll(() => scene.memory.names.join(' ')).toContain('working/');
    await scene.join();
    await expect.poll(() => scene.ana.sees()).toContain('I was interrupted');
    finish();
  });

  it('is a whisper where a mention is answered', async () => {
    const scene = await stage();
    const { ana, ben, team } = scene;
    const finish = slow(scene);
    await ana.types('@acmemcp mcp', { channel: team });
    await expect.poll(() => ana.sees({ channel: team })).toContain('One moment');
    finish();
    await lastHeard(ana, { channel: team }, 2);
    expect(heard(ben, { channel: team })).toEqual([]);
  });

  it.each(['@acmemcp mcp', '/mcp'])(
    'promised to %s is kept with the answer: a restart says nothing',
    async (typed) => {
      const scene = await stage();
      const { ana, team } = scene;
      const finish = slow(scene);
      await ana.types(typed, { channel: team });
      await expect.poll(() => scene.memory.names.join(' ')).toContain('working/');
      finish();
      await lastHeard(ana, { channel: team }, 2);
      await expect.poll(() => scene.memory.names.join(' ')).not.toContain('working/');
      await scene.restart();
      await quiet(scene);
      expect(ana.sees({ channel: team })).not.toContain('interrupted');
    },
  );
});
