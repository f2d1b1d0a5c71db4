import { describe, expect, it } from 'vitest';
import { createSlackAdapter } from '../../../src/adapters/slack/adapter.js';
import { commands, heard, lastHeard, quiet, type Stage, useStages } from './stage.js';

const stage = useStages();
const http = { adapter: { mode: 'http' } } as const;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The body of a command, as Slack sends it, and where it goes. */
function command(scene: Stage, text = 'forged'): string {
  return new URLSearchParams({
    command: '/mcp',
    text,
    team_id: scene.acme.id,
    channel_id: scene.team.id,
    user_id: scene.ana.id,
    user_name: 'ana',
    trigger_id: `trigger-${text}`,
  }).toString();
}

function url({ front }: Stage): string {
  if (front === undefined) throw new Error('Nothing listens.');
  return front;
}

describe('signed HTTP', () => {
  it('brings commands, mentions, messages, presses and forms', async () => {
    const scene = await stage(http);
    const { ana, team } = scene;
    expect(await ana.types('/mcp', { channel: team })).toEqual({ kind: 'command' });
    await ana.types('@acmemcp mcp status', { channel: team });
    await ana.types('mcp help');
    await lastHeard(ana);
    await ana.presses('Refresh');
    await scene.gateway.invocation(4);
    expect(await ana.fills('Add key', { GITHUB_TOKEN: '  ' })).toMatchObject({ kind: 'errors' });
    expect(await ana.submits({ GITHUB_TOKEN: 'ghp_unseen_4711' })).toEqual({ kind: 'closed' });
    await scene.gateway.invocation(5);
    expect(commands(scene)).toEqual([[], ['status'], ['help'], ['status'], ['auth', 'github']]);
    expect(
      scene.slack.deliveries.every(({ via, ackedAfterMs }) => via === 'http' && ackedAfterMs !== undefined),
    ).toBe(true);
    expect(scene.slack.sockets.opened).toBe(0);
  });

  it('answers the challenge', async () => {
    const scene = await stage(http);
    expect(await scene.slack.verifyUrls()).toEqual([true]);
  });

  it('answers a slow command’s delivery within three seconds', async () => {
    const scene = await stage(http);
    let finish = (): void => undefined;
    const { answer } = scene;
    scene.answer = async (invocation) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      await answer(invocation);
    };
    await scene.ana.types('/mcp', { channel: scene.team });
    expect(heard(scene.ana, { channel: scene.team }).map(({ text }) => text)).toEqual([
      'One moment: I answer below.',
    ]);
    finish();
    await lastHeard(scene.ana, { channel: scene.team }, 2);
  });

  it('takes each delivery once, though it comes again, to another replica and after a restart', async () => {
    const scene = await stage(http);
    await scene.join({ mode: 'http' });
    const { ana, team } = scene;
    await ana.types('/mcp', { channel: team });
    await ana.types('mcp');
    await lastHeard(ana);
    for (const delivery of [...scene.slack.deliveries])
      for (let times = 0; times < 2; times += 1) await scene.slack.redeliver(delivery);
    await scene.restart();
    for (const delivery of [...scene.slack.deliveries]) await scene.slack.redeliver(delivery);
    await quiet(scene);
    expect(commands(scene)).toHaveLength(2);
  });

  it('has a form that opens at one replica and comes back to another, and a message that another edits', async () => {
    const scene = await stage(http);
    await scene.join({ mode: 'http' });
    await scene.ana.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ana, { channel: scene.team });
    await scene.ana.fills('Add key', { GITHUB_TOKEN: 'ghp_unseen_4711' });
    await scene.gateway.invocation(2);
    await expect.poll(() => heard(scene.ana, { channel: scene.team }).length).toBe(1);
  });

  it('needs a secret', () => {
    const options = { botTokens: ['xoxb-1'], mode: 'http', apiRoot: 'http://127.0.0.1:1/api' } as const;
    expect(() => createSlackAdapter(options)).toThrow(/signing secret/);
    expect(() => createSlackAdapter({ ...options, signingSecret: '' })).toThrow(/signing secret/);
  });
});

describe('what is not signed by Slack, now,', () => {
  const MINUTE = 60_000;

  it('is refused, and nothing runs', async () => {
    const scene = await stage(http);
    const { slack, clock } = scene;
    const body = command(scene);
    const to = url(scene);
    const good = slack.sign(body);
    const [, signature = ''] = Object.entries(good).find(([name]) => /signature/i.test(name)) ?? [];
    const [stamp = ''] = Object.keys(good).filter((name) => /timestamp/i.test(name));
    const [signed = ''] = Object.keys(good).filter((name) => /signature/i.test(name));
    const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'no headers': {},
      'no signature': { [stamp]: good[stamp] ?? '' },
      'no timestamp': { [signed]: signature },
      'an empty signature': { ...good, [signed]: '' },
      'a shorter signature': { ...good, [signed]: signature.slice(0, 20) },
      'a longer signature': { ...good, [signed]: `${signature}00` },
      'another version': { ...good, [signed]: signature.replace('v0=', 'v1=') },
      'another body’s signature': slack.sign(`${body}&x=1`),
      'a timestamp that is none': { ...good, [stamp]: 'NaN' },
      'another timestamp': { ...good, [stamp]: String(Number(good[stamp]) + 1) },
      'six minutes old': slack.sign(body, clock.now() - 6 * MINUTE),
      'six minutes ahead': slack.sign(body, clock.now() + 6 * MINUTE),
      'a year ahead': slack.sign(body, clock.now() + 365 * 24 * 60 * MINUTE),
    };
    for (const [name, headers] of Object.entries(cases)) {
      const { status } = await slack.post(to, body, { ...FORM, ...headers });
      expect([name, status]).toEqual([name, 401]);
    }
    await quiet(scene);
    expect(commands(scene)).toEqual([]);
  });

  it('is taken within five minutes to both sides', async () => {
    const scene = await stage(http);
    const { slack, clock } = scene;
    const to = url(scene);
    for (const [at, minutes] of [-4.9, 4.9].entries()) {
      const body = command(scene, `early-${at}`);
      const headers = { ...FORM, ...slack.sign(body, clock.now() + minutes * MINUTE) };
      expect((await slack.post(to, body, headers)).status).toBe(200);
    }
    expect(commands(scene)).toEqual([['early-0'], ['early-1']]);
  });

  it('does not run twice because somebody replays it', async () => {
    const scene = await stage(http);
    const { slack } = scene;
    const to = url(scene);
    const body = command(scene, 'once');
    const headers = { ...FORM, ...slack.sign(body) };
    expect((await slack.post(to, body, headers)).status).toBe(200);
    expect((await slack.post(to, body, headers)).status).toBe(200);
    await quiet(scene);
    expect(commands(scene)).toEqual([['once']]);
  });

  it('is answered with 401 before 400: what is malformed is looked at only if it is signed', async () => {
    const scene = await stage(http);
    const { slack } = scene;
    const to = url(scene);
    const json = { 'content-type': 'application/json' };
    for (const body of ['', '{', 'null', '[]', '"x"', '{"type":"unknown"}', 'payload=%7B']) {
      const type = body.startsWith('payload') ? FORM : json;
      expect((await slack.post(to, body, type)).status).toBe(401);
      const { status } = await slack.post(to, body, { ...type, ...slack.sign(body) });
      expect([200, 400]).toContain(status);
    }
    expect((await fetch(to)).status).toBe(405);
    expect((await fetch(`${to}/other`, { method: 'POST' })).status).toBe(404);
  });

  it('waits outside while the gateway stops', async () => {
    const scene = await stage(http);
    const to = url(scene);
    await scene.stop();
    const body = command(scene);
    expect((await scene.slack.post(to, body, { ...FORM, ...scene.slack.sign(body) })).status).toBe(503);
  });
});
