import { describe, expect, it } from 'vitest';
import { createPresses as discordPresses } from '../../src/adapters/discord/incoming/presses.js';
import { createDirect } from '../../src/adapters/discord/outgoing/direct.js';
import type { Interaction } from '../../src/adapters/discord/types.js';
import { createPresses as slackPresses } from '../../src/adapters/slack/incoming/presses.js';
import type { Of, Visit } from '../../src/adapters/slack/incoming/visit.js';
import { createWays } from '../../src/adapters/slack/outgoing/ways.js';
import { createPresses as telegramPresses } from '../../src/adapters/telegram/incoming/presses.js';
import type { Inbound } from '../../src/adapters/telegram/types.js';
import { createAdapterMemory } from '../../src/gateway/platforms/adapter-memory.js';
import type { AdapterMemory, ChatGateway } from '../../src/gateway/types.js';
import { silentLog as log } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { scriptedGateway } from '../contracts/chat-adapter.js';

/** One replica: presses a button of the one message, and runs its command for as long as `work` says. */
type Replica = (button: string) => Promise<void>;

/** What became of presses: the buttons whose command ran, and how many were told that another one is at work. */
interface Seen {
  readonly ran: string[];
  told: number;
  work: () => Promise<void>;
}

type Join = (gateway: ChatGateway, seen: Seen, now: () => number) => Replica;

const actor = { userId: '7', displayName: '@ana' };
const ran = async (seen: Seen, words: readonly string[]): Promise<void> => {
  seen.ran.push(...words);
  await seen.work();
};

const no = async (): Promise<false> => false;

const telegram: Join = (gateway, seen, now) => {
  const presses = telegramPresses({
    gateway,
    keys: { ask: async () => {}, withdraw: no, hear: no, expects: no },
    answer: (_queryId, alert) => {
      if (alert !== undefined) seen.told += 1;
    },
    now,
    log,
    apologise: async (_to, _conversation, cause) => {
      throw cause;
    },
    run: (_inbound, words) => ran(seen, words),
  });
  const press = { kind: 'press', updateId: 1, queryId: 'q', owner: 7, on: { message: 5 } } as const;
  return (button) =>
    presses.press({
      ...press,
      actor: { platform: 'telegram', ...actor },
      place: { kind: 'private', chat: 7 },
      data: `mcp:${button}`,
    } satisfies Extract<Inbound, { kind: 'press' }>);
};

const slack: Join = (gateway, seen, now) => {
  const presses = slackPresses({
    gateway,
    outbox: () => undefined,
    ways: createWays({ memory: () => gateway.memory, now, log }),
    now,
    log,
    say: async () => {
      seen.told += 1;
    },
    run: (_visit, words) => ran(seen, words),
  });
  const home = { team: 'T1', orgWide: false };
  return (button) => {
    const visit: Visit<Of<'press'>> = {
      inbound: {
        kind: 'press',
        deliveryId: 'd',
        home,
        speaker: { userId: '7' },
        label: button,
        meaning: { kind: 'command', words: [button] },
        message: { id: 'm', owner: 'T1/7', ephemeral: false, channel: 'D1', ts: '1.2' },
        triggerId: 't',
      },
      installation: { key: 'T1', token: 'made-up', name: 'Acme (T1)' },
      actor: { platform: 'slack', tenant: 'T1', ...actor },
      owner: 'T1/7',
      direct: true,
    };
    return presses.press(visit);
  };
};

const discord: Join = (gateway, seen, now) => {
  const presses = discordPresses({ gateway, direct: createDirect(), now, log });
  return async (button) => {
    const press: Extract<Interaction, { kind: 'press' }> = {
      kind: 'press',
      key: { id: '1', token: 'made-up', application: '3' },
      actor: { platform: 'discord', ...actor },
      place: { kind: 'dm', channel: '9' },
      customId: `mcp:${button}`,
      on: { id: '5', ephemeral: false },
    };
    const meant = await presses.press(press);
    if (meant.kind === 'answer') {
      if (meant.callback.data !== undefined) seen.told += 1;
      return;
    }
    await ran(seen, meant.words);
    await presses.end(press);
  };
};

interface Asked extends AdapterMemory {
  readonly asked: string[];
  first: AdapterMemory['first'];
  take: AdapterMemory['take'];
}

/** Notes what is asked of the store. */
function counting(memory: AdapterMemory): Asked {
  const asked: string[] = [];
  const noting =
    <A extends unknown[], R>(name: string, work: (...given: A) => R) =>
    (...given: A): R => {
      asked.push(name);
      return work(...given);
    };
  return {
    asked,
    get: noting('get', memory.get),
    set: noting('set', memory.set),
    take: noting('take', memory.take),
    first: noting('first', memory.first),
    keys: noting('keys', memory.keys),
  };
}

describe.each([
  ['Telegram', telegram],
  ['Slack', slack],
  ['Discord', discord],
] as const)('presses of one message in %s that reach two replicas', (_platform, join) => {
  const never = new Promise<never>(() => {});

  function joined({
    shared = true,
    work = async () => {},
  }: {
    shared?: boolean;
    work?: () => Promise<void>;
  }) {
    const clock = { nowMs: 0 };
    const now = () => clock.nowMs;
    const store = createStore(new MemoryEngine({ now }), undefined, now);
    const memory = counting(createAdapterMemory(store, 'slack'));
    const seen: Seen = { ran: [], told: 0, work };
    const gateway = (): ChatGateway => ({
      ...scriptedGateway(),
      memory,
      ...(shared ? { inTurn: () => never } : {}),
    });
    const replica = () => join(gateway(), seen, now);
    return { memory, seen, clock, one: replica(), other: replica() };
  }

  /** A command that runs until it is let go. */
  function slow() {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    return { work: () => finished, finish: () => finish() };
  }

  it('at the same instant: of two buttons one runs, and the other press is told so', async () => {
    const { work, finish } = slow();
    const { one, other, seen } = joined({ work });
    const presses = [one('status'), other('help')];
    await expect.poll(() => seen.told).toBe(1);
    finish();
    await Promise.all(presses);
    expect(seen.ran).toHaveLength(1);
  });

  it('at the same instant: a double click is one press, and nothing is said', async () => {
    const { work, finish } = slow();
    const { one, other, seen } = joined({ work });
    const presses = [one('status'), other('status')];
    await Promise.race(presses);
    finish();
    await Promise.all(presses);
    expect(seen).toMatchObject({ ran: ['status'], told: 0 });
  });

  it('one after the other: each runs, whichever replica it reaches, for one question before and none left behind', async () => {
    const { one, other, seen, memory } = joined({});
    await one('status');
    expect(memory.asked).toEqual(['first', 'take']);
    await other('status');
    await other('help');
    await one('status');
    expect(seen).toMatchObject({ ran: ['status', 'status', 'help', 'status'], told: 0 });
    expect(await memory.keys('pressed')).toEqual([]);
  });

  it('and of which one was killed at work: the other runs the next press a minute later', async () => {
    const { work, finish } = slow();
    const { one, other, seen, clock, memory } = joined({ work });
    const killed = one('status');
    await expect.poll(() => seen.ran).toEqual(['status']);
    await other('help');
    expect(seen.told).toBe(1);
    clock.nowMs = 60_001;
    const next = other('help');
    await expect.poll(() => seen.ran).toEqual(['status', 'help']);
    memory.asked.length = 0;
    finish();
    await Promise.all([killed, next]);
    // What was too slow leaves the other's mark alone.
    expect(memory.asked).toEqual(['take']);
  });

  it('while the mark of the one before is being taken away: the next runs', async () => {
    const { one, seen, memory } = joined({});
    const { take } = memory;
    const { work: slowly, finish } = slow();
    memory.take = (key) => slowly().then(() => take(key));
    const before = one('status');
    await expect.poll(() => seen.ran).toEqual(['status']);
    const next = one('help');
    finish();
    await Promise.all([before, next]);
    expect(seen).toMatchObject({ ran: ['status', 'help'], told: 0 });
  });

  it('while the store is down: each replica runs its own', async () => {
    const { one, other, seen, memory } = joined({});
    memory.first = () => Promise.reject(new Error('down'));
    await Promise.all([one('status'), other('help')]);
    expect(seen.ran.toSorted()).toEqual(['help', 'status']);
  });

  it('is not asked about in the store where that is not shared', async () => {
    const { one, seen, memory } = joined({ shared: false });
    await one('status');
    expect(seen.ran).toEqual(['status']);
    expect(memory.asked).toEqual([]);
  });
});
