import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTakenList, createTakenMarks } from '../../../src/adapters/common/taken.js';
import { createTelegramAdapter } from '../../../src/adapters/telegram/adapter.js';
import { createDeliveries } from '../../../src/adapters/telegram/connection/deliveries.js';
import type { ChatAdapter } from '../../../src/gateway/types.js';
import { silentLog } from '../../../src/observability/log.js';
import { type ScriptedGateway, scriptedGateway } from '../../contracts/chat-adapter.js';
import { Remembered } from '../../helpers/remembered.js';
import { freePort } from '../../helpers/servers/free-port.js';
import { callApi } from '../../helpers/telegram/api-call.js';
import { commands, heard, lastHeard, quiet, type Stage, useStages } from './stage.js';

const PUBLIC_URL = 'https://gateway.example';

let servers: ServerType[] = [];
const open = useStages();
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

/** Where an adapter's webhook really listens. */
async function doorOf(adapter: () => ChatAdapter): Promise<string> {
  const port = await freePort();
  const fetch = async (request: Request): Promise<Response> =>
    (await adapter().http?.handle(request)) ?? new Response(null, { status: 404 });
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${port}`;
}

/** The id of the update that was made last. */
function lastUpdate({ api }: Stage): number {
  return Number(api.updates.at(-1)?.update_id);
}

async function openPolling(): Promise<{ stage: Stage }> {
  return { stage: await open() };
}

async function openWebhook(): Promise<{ stage: Stage; routes: Record<string, string> }> {
  const routes: Record<string, string> = {};
  const stage = await open({
    adapter: { mode: 'webhook' },
    platform: { webhookRoutes: routes, webhookRetryMs: 20 },
  });
  routes[PUBLIC_URL] = await doorOf(() => stage.adapter);
  return { stage, routes };
}

describe.each([
  ['long polling', openPolling],
  ['a webhook', openWebhook],
] as const)('by %s, an update that comes again', (_, opened) => {
  let stage: Stage;
  beforeEach(async () => {
    ({ stage } = await opened());
  });

  async function command(): Promise<number> {
    await stage.ana.type('/mcp auth linear');
    await lastHeard(stage.ana);
    return lastUpdate(stage);
  }

  it('while the gateway runs, runs nothing', async () => {
    const id = await command();
    for (let times = 0; times < 3; times += 1) stage.api.redeliver(id);
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth', 'linear']]);
    expect(heard(stage.ana)).toHaveLength(1);
  });

  it('after a restart, runs nothing', async () => {
    const id = await command();
    await stage.restart();
    stage.api.redeliver(id);
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth', 'linear']]);
    expect(heard(stage.ana)).toHaveLength(1);
  });

  it('after a restart, is not pressed again either', async () => {
    await command();
    await stage.ana.press('Refresh');
    const id = lastUpdate(stage);
    await stage.gateway.invocation(2);
    await quiet(stage);
    await stage.restart();
    stage.api.redeliver(id);
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth', 'linear'], ['status']]);
  });

  it('while it still runs, runs nothing, and is confirmed', async () => {
    const { answer } = stage;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    stage.answer = async (invocation) => {
      if (invocation.words[0] === 'auth') await finished;
      await answer(invocation);
    };
    await stage.ana.type('/mcp auth linear');
    await stage.gateway.invocation(1);
    stage.api.redeliver(lastUpdate(stage));
    await quiet(stage);
    await expect.poll(() => stage.api.pendingUpdates).toBe(0);
    finish();
    await lastHeard(stage.ana);
    expect(commands(stage)).toEqual([['auth', 'linear']]);
  });

  it('runs once while the store is away, for as long as the process lives', async () => {
    stage.memory.down = true;
    const id = await command();
    stage.api.redeliver(id);
    await quiet(stage);
    expect(commands(stage)).toEqual([['auth', 'linear']]);
    expect(heard(stage.ana)).toHaveLength(1);
  });

  it('runs after a restart where the store was away: an answer twice is better than none', async () => {
    stage.memory.down = true;
    const id = await command();
    await stage.restart();
    stage.memory.down = false;
    stage.api.redeliver(id);
    await expect
      .poll(() => commands(stage))
      .toEqual([
        ['auth', 'linear'],
        ['auth', 'linear'],
      ]);
  });

  it('is known by its id: another one with the same words is another command', async () => {
    await command();
    await stage.ana.type('/mcp auth linear');
    await expect.poll(() => commands(stage)).toHaveLength(2);
  });

  it('with an id far below the others is new: after a quiet week ids begin anywhere', async () => {
    await command();
    const message = {
      message_id: 900_001,
      date: 1_790_000_000,
      chat: { id: stage.ana.id, type: 'private', first_name: 'Ana' },
      from: { id: stage.ana.id, is_bot: false, first_name: 'Ana' },
      text: '/mcp status',
    };
    stage.api.push({ update_id: 4_711, message });
    stage.api.redeliver(4_711);
    await expect.poll(() => commands(stage)).toEqual([['auth', 'linear'], ['status']]);
    await stage.ana.type('/mcp help');
    await expect.poll(() => commands(stage)).toHaveLength(3);
  });
});

it('what was remembered and is no list of ids is as good as nothing', async () => {
  for (const value of ['garbage', { ids: [1] }, [null, 'x', 1.5, {}], 7] as const) {
    const stage = await open();
    await stage.stop();
    await stage.memory.set('taken', value, 60_000);
    await stage.restart();
    await stage.ana.type('/mcp');
    await lastHeard(stage.ana);
    expect(commands(stage)).toEqual([[]]);
  }
});

describe('two replicas behind one webhook', () => {
  it('run an update once, whichever it reaches, and however often', async () => {
    const { stage, routes } = await openWebhook();
    const gateway: ScriptedGateway = { ...scriptedGateway(), memory: stage.memory };
    const replica = createTelegramAdapter({
      token: stage.api.token,
      apiRoot: stage.api.root,
      mode: 'webhook',
      publicUrl: PUBLIC_URL,
      reachable: true,
      commands: false,
    });
    await replica.start(gateway);
    try {
      await stage.ana.type('/mcp auth linear');
      await lastHeard(stage.ana);
      const id = lastUpdate(stage);
      routes[PUBLIC_URL] = await doorOf(() => replica);
      stage.api.redeliver(id);
      await stage.ben.type('/mcp');
      await gateway.invocation(1);
      expect(gateway.invocations).toMatchObject([{ actor: { userId: String(stage.ben.id) } }]);
      expect(commands(stage)).toEqual([['auth', 'linear']]);
    } finally {
      await replica.stop();
    }
  });
});

it('a webhook that another program took away is set again, with one line that says so', async () => {
  const routes: Record<string, string> = {};
  const stage = await open({
    adapter: { mode: 'webhook', webhookLookEveryMs: 20, pauses: { firstMs: 20, longestMs: 20 } },
    platform: { webhookRoutes: routes, webhookRetryMs: 20 },
  });
  routes[PUBLIC_URL] = await doorOf(() => stage.adapter);
  await expect.poll(() => stage.api.callsOf('getWebhookInfo').length).toBeGreaterThan(2);
  expect(stage.api.callsOf('setWebhook')).toHaveLength(1);
  stage.api.fail('getWebhookInfo', 'drop-before');
  await callApi(stage.api, 'deleteWebhook', {});
  await stage.ana.type('/mcp');
  await lastHeard(stage.ana);
  expect(stage.api.callsOf('setWebhook')).toHaveLength(2);
  expect(stage.log.filter((line) => line.includes('took the webhook of this bot away'))).toHaveLength(1);
});

describe('a webhook through which nothing comes', () => {
  it('is a trouble in one sentence, whichever way is broken, and none once that is mended', async () => {
    const routes: Record<string, string> = { [PUBLIC_URL]: `http://127.0.0.1:${await freePort()}` };
    const stage = await open({
      adapter: { mode: 'webhook', webhookLookEveryMs: 20, pauses: { firstMs: 20, longestMs: 20 } },
      platform: { webhookRoutes: routes, webhookRetryMs: 20 },
    });
    const trouble = () => stage.adapter.trouble?.();
    await expect.poll(trouble).toBeUndefined();
    await stage.ana.type('/mcp');
    const deaf = 'Telegram cannot deliver: Connection refused (`mcp-chat-gateway check` says what to do)';
    await expect.poll(trouble).toBe(deaf);
    routes[PUBLIC_URL] = await doorOf(() => stage.adapter);
    await lastHeard(stage.ana);
    await expect.poll(trouble).toBeUndefined();
    await stage.api.goDown();
    await expect.poll(trouble).toBe('the webhook cannot be looked at');
    await stage.api.comeBack();
    await expect.poll(trouble).toBeUndefined();
    expect(stage.log.filter((line) => line.includes('cannot deliver'))).toHaveLength(1);
    expect(stage.api.callsOf('setWebhook')).toHaveLength(1);
  });

  const info = (count: number, at?: number) => ({
    url: 'https://gateway.example/hook',
    has_custom_certificate: false,
    pending_update_count: count,
    ...(at === undefined
      ? {}
      : { last_error_date: at, last_error_message: 'no way to https://gateway.example/secret' }),
  });
  const DEAF = 'Telegram cannot deliver: no way to https://gateway.example';

  it('stays a trouble as long as the same updates wait, and its path is not named', () => {
    const deliveries = createDeliveries();
    const looks = [info(0), info(1, 60), info(1, 60), info(1, 70), info(0, 70), info(1, 70)];
    expect(looks.map(deliveries.trouble)).toEqual([undefined, DEAF, DEAF, DEAF, undefined, undefined]);
  });

  it('is none where updates come in: an error then was one of many, or is over', () => {
    const deliveries = createDeliveries();
    deliveries.arrived();
    expect(deliveries.trouble(info(1, 60))).toBeUndefined();
    expect(deliveries.trouble(info(1, 70))).toBe(DEAF);
    deliveries.arrived();
    expect(deliveries.trouble(info(1, 80))).toBeUndefined();
  });
});

describe('the list of one process', () => {
  it('is written down soon, for one that dies without a word', async () => {
    const memory = new Remembered(Date.now);
    const taken = createTakenList(memory, silentLog);
    expect([await taken.first('1'), await taken.first('2'), await taken.first('1')]).toEqual([
      true,
      true,
      false,
    ]);
    await expect.poll(() => memory.get('taken')).toEqual(['1', '2']);
    const heir = createTakenList(memory, silentLog);
    expect([await heir.first('2'), await heir.first('3')]).toEqual([false, true]);
    await Promise.all([taken.flush(), heir.flush()]);
  });

  it('keeps the latest five hundred', async () => {
    const memory = new Remembered(Date.now);
    const taken = createTakenList(memory, silentLog);
    for (let id = 1; id <= 600; id += 1) await taken.first(String(id));
    await taken.flush();
    const kept = await memory.get('taken');
    expect(kept).toHaveLength(500);
    expect(kept).toContain('600');
    expect(kept).not.toContain('100');
  });

  it('is written for many updates at a time', async () => {
    let writes = 0;
    const memory = new Remembered(Date.now);
    const counted = {
      get: (key: string) => memory.get(key),
      take: (key: string) => memory.take(key),
      first: (key: string, ttlMs: number) => memory.first(key, ttlMs),
      keys: (prefix: string) => memory.keys(prefix),
      set: async (...asked: Parameters<Remembered['set']>) => {
        writes += 1;
        await memory.set(...asked);
      },
    };
    const taken = createTakenList(counted, silentLog);
    for (let id = 1; id <= 50; id += 1) await taken.first(String(id));
    await taken.flush();
    expect(writes).toBe(1);
    expect(await memory.get('taken')).toHaveLength(50);
  });
});

describe('the marks of several processes', () => {
  it('are there before an update is acted on, and gone after a day', async () => {
    let nowMs = 0;
    const memory = new Remembered(() => nowMs);
    const [one, other] = [createTakenMarks(memory, silentLog), createTakenMarks(memory, silentLog)];
    expect(await one.first('7')).toBe(true);
    expect(await other.first('7')).toBe(false);
    nowMs = 86_400_001;
    expect(await createTakenMarks(memory, silentLog).first('7')).toBe(true);
  });
});
