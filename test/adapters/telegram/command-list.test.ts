import { Api } from 'grammy';
import type { BotCommand, BotCommandScope } from 'grammy/types';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commandTrouble,
  readCommandLists,
  registerCommands,
} from '../../../src/adapters/telegram/setup/command-list.js';
import { createCommandLooks } from '../../../src/adapters/telegram/setup/command-looks.js';
import { type Log, silentLog } from '../../../src/observability/log.js';
import { Remembered } from '../../helpers/remembered.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';

let platform: BotApi;
let api: Api;
let memory: Remembered;
beforeEach(async () => {
  memory = new Remembered(Date.now);
  platform = await startBotApi();
  api = new Api(platform.token, { apiRoot: platform.root });
});
afterEach(() => platform.close());

type Scope = 'default' | 'all_private_chats' | 'all_group_chats' | 'all_chat_administrators';

const START: BotCommand = { command: 'start', description: 'Say hello' };
const WEATHER: BotCommand = { command: 'weather', description: 'The weather here' };
const MCP: BotCommand = { command: 'mcp', description: 'Your MCP servers and sign-ins' };
const MCP_ALONE: BotCommand = { ...MCP, is_ephemeral: true };

function register(log: Log = silentLog): Promise<'unchanged' | 'changed'> {
  return registerCommands(api.raw, memory, log);
}

/** As the owner of the bot did, with @BotFather or a program. */
async function set(type: Scope, ...commands: readonly BotCommand[]): Promise<void> {
  await api.raw.setMyCommands({ scope: { type }, commands });
}

function list(type: Scope): Promise<BotCommand[]> {
  return api.raw.getMyCommands({ scope: { type } });
}

/** The scopes whose lists were set, in order. */
function settings(): readonly (string | undefined)[] {
  return platform
    .callsOf('setMyCommands')
    .map(({ payload }) => (payload.scope as BotCommandScope | undefined)?.type);
}

async function troubles() {
  return commandTrouble(await readCommandLists(api.raw));
}

describe('the command list of a bot', () => {
  it('gets /mcp for private chats, and for groups as a command that only its sender sees', async () => {
    expect(await register()).toBe('changed');
    expect(await list('default')).toEqual([MCP]);
    expect(await list('all_group_chats')).toEqual([MCP_ALONE]);
    expect(settings()).toEqual(['default', 'all_group_chats']);
  });

  it('is only read by a second start: four looks, nothing set', async () => {
    await register();
    const before = platform.calls.length;
    expect(await register()).toBe('unchanged');
    expect(platform.calls.slice(before).map(({ method }) => method)).toEqual(Array(4).fill('getMyCommands'));
  });

  it('keeps the commands of the owner, and shows them in groups as before', async () => {
    await set('default', START, WEATHER);
    await register();
    expect(await list('default')).toEqual([START, WEATHER, MCP]);
    expect(await list('all_group_chats')).toEqual([START, WEATHER, MCP_ALONE]);
  });

  it('adds to the lists for groups, private chats and administrators that the owner made, and makes none', async () => {
    await set('all_group_chats', WEATHER);
    await set('all_private_chats', START);
    await set('all_chat_administrators', START, WEATHER);
    await register();
    expect(await list('all_group_chats')).toEqual([WEATHER, MCP_ALONE]);
    expect(await list('all_private_chats')).toEqual([START, MCP]);
    expect(await list('all_chat_administrators')).toEqual([START, WEATHER, MCP_ALONE]);
    expect(await register()).toBe('unchanged');
  });

  it('for groups, where it was made here, follows the owner’s: as many calls as there are lists to set', async () => {
    await set('default', START);
    await register();
    await set('default', WEATHER);
    const before = platform.calls.length;
    expect(await register()).toBe('changed');
    expect(platform.calls.slice(before).map(({ method }) => method)).toEqual([
      ...Array(4).fill('getMyCommands'),
      ...Array(2).fill('setMyCommands'),
    ]);
    expect(await list('default')).toEqual([WEATHER, MCP]);
    expect(await list('all_group_chats')).toEqual([WEATHER, MCP_ALONE]);
    expect(await register()).toBe('unchanged');
  });

  it.each(['changed', 'made'])(
    'for groups that the owner %s is theirs, and follows no other',
    async (how) => {
      if (how === 'changed') await register();
      await set('all_group_chats', START);
      await register();
      await set('default', WEATHER);
      await register();
      expect(await list('default')).toEqual([WEATHER, MCP]);
      expect(await list('all_group_chats')).toEqual([START, MCP_ALONE]);
    },
  );

  it('gets /mcp also while the store is away, and is then taken for the owner’s', async () => {
    await register();
    await set('default', WEATHER);
    memory.down = true;
    expect(await register()).toBe('changed');
    expect(await list('default')).toEqual([WEATHER, MCP]);
    expect(await list('all_group_chats')).toEqual([MCP_ALONE]);
  });

  it('makes an /mcp in groups ephemeral that was not, in its place and in the words of the owner', async () => {
    const own = { command: 'mcp', description: 'Meine Server' };
    await set('default', own, START);
    await set('all_group_chats', own, START);
    expect(await register()).toBe('changed');
    expect(await list('default')).toEqual([own, START]);
    expect(await list('all_group_chats')).toEqual([{ ...own, is_ephemeral: true }, START]);
    expect(await register()).toBe('unchanged');
  });

  it('sends what is typed in a group to the bot alone from then on', async () => {
    const ana = platform.person('Ana');
    const ben = platform.person('Ben');
    const group = platform.group('Team', [ana, ben]);
    await ana.type('/mcp', { chat: group });
    expect(ben.sees(group)).toContain('/mcp');
    await register();
    await ana.type('/mcp auth', { chat: group });
    expect(ben.sees(group)).not.toContain('/mcp auth');
  });

  it('that is full stays as it is, with a line in the log', async () => {
    const full = Array.from({ length: 100 }, (_, index) => ({ command: `c${index}`, description: 'x' }));
    await set('default', ...full);
    await set('all_group_chats', START);
    const warnings: object[] = [];
    expect(await register({ ...silentLog, warn: (facts) => void warnings.push(facts) })).toBe('changed');
    expect(warnings).toEqual([{ platform: 'telegram', scope: 'default' }]);
    expect(await list('default')).toEqual(full);
    expect(await list('all_group_chats')).toEqual([START, MCP_ALONE]);
  });

  it('is not set at all where it cannot be read', async () => {
    platform.fail('getMyCommands', { errorCode: 500, description: 'Internal Server Error' });
    await expect(register()).rejects.toThrow('500');
    expect(settings()).toEqual([]);
  });
});

describe('the command list of a host’s bot', () => {
  let ending: AbortController;
  beforeEach(() => {
    ending = new AbortController();
  });
  afterEach(() => ending.abort());

  const looks = (log: Log = silentLog, pause: () => Promise<unknown> = () => new Promise(() => undefined)) =>
    createCommandLooks({ memory: () => memory, ending: ending.signal, log, pause });

  it('is right once the gateway has started: what the host sets then is not written over', async () => {
    await looks().first(api.raw);
    expect(await list('all_group_chats')).toEqual([MCP_ALONE]);
    const { length } = platform.calls;
    await set('default', WEATHER);
    expect(await list('default')).toEqual([WEATHER]);
    expect(platform.calls).toHaveLength(length + 2);
  });

  it.each([
    ['the start', 'first'],
    ['the first update', 'receives'],
  ] as const)(
    'is looked at with %s, a while later, and not again: also what the host sets in between gets /mcp',
    async (_, look) => {
      let goOn = (): void => undefined;
      const pause = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const own = looks(silentLog, () => pause);
      void own[look](api.raw);
      await expect.poll(() => list('all_group_chats')).toEqual([MCP_ALONE]);
      await expect.poll(() => memory.names).toHaveLength(1);
      if (look === 'receives') own.receives(api.raw);
      await set('default', WEATHER);
      goOn();
      await expect.poll(() => list('all_group_chats')).toEqual([WEATHER, MCP_ALONE]);
      expect(await list('default')).toEqual([WEATHER, MCP]);
      expect(settings().filter((scope) => scope === 'default')).toHaveLength(3);
    },
  );

  it('holds up no start while Telegram is away, and a stop ends its looks without a word', async () => {
    await platform.goDown();
    const warnings: string[] = [];
    const own = looks({ ...silentLog, warn: (_, text) => void warnings.push(String(text)) });
    await own.first(api.raw);
    expect(warnings).toHaveLength(1);
    ending.abort();
    await own.first(api.raw);
    expect(warnings).toHaveLength(1);
    await platform.comeBack();
  });
});

describe('what is wrong with a command list', () => {
  it('is that /mcp is nowhere, before it was registered; nothing, after', async () => {
    expect(await troubles()).toEqual(['not-in-private', 'not-in-groups']);
    await register();
    expect(await troubles()).toEqual([]);
  });

  it('is that what is typed in a group is seen by all', async () => {
    await set('default', MCP);
    expect(await troubles()).toEqual(['seen-in-groups']);
  });

  it('is that a narrower list hides it', async () => {
    await register();
    await set('all_private_chats', START);
    expect(await troubles()).toEqual(['not-in-private']);
    await set('all_chat_administrators', MCP);
    expect(await troubles()).toEqual(['not-in-private', 'seen-in-groups']);
    await set('all_group_chats', START);
    expect(await troubles()).toEqual(['not-in-private', 'not-in-groups']);
  });
});
