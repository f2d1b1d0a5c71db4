import { describe, expect, it } from 'vitest';
import { createDiscordAdapter } from '../../../src/adapters/discord/adapter.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { RawPost } from '../../helpers/discord/face.js';
import { CALLBACK, commands, heard, lastHeard, type Stage, saying, seen, useStages } from './stage.js';
import { openWebDoor } from './web-door.js';

const open = useStages();
const byHttp = (): Promise<Stage> => open({ adapter: { mode: 'http' } });
const SECONDS = 1_000;

/** An interaction that was made before, as Discord sent it. */
async function recorded(stage: Stage): Promise<Readonly<Record<string, unknown>>> {
  await stage.ana.types('/mcp', { command: 'first' }, stage.general);
  const [sent] = stage.discord.sent;
  if (sent === undefined) throw new Error('Nothing was sent.');
  return sent;
}

describe('the interactions URL', () => {
  it('is accepted by Discord, which sends everything there', async () => {
    const stage = await byHttp();
    await stage.ana.types('/mcp', {}, stage.general);
    expect(stage.discord.interactions.answers.map(({ status, body }) => ({ status, body }))).toEqual([
      { status: 202, body: '' },
    ]);
    expect((await lastHeard(stage.ana, stage.general)).text).toContain('MCP servers');
    expect(saying(stage)).toEqual([CALLBACK]);
    expect(stage.discord.gateway.connections).toBe(0);
  });

  it('answers in its response where that is all there is to say', async () => {
    const stage = await byHttp();
    stage.answer = (invocation) =>
      stage.say(
        invocation,
        reply('a form', {
          actions: [
            {
              kind: 'form',
              label: 'Add key',
              title: 'Key',
              words: ['auth', 'weather'],
              fields: [{ name: 'KEY', label: 'KEY', secret: true }],
            },
          ],
        }),
      );
    await stage.ana.types('/mcp', {}, stage.general);
    const before = saying(stage).length;
    expect(await stage.ana.completes('command', 's', stage.general)).toHaveLength(1);
    expect(await stage.ana.presses('Add key', stage.general)).toMatchObject({ kind: 'modal' });
    expect(saying(stage)).toHaveLength(before);
  });

  it('lets nothing run that is forged, altered, unsigned, old, or from the future (threat 14)', async () => {
    const stage = await byHttp();
    const interaction = { ...(await recorded(stage)), id: '1190350394018529999' };
    const nowSeconds = Math.floor(stage.clock.now() / SECONDS);
    const bad: readonly RawPost[] = [
      { signature: 'stranger' },
      { signature: 'none' },
      { signature: '' },
      { signature: 'f'.repeat(128) },
      { signature: 'not hex' },
      { timestamp: nowSeconds - 302 },
      { timestamp: nowSeconds + 310 },
      { timestamp: 'yesterday' },
      { timestamp: nowSeconds, timestampHeader: String(nowSeconds + 5) },
      { timestamp: `${nowSeconds}.5` },
    ];
    for (const how of bad)
      expect((await stage.discord.interactions.post(interaction, how)).status, JSON.stringify(how)).toBe(401);
    expect(commands(stage)).toEqual([['first']]);
    expect((await stage.discord.interactions.post(interaction, { timestamp: nowSeconds - 200 })).status).toBe(
      202,
    );
  });

  it('answers what it cannot read, and every other way of asking', async () => {
    const stage = await byHttp();
    const { url = '' } = stage.discord.interactions;
    const { interactions } = stage.discord;
    expect((await interactions.post({}, { body: 'no json' })).status).toBe(400);
    expect((await interactions.post({}, { body: '[]' })).status).toBe(202);
    expect((await interactions.post({ type: 99 })).status).toBe(202);
    expect((await interactions.post({}, { method: 'GET' })).status).toBe(405);
    expect((await interactions.post({}, { url: `${url}/more` })).status).toBe(404);
    expect(await interactions.post({ type: 1 })).toEqual({ status: 200, body: '{"type":1}' });
  });

  it('asks Discord to come again while the application’s key is not known', async () => {
    const stage = await open({ adapter: { mode: 'http' } });
    const { discord } = stage;
    discord.fail('GET /applications/@me', { status: 503 }, 100);
    const second = createDiscordAdapter({
      token: discord.token,
      apiRoot: discord.api,
      mode: 'http',
      commands: false,
      pauses: { firstMs: 20, longestMs: 50 },
    });
    await second.start(stage.gateway);
    const door = await openWebDoor(() => second);
    expect((await discord.interactions.post({ type: 1 }, { url: door.url })).status).toBe(503);
    expect(second.trouble?.()).toBeDefined();
    await second.stop();
    await door.close();
  });

  it('is dead after the stop', async () => {
    const stage = await byHttp();
    await stage.adapter.stop();
    expect((await stage.discord.interactions.post({ type: 1 })).status).toBe(503);
  });

  it('on several replicas runs each command once, and any of them brings the news', async () => {
    const stage = await byHttp();
    const { discord, gateway, clock } = stage;
    const options = { token: discord.token, apiRoot: discord.api, mode: 'http', commands: false } as const;
    const other = createDiscordAdapter({ ...options, now: clock.now });
    await other.start(gateway);
    const door = await openWebDoor(() => other);
    await expect.poll(() => other.trouble?.()).toBeUndefined();
    await stage.ana.types('/mcp', {}, stage.general);
    const refs: unknown[] = [];
    stage.answer = async (invocation) => refs.push(await stage.say(invocation, reply('from one')));
    await stage.ana.types('/mcp', {}, stage.general);
    await discord.interactions.post(discord.sent.at(-1) ?? {}, { url: door.url });
    expect(gateway.invocations).toHaveLength(2);
    const [delivery] = refs as { message: Record<string, string> }[];
    await expect.poll(() => stage.memory.names.some((key) => key.startsWith('token/'))).toBe(true);
    expect(await other.update(delivery?.message ?? {}, reply('from the other'))).toMatchObject({
      kind: 'delivered',
    });
    expect(seen(stage.ana, stage.general)).toContain('from the other');
    await other.stop();
    await door.close();
  });

  it('hears no text: there is no Gateway', async () => {
    const stage = await byHttp();
    await stage.ana.says('mcp');
    await stage.ana.types('/mcp');
    expect(commands(stage)).toEqual([[]]);
    expect(heard(stage.ana)).toHaveLength(1);
  });
});
