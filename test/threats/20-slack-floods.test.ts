import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import {
  answerTo,
  heard,
  NOTE,
  newest,
  onlyFor,
  publicCalls,
  untilSees,
  useSlack,
  WEBHOOK,
} from './slack-scene.js';

const slacks = useSlack();

const records = async ({ stateFolder }: RunningGateway): Promise<readonly string[]> =>
  await readdir(join(stateFolder, 'records', 'chat-slack')).catch(() => []);

describe('threat 20: one person floods the app', () => {
  it('with commands for a server that hangs, mentions, talk and presses: others are answered, and she is again when it is over', async () => {
    const hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/mcp`;
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const [mallory, ben] = [acme.person('Mallory'), acme.person('Ben')];
    const here = { channel: acme.channel('team', [mallory, ben]) };
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(mallory, ben),
      mcp_servers: { slow: { url } },
    });
    const own = await answerTo(mallory, '/mcp help', here);
    try {
      const flood = Array.from({ length: 300 }, (_, at) => [
        mallory.types('/mcp test slow', here),
        mallory.types('what?'),
        mallory.types('@acmemcp mcp test slow', here),
        mallory.forgesPress(own, {
          action_id: 'mcp:1',
          block_id: own.buttons[0]?.blockId ?? `mcp:${'A'.repeat(16)}:${acme.id}/${mallory.id}:1`,
          value: `#${String(at).padStart(22, 'A')}`,
        }),
      ]).flat();
      await answerTo(ben, '/mcp help', here);
      await Promise.all(flood);
      await answerTo(ben, '/mcp help', here);
      // Twenty at once are under way, each with its sign; the rest was let fall.
      const signs = mallory.messages(here).filter(({ text }) => text.startsWith('One moment'));
      expect(signs.length).toBeLessThanOrEqual(40);
      expect(heard(mallory, here).length + heard(mallory).length).toBeLessThan(450);
      expect((await records(gateway)).length).toBeLessThan(10);
      expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
    } finally {
      hanging.closeAllConnections();
      await new Promise<void>((resolve) => hanging.close(() => resolve()));
    }
    await expect
      .poll(async () => {
        await mallory.types('/mcp help', here);
        return newest(mallory, here).text;
      })
      .toContain('What you can do');
  });

  it('with sign-ins: fifty may be open, and no more', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const mallory = acme.person('Mallory');
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(mallory),
      mcp_servers: Object.fromEntries(
        Array.from({ length: 60 }, (_, at) => [
          `files-${at}`,
          { url: slacks.scene.files.url, auth: 'oauth' },
        ]),
      ),
    });
    for (let at = 0; at < 60; at += 6)
      await answerTo(
        mallory,
        `/mcp auth ${[0, 1, 2, 3, 4, 5].map((more) => `files-${at + more}`).join(' ')}`,
      );
    await untilSees(mallory, 'you have too many sign-ins open');
    const pending = await (await gateway.store()).records('pending').keys();
    expect(pending.length).toBeLessThanOrEqual(50);
  });

  it('with talk: she is told once what is understood, not each time', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const mallory = acme.person('Mallory');
    const gateway = await slacks.gateway(slack, [acme], onlyFor(mallory));
    for (let each = 0; each < 50; each += 1) await mallory.types(`hello ${each}`);
    await answerTo(mallory, '/mcp help');
    await expect.poll(() => heard(mallory).length).toBe(2);
    expect((await records(gateway)).length).toBeLessThan(5);
  });

  it('by HTTP, with requests that Slack never signed: nothing is kept, and who is real is answered', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ben = acme.person('Ben');
    const gateway = await slacks.hooked(slack, [acme], onlyFor(ben));
    const body = `command=%2Fmcp&text=${'x'.repeat(100_000)}`;
    const headers = { ...slack.sign('another body') };
    for (let round = 0; round < 10; round += 1) {
      const posts = Array.from({ length: 50 }, () =>
        fetch(`${gateway.url}${WEBHOOK}`, { method: 'POST', body, headers }),
      );
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([401]));
    }
    await answerTo(ben, '/mcp help');
    expect((await records(gateway)).length).toBeLessThan(5);
  });
});

describe('threat 20: many people have the bot fill a channel', () => {
  it('that has no way to answer in private: one sentence in ten minutes for each channel, whoever asks', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const people = Array.from({ length: 12 }, (_, at) => acme.person(`Person ${at}`));
    const ben = acme.person('Ben');
    const channels = ['one', 'two'].map((name) => acme.channel(name, [ben, ...people]));
    const gateway = await slacks.gateway(slack, [acme], onlyFor(...people));
    slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' }, 10_000);
    slack.fail('conversations.open', { error: 'cannot_dm_bot' }, 10_000);
    for (let round = 0; round < 3; round += 1)
      for (const channel of channels)
        for (const person of people) await person.types('@acmemcp mcp auth files', { channel });
    for (const channel of channels) await expect.poll(() => heard(ben, { channel }).length).toBe(1);
    const asked = () => slack.callsOf('conversations.open').length;
    await expect.poll(asked).toBeGreaterThanOrEqual(6 * people.length);
    expect(publicCalls(slack).map(({ params }) => params.text)).toEqual([NOTE, NOTE]);
    gateway.clock.advance(10 * 60_000 + 1);
    const [channel] = channels;
    if (channel !== undefined) await people[0]?.types('@acmemcp mcp', { channel });
    await expect.poll(() => publicCalls(slack).length).toBe(3);
  });
});

describe('threat 20: Slack itself wants fewer requests', () => {
  it('it gets fewer: each is tried again when its time has come, and none before', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    await slacks.gateway(slack, [acme], onlyFor(ana));
    await answerTo(ana, '/mcp help');
    slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 1 });
    const from = slack.calls.length;
    await Promise.all([1, 2, 3, 4].map(() => ana.types('mcp help')));
    await expect.poll(() => heard(ana).length).toBe(5);
    const posts = slack.calls.slice(from).filter(({ method }) => method === 'chat.postMessage');
    const refusedAtMs = posts.find(({ status }) => status === 429)?.atMs ?? 0;
    const late = posts.filter(({ atMs, status }) => status === 200 && atMs > refusedAtMs);
    expect(late.length).toBeGreaterThan(0);
    expect(posts.filter(({ atMs }) => atMs > refusedAtMs + 100 && atMs < refusedAtMs + 900)).toEqual([]);
    expect(posts.length).toBeLessThanOrEqual(8);
  });
});
