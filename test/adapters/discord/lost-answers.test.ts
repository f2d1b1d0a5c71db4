import { describe, expect, it } from 'vitest';
import type { Delivery, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { callRest } from '../../helpers/discord/rest-call.js';
import { hostClient } from './opened.js';
import { CALLBACK, heard, lastHeard, SERVERS, type Stage, seen, slow, useStages } from './stage.js';

const open = useStages();

/** discord.js tries again after an error of Discord's, and tells nobody. */
function givesTwice(discord: Stage['discord']): ReturnType<typeof hostClient> {
  const client = hostClient(discord);
  const request = client.rest.request.bind(client.rest);
  client.rest.request = async (options) => {
    if (options.fullRoute.endsWith('/callback')) await request(options);
    return request(options);
  };
  return client;
}

type Outcome = Delivery['kind'] | 'threw';

/** What the gateway is told about the answers that it gives from now on. */
function outcomes(stage: Stage, answer: Reply = SERVERS): readonly Outcome[] {
  const all: Outcome[] = [];
  stage.answer = async (invocation) => {
    const said = stage.say(invocation, answer);
    all.push(
      await said.then(
        ({ kind }) => kind,
        () => 'threw' as const,
      ),
    );
  };
  return all;
}

interface Way {
  readonly way: string;
  readonly host?: (discord: Stage['discord']) => ReturnType<typeof hostClient>;
  /** How often the answer is lost. */
  readonly lost: number;
}

const WAYS: readonly Way[] = [
  { way: 'by a connection of its own, whose tries are all lost', lost: 4 },
  { way: 'mounted, where the connection breaks', host: hostClient, lost: 1 },
  { way: 'mounted, where discord.js tried twice', host: givesTwice, lost: 0 },
];

describe.each(WAYS)('a first answer whose confirmation is lost, $way', ({ host, lost }) => {
  async function scene(): Promise<Stage> {
    const stage = await open(host === undefined ? {} : { host });
    if (lost > 0) stage.discord.fail(CALLBACK, 'drop-after', lost);
    stage.ana.closeDms();
    return stage;
  }

  it('counts as given, and nothing is said elsewhere', async () => {
    const stage = await scene();
    const told = outcomes(stage);
    void stage.ana.types('/mcp', {}, stage.general);
    await expect.poll(() => told).toEqual(['delivered']);
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
    expect(heard(stage.ana, stage.general)).toMatchObject([{ ephemeral: true, state: 'sent' }]);
    expect(seen(stage.ana, stage.general)).toContain('MCP servers');
    expect(seen(stage.ben, stage.general)).not.toContain('MCP servers');
  });

  it('and was “thinking…”: the answer takes its place', async () => {
    const stage = await scene();
    const told = outcomes(stage);
    const finish = slow(stage);
    void stage.ana.types('/mcp', {}, stage.general);
    await expect.poll(() => heard(stage.ana, stage.general).at(-1)?.state).toBe('thinking');
    finish();
    expect((await lastHeard(stage.ana, stage.general)).text).toContain('MCP servers');
    await expect.poll(() => told).toEqual(['delivered']);
    expect(heard(stage.ana, stage.general)).toHaveLength(1);
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
  });
});

it('mounted, a press whose confirmation is lost: its message is the answer, and nothing else is said', async () => {
  const stage = await open({ host: hostClient });
  await stage.ana.types('/mcp', {}, stage.general);
  const told = outcomes(stage, reply('Still the same'));
  stage.discord.fail(CALLBACK, 'drop-after');
  await stage.ana.presses('Refresh', stage.general);
  await expect.poll(() => told).toEqual(['delivered']);
  expect(heard(stage.ana, stage.general)).toHaveLength(1);
  expect(seen(stage.ana, stage.general)).toContain('Still the same');
  expect(heard(stage.ana)).toEqual([]);
});

const DEFERRED = 5;
const MESSAGE = 4;

describe('mounted, a first answer that another process of the bot gave before, for all to read', () => {
  async function taken(stage: Stage, body: object): Promise<void> {
    const { id, token } = stage.discord.sent.at(-1) ?? {};
    await callRest(stage.discord, `POST /interactions/${id}/${token}/callback`, body, '');
  }

  it('is left alone, and ours goes into the DM', async () => {
    const stage = await open({ host: hostClient });
    stage.answer = async (invocation) => {
      await taken(stage, { type: MESSAGE, data: { content: 'What is /mcp?' } });
      await stage.say(invocation, SERVERS);
    };
    void stage.ana.types('/mcp', {}, stage.general);
    await expect.poll(() => seen(stage.ana)).toContain('MCP servers');
    expect(heard(stage.ben, stage.general).map(({ text }) => text)).toEqual(['What is /mcp?']);
  });

  it('is left alone also where it is “thinking…”, and ours would come later', async () => {
    const stage = await open({ host: hostClient });
    const finish = slow(stage);
    void stage.ana.types('/mcp', {}, stage.general);
    await stage.gateway.invocation(1);
    await taken(stage, { type: DEFERRED });
    await expect.poll(() => stage.discord.callsOf(CALLBACK).length).toBe(2);
    finish();
    await expect.poll(() => seen(stage.ana)).toContain('MCP servers');
    expect(heard(stage.ben, stage.general)).toMatchObject([{ state: 'thinking' }]);
  });
});
