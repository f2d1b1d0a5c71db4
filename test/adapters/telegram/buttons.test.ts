import { beforeEach, describe, expect, it } from 'vitest';
import type { Action, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { ShownMessage, TelegramGroup } from '../../helpers/telegram/face.js';
import {
  commands,
  heard,
  lastHeard,
  listed,
  quiet,
  SERVERS,
  type Stage,
  seen,
  slow,
  useStages,
} from './stage.js';

const open = useStages();

const EXPIRED = 'This button has expired. Type /mcp for a new one.';
const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
const DAY_MS = 86_400_000;

let stage: Stage;
let team: TelegramGroup;
beforeEach(async () => {
  stage = await open();
  team = stage.api.group('Team', [stage.ana, stage.ben], { kind: 'supergroup' });
  await listed(stage);
});

const LONG_NAMES = ['a-server-with-quite-a-long-name-', 'another-server-with-a-long-name-'] as const;

/** Ana's private chat shows this, in one message. */
async function shown(said: Reply): Promise<ShownMessage> {
  const actor = { platform: 'telegram', userId: String(stage.ana.id), displayName: '@ana' } as const;
  await stage.adapter.send({ actor }, said);
  return lastHeard(stage.ana);
}

const labels = (message: ShownMessage | undefined): readonly string[] =>
  message?.buttons.flat().map(({ label }) => label) ?? [];

describe('a button', () => {
  it('of any command or form has data that Telegram takes, and means what it says', async () => {
    const all: readonly (readonly string[])[] = [
      [],
      ['status'],
      ['auth', LONG_NAMES[0]],
      ['auth', ...LONG_NAMES],
      ['auth', ...Array.from({ length: 60 }, (_, index) => `server-${index}`)],
      ['test', 'ünïcödé-ñame-that-has-many-bytes-…'],
      ['auth', 'with space', 'mcp#AAAAAAAAAAAAAAAAAAAAAA'],
      ['x'.repeat(59)],
      ['x'.repeat(60)],
      ['x'.repeat(61)],
    ];
    const actions = all.map((words, index): Action => ({ kind: 'command', label: `Button ${index}`, words }));
    const form: Action = { kind: 'form', label: 'Form', title: 'Key', words: ['auth'], fields: [] };
    const message = await shown(reply('Buttons', { actions: [...actions, form] }));
    const data = message.buttons.flat().map((button) => Buffer.byteLength(button.data ?? ''));
    expect(data).toHaveLength(all.length + 1);
    for (const bytes of data) {
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(64);
    }
    stage.answer = async () => undefined;
    for (const [index, words] of all.entries()) {
      await stage.ana.press(`Button ${index}`);
      expect((await stage.gateway.invocation(index + 1)).words).toEqual(words);
    }
  });

  it('is answered at once, while its command still runs', async () => {
    await shown(SERVERS);
    const finish = slow(stage);
    expect(await stage.ana.press('Refresh')).toEqual({ answered: true });
    await stage.gateway.invocation(1);
    expect(labels(await lastHeard(stage.ana))).toContain('Refresh');
    finish();
  });

  it('runs its command as the one who pressed it, on the message that it stands on', async () => {
    const message = await shown(SERVERS);
    stage.answer = (invocation) => stage.say(invocation, reply('Refreshed'));
    await stage.ana.press('Refresh');
    expect(await stage.gateway.invocation(1)).toMatchObject({
      actor: { userId: String(stage.ana.id), displayName: '@ana' },
      words: ['status'],
      message: { chat: stage.ana.id, message: message.id },
    });
    await expect
      .poll(() => heard(stage.ana))
      .toMatchObject([{ id: message.id, text: 'Refreshed', buttons: [] }]);
    expect(stage.api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('pressed twice runs its command once', async () => {
    await shown(SERVERS);
    const finish = slow(stage);
    const presses = await Promise.all([1, 2, 3].map(() => stage.ana.press('Refresh')));
    expect(presses.map(({ answered }) => answered)).toEqual([true, true, true]);
    await quiet(stage);
    finish();
    expect(commands(stage)).toEqual([['status']]);
  });

  const two: readonly Action[] = ['status', 'help'].map((word) => ({
    kind: 'command',
    label: word,
    words: [word],
  }));
  const toldSo = { alert: true, text: expect.stringContaining('still at work') };

  it('pressed while another one of its message is at work is told so', async () => {
    await shown(reply('Two', { actions: two }));
    const finish = slow(stage);
    await stage.ana.press('status');
    expect(await stage.ana.press('help')).toMatchObject(toldSo);
    finish();
    await expect.poll(() => labels(heard(stage.ana)[0])).toContain('Refresh');
    expect(commands(stage)).toEqual([['status']]);
  });

  it('pressed at once with another one of its message: one of them runs, and the other one says so', async () => {
    await shown(reply('Two', { actions: two }));
    const finish = slow(stage);
    const presses = await Promise.all(['status', 'help'].map((label) => stage.ana.press(label)));
    expect(presses).toContainEqual(expect.objectContaining(toldSo));
    finish();
    await expect.poll(() => labels(heard(stage.ana)[0])).toContain('Refresh');
    expect(commands(stage)).toHaveLength(1);
  });

  it('can be pressed again when its command has ended', async () => {
    await shown(SERVERS);
    for (const times of [1, 2]) {
      await stage.ana.press('Refresh');
      await expect.poll(() => stage.api.callsOf('editMessageText')).toHaveLength(times);
      await quiet(stage);
      expect(commands(stage)).toHaveLength(times);
    }
  });
});

describe('somebody else’s button', () => {
  it('in a private chat is refused, and nothing of it is shown', async () => {
    const message = await shown(SERVERS);
    for (const data of ['mcp:status', 'mcp:logout linear yes', 'mcp:'])
      expect(await stage.ben.forgePress(message, data)).toEqual({
        answered: true,
        text: NOT_YOURS,
        alert: true,
      });
    expect(commands(stage)).toEqual([]);
    expect(seen(stage.ben)).toBe('');
    expect(heard(stage.ana)).toMatchObject([{ edited: false }]);
  });

  it('on an ephemeral message of a group is refused', async () => {
    const { ana, ben } = stage;
    await ana.type('/mcp', { chat: team });
    const message = await lastHeard(ana, team);
    expect((await ben.forgePress(message, 'mcp:auth linear')).text).toBe(NOT_YOURS);
    expect(commands(stage)).toEqual([[]]);
    expect(seen(ben, team)).toBe('');
  });

  it('on a message that everybody sees is nobody’s', async () => {
    const { api, ana, ben } = stage;
    const nina = api.person('Nina', { client: 'old', started: false });
    team.join(nina);
    await nina.type('/mcp', { chat: team });
    const note = await lastHeard(ben, team);
    for (const person of [ana, ben, nina])
      expect((await person.forgePress(note, 'mcp:auth linear')).text).toBe(NOT_YOURS);
    expect(commands(stage)).toEqual([[]]);
  });

  it('gives no form: nobody is asked for a key', async () => {
    const form: Action = {
      kind: 'form',
      label: 'Add key',
      title: 'Key for weather',
      words: ['auth', 'weather'],
      fields: [{ name: 'KEY', label: 'KEY', secret: true }],
    };
    const message = await shown(reply('weather', { actions: [form] }));
    const data = message.buttons[0]?.[0]?.data ?? '';
    expect((await stage.ben.forgePress(message, data)).text).toBe(NOT_YOURS);
    expect(heard(stage.ben)).toEqual([]);
    expect(heard(stage.ana)).toHaveLength(1);
  });
});

describe('a button that no longer means anything', () => {
  it.each([
    ['was never remembered', 'mcp#AAAAAAAAAAAAAAAAAAAAAA'],
    ['is cut', 'mcp#AAAA'],
    ['comes from what the bot ran before', 'menu:42'],
    ['is longer than data can be', `mcp:${'x'.repeat(70)}`],
  ])('says so: its data %s', async (_, data) => {
    const message = await shown(SERVERS);
    expect(await stage.ana.forgePress(message, data)).toEqual({ answered: true, text: EXPIRED, alert: true });
    expect(commands(stage)).toEqual([]);
  });

  it('of words that are no command any more is answered like typed words', async () => {
    const message = await shown(SERVERS);
    expect(await stage.ana.forgePress(message, 'mcp:nonsense here')).toEqual({ answered: true });
    await stage.gateway.invocation(1);
    expect(commands(stage)).toEqual([['nonsense', 'here']]);
  });

  it('says so in a group, to the one who pressed it', async () => {
    const { ana } = stage;
    await ana.type('/mcp', { chat: team });
    const message = await lastHeard(ana, team);
    expect((await ana.forgePress(message, 'mcp#AAAAAAAAAAAAAAAAAAAAAA')).text).toBe(EXPIRED);
  });
});

describe('a button too long for its data', () => {
  const action: Action = { kind: 'command', label: 'Sign in to both', words: ['auth', ...LONG_NAMES] };

  it('works after a restart', async () => {
    await shown(reply('Two servers', { actions: [action] }));
    await stage.restart();
    await stage.ana.press('Sign in to both');
    expect((await stage.gateway.invocation(1)).words).toEqual(action.words);
  });

  it('works for a week, and says so when it has expired', async () => {
    await shown(reply('Two servers', { actions: [action] }));
    stage.answer = async () => undefined;
    stage.clock.advance(7 * DAY_MS);
    expect(await stage.ana.press('Sign in to both')).toEqual({ answered: true });
    await stage.gateway.invocation(1);
    stage.clock.advance(2 * DAY_MS);
    expect((await stage.ana.press('Sign in to both')).text).toBe(EXPIRED);
    expect(commands(stage)).toHaveLength(1);
  });

  it('says that it did not work while the store is away, and works later', async () => {
    await shown(reply('Two servers', { actions: [action] }));
    stage.memory.down = true;
    expect((await stage.ana.press('Sign in to both')).text).toMatch(/Try again/);
    stage.memory.down = false;
    await stage.ana.press('Sign in to both');
    expect((await stage.gateway.invocation(1)).words).toEqual(action.words);
  });
});

describe('a press', () => {
  it('on a message that is gone runs its command, and the answer is a new message', async () => {
    const message = await shown(SERVERS);
    stage.ana.erase(message);
    expect(await stage.ana.forgePress(message, 'mcp:status')).toEqual({ answered: true });
    await expect.poll(() => heard(stage.ana)).toMatchObject([{ edited: false }]);
    expect(commands(stage)).toEqual([['status']]);
    expect(heard(stage.ana)[0]?.id).not.toBe(message.id);
  });

  it.each(['private chat', 'group'])(
    'in a %s that comes too late to be answered still runs',
    async (where) => {
      const late = await open({ platform: { pressPatienceMs: 2_500 } });
      const { api, ana, ben, clock } = late;
      const chat = where === 'group' ? api.group('Late', [ana, ben]) : undefined;
      await listed(late);
      await ana.type('/mcp', chat === undefined ? {} : { chat });
      await lastHeard(ana, chat);
      await api.goDown();
      const press = ana.press('Refresh', chat);
      clock.advance(3_600_000);
      late.answer = (invocation) => late.say(invocation, reply('Nothing has changed'));
      await api.comeBack();
      await expect.poll(() => heard(ana, chat).map(({ text }) => text)).toEqual(['Nothing has changed']);
      expect(commands(late)).toEqual([[], ['status']]);
      if (chat !== undefined) expect(seen(ben, chat)).toBe('');
      expect((await press).answered).toBe(false);
    },
  );

  it('on an ephemeral message that Telegram only names says that it has expired', async () => {
    const { api, ana } = stage;
    const chat = { id: team.id, type: 'supergroup', title: 'Team' };
    api.push({
      callback_query: {
        id: '4242',
        from: { id: ana.id, is_bot: false, first_name: 'Ana' },
        message: { chat, message_id: 0, date: 0 },
        chat_instance: '1',
        data: 'mcp:status',
      },
    });
    await expect
      .poll(() => api.callsOf('answerCallbackQuery'))
      .toMatchObject([{ payload: { text: EXPIRED } }]);
    expect(commands(stage)).toEqual([]);
  });
});

describe('the buttons of a message', () => {
  it.each(['private chat', 'group'])(
    'in a %s are gone while a slow command works, and its text stays',
    async (where) => {
      const { ana } = stage;
      const chat = where === 'group' ? team : undefined;
      await ana.type('/mcp', chat === undefined ? {} : { chat });
      await lastHeard(ana, chat);
      const finish = slow(stage);
      await ana.press('Refresh', chat);
      await expect.poll(() => labels(heard(ana, chat)[0])).toEqual([]);
      expect(seen(ana, chat)).toContain('sign-in needed');
      finish();
      await expect.poll(() => labels(heard(ana, chat)[0])).toEqual(['Sign in · linear', 'Refresh']);
      expect(heard(ana, chat)).toHaveLength(1);
    },
  );

  it('come back with the answer, however late they were to go', async () => {
    const { api, ana } = stage;
    await shown(SERVERS);
    api.fail('editMessageReplyMarkup', { delayMs: 700 });
    const finish = slow(stage);
    await ana.press('Refresh');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    finish();
    await expect
      .poll(() => api.calls.filter(({ method }) => method.startsWith('editMessage')))
      .toHaveLength(2);
    expect(labels(heard(ana)[0])).toEqual(['Sign in · linear', 'Refresh']);
  });

  it('are gone after use, where the answer has none', async () => {
    await shown(SERVERS);
    stage.answer = (invocation) => stage.say(invocation, reply('Signed out of linear'));
    await stage.ana.press('Refresh');
    await expect.poll(() => heard(stage.ana).map(({ text }) => text)).toEqual(['Signed out of linear']);
    expect(labels(heard(stage.ana)[0])).toEqual([]);
  });
});

describe('an edit', () => {
  it('that changes nothing is no error, and nobody hears of it', async () => {
    const { api, adapter, ana, log } = stage;
    const message = await shown(SERVERS);
    const ref = { chat: ana.id, message: message.id };
    expect(await adapter.update(ref, SERVERS)).toEqual({ kind: 'delivered', message: ref });
    expect(api.callsOf('editMessageText')).toMatchObject([{ status: 400 }]);
    expect(log.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });

  it('that changes nothing of an ephemeral message is none either', async () => {
    const { ana, log } = stage;
    await ana.type('/mcp', { chat: team });
    await lastHeard(ana, team);
    await ana.press('Refresh', team);
    await stage.gateway.invocation(2);
    await quiet(stage);
    expect(heard(ana, team)).toHaveLength(1);
    expect(heard(ana)).toEqual([]);
    expect(log.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });
});
