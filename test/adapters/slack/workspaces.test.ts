import { describe, expect, it } from 'vitest';
import { actorId } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { SlackWorkspace } from '../../helpers/slack/slack.js';
import { commands, heard, lastHeard, quiet, type Stage, useStages } from './stage.js';

const stage = useStages();

describe('several workspaces', () => {
  it('are answered each with its own token, and their people are told apart by it', async () => {
    let globex: SlackWorkspace | undefined;
    const scene = await stage({
      others: (slack) => {
        globex = slack.workspace('Globex');
        return [globex];
      },
    });
    const twin = globex?.person('Eve', { id: scene.ana.id });
    await scene.ana.types('mcp');
    await expect.poll(() => scene.ana.sees()).toContain('sign-in needed');
    await twin?.types('mcp');
    const actors = [await scene.gateway.invocation(1), await scene.gateway.invocation(2)].map(({ actor }) =>
      actorId(actor),
    );
    expect(new Set(actors)).toEqual(
      new Set([`slack:${scene.acme.id}/${scene.ana.id}`, `slack:${globex?.id}/${scene.ana.id}`]),
    );
    await expect.poll(() => twin?.sees()).toContain('sign-in needed');
    expect(scene.slack.callsOf('chat.postMessage').map(({ team }) => team)).toEqual([
      scene.acme.id,
      globex?.id,
    ]);
  });

  it('of which one revokes its token: the others go on, and operators hear which one it is', async () => {
    let globex: SlackWorkspace | undefined;
    const scene = await stage({
      others: (slack) => {
        globex = slack.workspace('Globex');
        return [globex];
      },
    });
    await globex?.revokeToken();
    await expect.poll(() => scene.adapter.trouble?.()).toContain(`Globex (${globex?.id})`);
    const errors = () => scene.log.filter((line) => JSON.parse(line).level >= 50);
    expect(errors()).toHaveLength(1);
    const actor = {
      platform: 'slack',
      tenant: globex?.id ?? '',
      userId: 'U0GLOBEX',
      displayName: 'eve',
    } as const;
    const asked = scene.slack.calls.length;
    expect(await scene.adapter.send({ actor }, reply('news'))).toEqual({ kind: 'gone' });
    expect(scene.slack.calls).toHaveLength(asked);
    await scene.ana.types('mcp');
    await lastHeard(scene.ana);
    expect(errors()).toHaveLength(1);
  });

  it('of which one removes the app in the middle of a sign-in: no crash, one line', async () => {
    let globex: SlackWorkspace | undefined;
    const scene = await stage({
      others: (slack) => {
        globex = slack.workspace('Globex');
        return [globex];
      },
    });
    const eve = globex?.person('Eve');
    await eve?.types('mcp');
    const { actor } = await scene.gateway.invocation(1);
    if (eve !== undefined) await lastHeard(eve);
    await globex?.uninstall();
    await expect.poll(() => scene.adapter.trouble?.()).toContain('Globex');
    expect(await scene.adapter.send({ actor }, reply('connected'))).toEqual({ kind: 'gone' });
    expect(scene.log.filter((line) => JSON.parse(line).level >= 50)).toHaveLength(1);
  });

  it('without a token of ours get one private line, and nothing runs', async () => {
    const scene = await stage();
    const globex = scene.slack.workspace('Globex');
    const eve = globex.person('Eve');
    const room = globex.channel('room', [eve]);
    await eve.types('/mcp', { channel: room });
    expect((await lastHeard(eve, { channel: room })).text).toBe('I do not answer in this workspace.');
    expect(commands(scene)).toEqual([]);
  });
});

/** Eve of Globex, where the app is not installed, and what she typed in a channel that Ana is in too. */
async function stranger({ slack, acme, ana, gateway }: Stage) {
  const globex = slack.workspace('Globex', { installed: false });
  const eve = globex.person('Eve');
  const shared = acme.channel('shared', [ana, eve], { sharedWith: [globex] });
  await eve.types('@acmemcp mcp', { channel: shared });
  const { actor } = await gateway.invocation(1);
  return { globex, eve, shared, actor };
}

describe('a Slack Connect stranger', () => {
  it('is one of their own workspace, whatever they do in the shared channel', async () => {
    const scene = await stage();
    const { globex, eve, shared, actor } = await stranger(scene);
    expect(actor).toMatchObject({ tenant: globex.id, userId: eve.id });
    await lastHeard(eve, { channel: shared });
    await eve.presses('Refresh', { channel: shared });
    expect((await scene.gateway.invocation(2)).actor).toMatchObject({ tenant: globex.id, userId: eve.id });
    expect(heard(scene.ana, { channel: shared })).toEqual([]);
  });

  it('is told later what can be told only by what the store holds, while that is away', async () => {
    const scene = await stage();
    const { actor } = await stranger(scene);
    const ana = { ...actor, tenant: scene.acme.id, userId: scene.ana.id };
    scene.memory.down = true;
    await expect(scene.adapter.send({ actor }, reply('connected'))).rejects.toThrow(/the store is away/);
    expect(await scene.adapter.send({ actor: ana }, reply('connected'))).toMatchObject({ kind: 'delivered' });
  });

  it('with the id of a member is somebody else', async () => {
    const scene = await stage();
    const globex = scene.slack.workspace('Globex', { installed: false });
    const twin = globex.person('Eve', { id: scene.ana.id });
    const shared = scene.acme.channel('shared', [scene.ana, twin], { sharedWith: [globex] });
    await twin.types('@acmemcp mcp', { channel: shared });
    await scene.ana.types('/mcp', { channel: shared });
    const [first, second] = [await scene.gateway.invocation(1), await scene.gateway.invocation(2)];
    expect(actorId(first.actor)).not.toBe(actorId(second.actor));
  });

  it('whose workspace is not told is not answered', async () => {
    const scene = await stage();
    const event = {
      type: 'app_mention',
      channel: scene.team.id,
      user: scene.ana.id,
      text: `<@${scene.acme.bot.userId}> mcp`,
      ts: '1794650400.000100',
    };
    await scene.acme.event(event, { is_ext_shared_channel: true });
    await quiet(scene);
    expect(commands(scene)).toEqual([]);
  });
});

describe('the name on the connect page', () => {
  it('is the handle, which is one person’s alone in a workspace; a stranger’s has the id behind it', async () => {
    const scene = await stage();
    const globex = scene.slack.workspace('Globex', { installed: false });
    const twin = globex.person('Ana');
    const shared = scene.acme.channel('shared', [scene.ana, twin], { sharedWith: [globex] });
    await scene.ana.types('@acmemcp mcp', { channel: shared });
    await scene.gateway.invocation(1);
    await twin.types('@acmemcp mcp', { channel: shared });
    const shown = await Promise.all([1, 2].map(async (nth) => (await scene.gateway.invocation(nth)).actor));
    expect(shown.map(({ displayName }) => displayName)).toEqual(['@ana', `@ana (${globex.id}/${twin.id})`]);
  });

  it('has the id behind it where the app is in several workspaces', async () => {
    let globex: SlackWorkspace | undefined;
    const scene = await stage({
      others: (slack) => {
        globex = slack.workspace('Globex');
        return [globex];
      },
    });
    const twin = globex?.person('Ana');
    await scene.ana.types('/mcp', { channel: scene.team });
    await scene.gateway.invocation(1);
    await twin?.types('mcp');
    const shown = await Promise.all([1, 2].map(async (nth) => (await scene.gateway.invocation(nth)).actor));
    expect(shown.map(({ displayName }) => displayName)).toEqual([
      `@ana (${scene.acme.id}/${scene.ana.id})`,
      `@ana (${globex?.id}/${twin?.id})`,
    ]);
  });
});

describe('Enterprise Grid', () => {
  it('one person is one, in whichever workspace of the organisation', async () => {
    let east: SlackWorkspace | undefined;
    const scene = await stage({
      workspace: { enterpriseId: 'E0ACME', orgInstall: true },
      others: (slack) => {
        east = slack.workspace('East', { enterpriseId: 'E0ACME', orgInstall: true });
        return [];
      },
    });
    const there = east?.admit(scene.ana);
    await scene.ana.types('/mcp', { channel: scene.team });
    await there?.types('mcp');
    await lastHeard(scene.ana);
    await there?.presses('Refresh');
    const actors = await Promise.all([1, 2, 3].map((nth) => scene.gateway.invocation(nth)));
    expect(new Set(actors.map(({ actor }) => actorId(actor)))).toEqual(
      new Set([`slack:E0ACME/${scene.ana.id}`]),
    );
  });

  it('of which one workspace is not granted: the token goes on serving the others', async () => {
    const scene = await stage({ workspace: { enterpriseId: 'E0ACME', orgInstall: true } });
    await scene.ana.types('/mcp', { channel: scene.team });
    const { actor } = await scene.gateway.invocation(1);
    scene.slack.fail('chat.postMessage', { error: 'team_access_not_granted' });
    expect(await scene.adapter.send({ actor }, reply('news'))).toEqual({ kind: 'no-private-way' });
    expect(scene.adapter.trouble?.()).toBeUndefined();
    expect(await scene.adapter.send({ actor }, reply('news'))).toMatchObject({ kind: 'delivered' });
  });

  it('with an installation in each workspace, too', async () => {
    let east: SlackWorkspace | undefined;
    const scene = await stage({
      workspace: { enterpriseId: 'E0ACME' },
      others: (slack) => {
        east = slack.workspace('East', { enterpriseId: 'E0ACME' });
        return [east];
      },
    });
    const there = east?.admit(scene.ana);
    const room = east?.channel('room', there === undefined ? [] : [there]);
    await scene.ana.types('/mcp', { channel: scene.team });
    await there?.types('/mcp', room === undefined ? {} : { channel: room });
    await there?.presses('Refresh', room === undefined ? {} : { channel: room });
    const actors = await Promise.all([1, 2, 3].map((nth) => scene.gateway.invocation(nth)));
    expect(new Set(actors.map(({ actor }) => actorId(actor)))).toEqual(
      new Set([`slack:E0ACME/${scene.ana.id}`]),
    );
    await expect
      .poll(() => scene.slack.callsOf('response_url').map(({ team }) => team))
      .toEqual([scene.acme.id, east?.id, east?.id]);
  });

  it('a stranger in a shared channel is none of the organisation', async () => {
    const scene = await stage({ workspace: { enterpriseId: 'E0ACME', orgInstall: true } });
    const globex = scene.slack.workspace('Globex', { installed: false });
    const eve = globex.person('Eve');
    const shared = scene.acme.channel('shared', [scene.ana, eve], { sharedWith: [globex] });
    await eve.types('@acmemcp mcp', { channel: shared });
    expect((await scene.gateway.invocation(1)).actor.tenant).toBe(globex.id);
    await lastHeard(eve, { channel: shared });
    await eve.presses('Refresh', { channel: shared });
    expect((await scene.gateway.invocation(2)).actor.tenant).toBe(globex.id);
  });

  it('a member of another installed workspace who mentions the bot of the organisation is none of it', async () => {
    let globex: SlackWorkspace | undefined;
    const scene = await stage({
      workspace: { enterpriseId: 'E0ACME' },
      others: (slack) => {
        globex = slack.workspace('Globex');
        return [globex];
      },
    });
    const eve = globex?.person('Eve');
    if (globex === undefined || eve === undefined) throw new Error('There is no Globex.');
    const shared = scene.acme.channel('shared', [scene.ana, eve], { sharedWith: [globex] });
    const text = `<@${scene.acme.bot.userId}> mcp`;
    const said = { type: 'app_mention', channel: shared.id, user: eve.id, text };
    await globex.event({ ...said, ts: '1794650400.000100', user_team: globex.id });
    // Seen by their own installation, and not said to be in a shared channel.
    await globex.event({ ...said, ts: '1794650400.000200' });
    const actors = await Promise.all([1, 2].map((nth) => scene.gateway.invocation(nth)));
    expect(actors.map(({ actor }) => actor.tenant)).toEqual([globex.id, globex.id]);
    // Nor is anybody else of theirs from then on.
    await eve.types('mcp');
    expect((await scene.gateway.invocation(3)).actor.tenant).toBe(globex.id);
  });

  it('a colleague of whom Slack cannot tell just now is nobody else meanwhile: nothing runs, and they hear it alone', async () => {
    const scene = await stage({ workspace: { enterpriseId: 'E0ACME' } });
    const east = scene.slack.workspace('East', { enterpriseId: 'E0ACME', installed: false });
    const eve = east.person('Eve');
    scene.acme.admit(eve);
    const both = scene.acme.channel('both', [scene.ana, eve]);
    const said = { type: 'app_mention', channel: both.id, user: eve.id, user_team: east.id };
    const text = `<@${scene.acme.bot.userId}> mcp`;
    scene.slack.fail('users.info', { status: 500 });
    await scene.acme.event({ ...said, text, ts: '1794650400.000100' });
    expect((await lastHeard(eve, { channel: both })).text).toMatch(/^That did not work just now/);
    expect(heard(scene.ana, { channel: both })).toEqual([]);
    expect(commands(scene)).toEqual([]);
    await scene.acme.event({ ...said, text, ts: '1794650400.000200' });
    await expect.poll(() => commands(scene)).toEqual([[]]);
    expect(scene.gateway.invocations.at(-1)?.actor).toMatchObject({ tenant: 'E0ACME', userId: eve.id });
  });

  it('later news goes out by the installation through which the person spoke', async () => {
    const scene = await stage({ workspace: { enterpriseId: 'E0ACME', orgInstall: true } });
    await scene.ana.types('/mcp', { channel: scene.team });
    const { actor } = await scene.gateway.invocation(1);
    await scene.restart();
    expect(await scene.adapter.send({ actor }, reply('linear connected'))).toMatchObject({
      kind: 'delivered',
    });
    expect(scene.ana.sees()).toContain('linear connected');
  });
});

describe('where the bot answers', () => {
  it('is told privately in other channels, and nothing runs there', async () => {
    const scene = await stage({ adapter: { channels: ['C0SOMEWHERE'] } });
    const { ana, ben, team } = scene;
    await ana.types('/mcp', { channel: team });
    await ana.types('@acmemcp mcp', { channel: team });
    const lines = () => heard(ana, { channel: team }).map(({ text }) => text);
    await expect
      .poll(lines)
      .toEqual(['I do not answer in this channel.', 'I do not answer in this channel.']);
    expect(heard(ben, { channel: team })).toEqual([]);
    expect(commands(scene)).toEqual([]);
    await ana.types('mcp');
    await lastHeard(ana);
    await ana.presses('Refresh');
    await scene.gateway.invocation(2);
    expect(commands(scene)).toEqual([[], ['status']]);
  });

  it('may be some workspaces alone, private chats included', async () => {
    const scene = await stage({ adapter: { workspaces: ['T0ELSEWHERE'] } });
    await scene.ana.types('mcp');
    expect((await lastHeard(scene.ana)).text).toBe('I do not answer in this workspace.');
    expect(scene.gateway.invocations).toEqual([]);
  });
});
