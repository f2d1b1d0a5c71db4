import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SlackHost } from '../../../src/adapters/slack/host.js';
import { mountSlack } from '../../../src/adapters/slack/mount.js';
import { deliverReply } from '../../../src/gateway/boards/notifier.js';
import { actorId, type ChatAdapter } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { reply, type ScriptedGateway, scriptedGateway } from '../../contracts/chat-adapter.js';
import { Remembered } from '../../helpers/remembered.js';
import {
  type Slack,
  type SlackChannel,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
} from '../../helpers/slack/slack.js';
import { authorizing, type Host, makeHost } from './host-app.js';
import { heard, lastHeard, SERVERS } from './stage.js';

const ends: (() => Promise<unknown>)[] = [];
const crashes: string[] = [];
const crashed = (error: unknown): void => void crashes.push(String(error));
let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
let ben: SlackPerson;
let team: SlackChannel;
let gateway: ScriptedGateway & { readonly memory: Remembered };
let log: string[];
beforeAll(() => void process.on('unhandledRejection', crashed));
afterAll(() => void process.off('unhandledRejection', crashed));
beforeEach(async () => {
  slack = await startSlack({
    commands: ['/mcp', '/weather'],
    events: ['app_mention', 'message.im', 'app_home_opened', 'app_uninstalled', 'tokens_revoked'],
  });
  ends.push(() => slack.close());
  acme = slack.workspace('Acme');
  [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
  team = acme.channel('team', [ana, ben]);
  log = [];
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(crashes.splice(0)).toEqual([]);
});

interface Mounted {
  readonly host: Host;
  readonly adapter: ChatAdapter;
}

/** A host's app with the gateway in it, before its own listeners. */
function mounted(options: Parameters<typeof makeHost>[1] = { token: acme.botToken }): Mounted {
  const made: ChatAdapter[] = [];
  const host = makeHost(slack, options, (app) => {
    const structural: SlackHost = app;
    const write = (line: string): void => void log.push(line);
    made.push(mountSlack({ host: structural, log: createLog('trace', { write }), now: Date.now }).adapter);
  });
  const [adapter] = made;
  if (adapter === undefined) throw new Error('Nothing was mounted.');
  ends.push(
    () => adapter.stop(),
    () => host.stop(),
  );
  gateway = {
    ...scriptedGateway(async (invocation) => {
      await deliverReply(adapter, JSON.parse(JSON.stringify(invocation)), SERVERS);
    }),
    memory: new Remembered(Date.now),
  };
  return { host, adapter };
}

async function started(options?: Parameters<typeof makeHost>[1]): Promise<Mounted> {
  const scene = mounted(options);
  await scene.adapter.start(gateway);
  await scene.host.app.start();
  return scene;
}

describe('inside a Bolt app', () => {
  it('/mcp, its buttons, its forms and its keys are the gateway’s, and the host’s listeners see none of them', async () => {
    const { host } = await started();
    expect(await ana.types('/mcp', { channel: team })).toEqual({ kind: 'command' });
    await ana.types('@acmemcp mcp status', { channel: team });
    await ana.types('mcp help');
    await lastHeard(ana);
    expect(await ana.presses('Sign in')).toMatchObject({ acknowledged: true });
    await ana.presses('Refresh');
    await gateway.invocation(4);
    expect(await ana.fills('Add key', { GITHUB_TOKEN: '  ' })).toMatchObject({ kind: 'errors' });
    expect(await ana.submits({ GITHUB_TOKEN: 'ghp_unseen_4711' })).toEqual({ kind: 'closed' });
    expect((await gateway.invocation(5)).fields).toEqual({ GITHUB_TOKEN: 'ghp_unseen_4711' });
    expect(gateway.invocations.map(({ words }) => words)).toEqual([
      [],
      ['status'],
      ['help'],
      ['status'],
      ['auth', 'github'],
    ]);
    expect(host.saw).toEqual([]);
  });

  it('an edited or deleted command, which may hold a key, is nothing for the host either', async () => {
    const { host } = await started();
    const event = { type: 'message', channel_type: 'im', channel: 'D0DM', ts: '1.1', user: ana.id };
    const text = 'mcp auth github ghp_unseen_4711';
    await acme.event({ ...event, subtype: 'message_changed', message: { text }, previous_message: {} });
    await acme.event({ ...event, subtype: 'message_deleted', previous_message: { text } });
    await ana.types('hello');
    await expect.poll(() => host.saw.length).toBeGreaterThan(0);
    expect(host.saw.join()).not.toContain('ghp_unseen_4711');
    expect(gateway.invocations).toEqual([]);
  });

  it('a mention that the host’s app also hears as a message is one command', async () => {
    const { host } = await started();
    const said = await ana.types('@acmemcp mcp auth', { channel: team });
    if (said.kind !== 'message') throw new Error(said.kind);
    await acme.event({
      type: 'message',
      channel_type: 'channel',
      channel: team.id,
      user: ana.id,
      team: acme.id,
      text: `<@${acme.bot.userId}> mcp auth`,
      ts: said.message.ts,
    });
    await gateway.invocation(1);
    await ana.types('hello');
    await expect.poll(() => host.saw.join()).toContain('hello');
    expect(gateway.invocations).toHaveLength(1);
    expect(host.saw.join()).not.toContain('mcp auth');
  });

  it('the host’s own commands, messages and mentions go on as they were', async () => {
    const { host } = await started();
    await ana.types('/weather Rome', { channel: team });
    await expect.poll(() => ana.sees({ channel: team })).toContain('Sunny.');
    await ana.types('what is mcp?');
    await ana.types('@acmemcp hello', { channel: team });
    await expect
      .poll(() => host.saw)
      .toEqual([
        'payload /weather',
        'command /weather Rome',
        'payload event_callback',
        'event message what is mcp?',
        'payload event_callback',
        `event app_mention <@${acme.bot.userId}> hello`,
      ]);
    expect(gateway.invocations).toEqual([]);
    expect(heard(ana)).toEqual([]);
  });

  it('a press on the host’s own button is the host’s', async () => {
    const { host } = await started();
    await host.app.client.chat.postMessage({
      channel: ana.id,
      text: 'Weather',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'more', text: { type: 'plain_text', text: 'More' } }],
        },
      ],
    });
    await ana.presses('More');
    await expect.poll(() => host.saw).toContain('pressed more');
  });

  it('before the gateway is started everything is the host’s, and one line says why', async () => {
    const { host } = mounted();
    await host.app.start();
    await ana.types('/mcp', { channel: team });
    await ana.types('/mcp', { channel: team });
    await expect.poll(() => host.saw.filter((line) => line === 'command /mcp ')).toHaveLength(2);
    expect(log.filter((line) => line.includes('gateway is not started'))).toHaveLength(1);
  });

  it('after the gateway has stopped everything is the host’s', async () => {
    const { host, adapter } = await started();
    await adapter.stop();
    await ana.types('/mcp', { channel: team });
    await expect.poll(() => host.saw).toContain('command /mcp ');
    expect(gateway.invocations).toEqual([]);
  });

  it('later news goes out by the host’s token, also before the first payload', async () => {
    const { adapter } = await started();
    const actor = { platform: 'slack', tenant: acme.id, userId: ana.id, displayName: '@ana' } as const;
    expect(await adapter.send({ actor }, reply('linear connected'))).toMatchObject({ kind: 'delivered' });
    expect(ana.sees()).toContain('linear connected');
  });

  it('while Slack does not say whose the host’s token is, later news is to be tried again', async () => {
    slack.fail('auth.test', { status: 503 }, 4);
    const { adapter } = mounted();
    await adapter.start(gateway);
    const actor = { platform: 'slack', tenant: acme.id, userId: ana.id, displayName: '@ana' } as const;
    await expect(adapter.send({ actor }, reply('news'))).rejects.toThrow(/whose/);
  });

  it('while the store is away, who is reached by what it holds is to be told later', async () => {
    const { adapter } = mounted({ authorize: authorizing(() => [acme]) });
    await adapter.start(gateway);
    const actor = { platform: 'slack', tenant: acme.id, userId: ana.id, displayName: '@ana' } as const;
    gateway.memory.down = true;
    await expect(adapter.send({ actor }, reply('news'))).rejects.toThrow(/the store is away/);
  });

  it('is served for several workspaces, each by the token that the host’s authorize gives', async () => {
    const globex = slack.workspace('Globex');
    const eve = globex.person('Eve', { id: ana.id });
    const { adapter } = await started({ authorize: authorizing(() => [acme, globex]) });
    await ana.types('mcp');
    await eve.types('mcp');
    await lastHeard(ana);
    await lastHeard(eve);
    const [first, second] = [await gateway.invocation(1), await gateway.invocation(2)];
    expect([actorId(first.actor), actorId(second.actor)]).toEqual([
      `slack:${acme.id}/${ana.id}`,
      `slack:${globex.id}/${ana.id}`,
    ]);
    await adapter.send({ actor: second.actor }, reply('only for Globex'));
    expect(eve.sees()).toContain('only for Globex');
    expect(ana.sees()).not.toContain('only for Globex');
  });

  it('knows after a restart by which token a workspace is reached', async () => {
    const { authorize } = { authorize: authorizing(() => [acme]) };
    const first = await started({ authorize });
    await ana.types('/mcp', { channel: team });
    const { actor } = await gateway.invocation(1);
    const { memory } = gateway;
    await first.adapter.stop();
    await first.host.stop();
    const second = mounted({ authorize });
    await second.adapter.start({ ...gateway, memory });
    expect(await second.adapter.send({ actor }, reply('linear connected'))).toMatchObject({
      kind: 'delivered',
    });
    expect(ana.sees()).toContain('linear connected');
  });

  it('says which token is refused, once, and goes on with the next one', async () => {
    const { adapter } = await started({ authorize: authorizing(() => [acme]) });
    await ana.types('mcp');
    await lastHeard(ana);
    const { actor } = await gateway.invocation(1);
    await acme.revokeToken();
    await expect.poll(() => adapter.trouble?.()).toContain(acme.id);
    expect(await adapter.send({ actor }, reply('news'))).toEqual({ kind: 'gone' });
    expect(log.filter((line) => JSON.parse(line).level >= 50)).toHaveLength(1);
    acme.reinstall();
    await ana.types('/mcp', { channel: team });
    await expect.poll(() => adapter.trouble?.()).toBeUndefined();
    expect(await adapter.send({ actor }, reply('news again'))).toMatchObject({ kind: 'delivered' });
  });
});
