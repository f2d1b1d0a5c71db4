import { afterEach, describe, expect, it } from 'vitest';
import { createDiscordAdapter } from '../../src/adapters/discord/adapter.js';
import { createSlackAdapter } from '../../src/adapters/slack/adapter.js';
import { createTelegramAdapter } from '../../src/adapters/telegram/adapter.js';
import { deliverReply } from '../../src/gateway/boards/notifier.js';
import { createInTurn } from '../../src/gateway/platforms/in-turn.js';
import type { ChatAdapter, InTurn, Platform } from '../../src/gateway/types.js';
import { silentLog } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { mapMemory, reply, scriptedGateway } from '../contracts/chat-adapter.js';
import { startDiscord } from '../helpers/discord/discord.js';
import { startSlack } from '../helpers/slack/slack.js';
import { type ApiCall, startBotApi } from '../helpers/telegram/bot-api.js';

/** A platform, and what replicas of a gateway are to it. */
interface Scene {
  make(): ChatAdapter;
  /** How many of them receive. */
  receiving(): number;
  type(line: string): Promise<void>;
  sees(): string;
  close(): Promise<void>;
}

async function telegram(): Promise<Scene> {
  const api = await startBotApi();
  const ana = api.person('Ana');
  return {
    make: () =>
      createTelegramAdapter({
        token: api.token,
        apiRoot: api.root,
        mode: 'polling',
        publicUrl: 'https://gateway.example',
        reachable: true,
        commands: false,
      }),
    // A second poll ends the first one with a conflict; who begins to receive does not wait in its first poll.
    receiving: () => begun(api.calls) - conflicts(api.calls) * 10,
    type: (line) => ana.type(line),
    sees: () => ana.sees(),
    close: () => api.close(),
  };
}

const conflicts = (calls: readonly { readonly method: string; readonly answer?: unknown }[]): number =>
  calls.filter((call) => JSON.stringify(call).includes('"error_code":409')).length;

const begun = (calls: readonly ApiCall[]): number =>
  calls.filter(
    ({ method, payload }) => method === 'getUpdates' && payload.timeout === 0 && payload.limit === undefined,
  ).length;

async function slack(): Promise<Scene> {
  const platform = await startSlack();
  const acme = platform.workspace('Acme');
  const ana = acme.person('Ana');
  return {
    make: () =>
      createSlackAdapter({
        botTokens: [acme.botToken],
        mode: 'socket',
        appToken: platform.appToken,
        apiRoot: platform.apiUrl.replace(/\/$/, ''),
      }),
    receiving: () => platform.sockets.open,
    type: async (line) => void (await ana.types(line)),
    sees: () => ana.seesAnywhere(),
    close: () => platform.close(),
  };
}

async function discord(): Promise<Scene> {
  const platform = await startDiscord();
  const ana = platform.person('Ana');
  platform.guild('Acme', [ana]);
  return {
    make: () =>
      createDiscordAdapter({ token: platform.token, apiRoot: platform.api, mode: 'gateway', commands: true }),
    receiving: () => platform.gateway.ready,
    type: async (line) => void (await ana.types(line)),
    sees: () => ana.sees(),
    close: () => platform.close(),
  };
}

describe.each([
  ['telegram', telegram],
  ['slack', slack],
  ['discord', discord],
] as const)('replicas of a gateway in %s that receive by a connection of their own', (platform, open) => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function opened(): Promise<Scene> {
    const scene = await open();
    ends.push(() => scene.close());
    return scene;
  }

  async function join(scene: Scene, name: string, inTurn: InTurn, memory = mapMemory()) {
    const adapter = scene.make();
    const gateway = {
      ...scriptedGateway(async (invocation) => void (await deliverReply(adapter, invocation, reply(name)))),
      memory,
      inTurn,
    };
    await adapter.start(gateway);
    ends.push(() => adapter.stop());
    return { adapter, gateway };
  }

  it('take turns: one receives, the others can send, and one of them follows when it stops', async () => {
    const scene = await opened();
    const store = createStore(new MemoryEngine(), undefined);
    const memory = mapMemory();
    const inTurn = () => createInTurn(store, platform as Platform, silentLog);
    const one = await join(scene, 'the first', inTurn(), memory);
    await expect.poll(() => scene.receiving()).toBe(1);
    const other = await join(scene, 'the second', inTurn(), memory);
    await expect.poll(() => other.adapter.trouble?.()).toBeUndefined();

    await scene.type('/mcp');
    await expect.poll(() => scene.sees()).toContain('the first');
    const { actor } = await one.gateway.invocation(1);
    expect(await other.adapter.send({ actor }, reply('later news'))).toMatchObject({ kind: 'delivered' });
    await expect.poll(() => scene.sees()).toContain('later news');
    expect(scene.receiving()).toBe(1);

    await one.adapter.stop();
    await expect.poll(() => scene.receiving()).toBe(platform === 'telegram' ? 2 : 1);
    await scene.type('/mcp');
    await expect.poll(() => scene.sees()).toContain('the second');
    expect(one.gateway.invocations).toHaveLength(1);
    expect(other.gateway.invocations).toHaveLength(1);
  });

  it('let go of the connection when their turn is lost, and take no command any more', async () => {
    const scene = await opened();
    const turn = new AbortController();
    const left = { done: false };
    const lost: InTurn = async (work, ending) => {
      await work(AbortSignal.any([turn.signal, ending]));
      left.done = true;
    };
    await join(scene, 'the first', lost);
    await expect.poll(() => scene.receiving()).toBe(1);
    turn.abort();
    await expect.poll(() => left.done).toBe(true);
    if (platform !== 'telegram') await expect.poll(() => scene.receiving()).toBe(0);
  });
});
