import { Api } from 'grammy';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from '../../../src/adapters/telegram/outgoing/outbox.js';
import type { Delivery, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { TelegramGroup } from '../../helpers/telegram/face.js';
import {
  commands,
  heard,
  lastHeard,
  listed,
  quiet,
  SERVERS,
  type Stage,
  seen,
  sends,
  slow,
  useStages,
} from './stage.js';

const open = useStages();

let stage: Stage;
let team: TelegramGroup;
beforeEach(async () => {
  stage = await open();
  team = stage.api.group('Team', [stage.ana, stage.ben], { kind: 'supergroup' });
  await listed(stage);
});

/** What the adapter said of the answers, as they come. */
function deliveries(): readonly Delivery[] {
  const all: Delivery[] = [];
  stage.answer = async (invocation) => all.push(await stage.say(invocation, SERVERS));
  return all;
}

const REPLIES: Readonly<Record<string, Reply>> = {
  'the list of servers': SERVERS,
  'one sentence': reply('', { lines: [{ mark: 'ok', cells: ['linear connected · 23 tools'] }] }),
  'a failure': reply('', { lines: [{ mark: 'failed', cells: ['linear: you declined the request.'] }] }),
  'a sign-in link that is no button': reply('Sign in to linear', {
    actions: [{ kind: 'link', label: 'Sign in', url: 'http://localhost:8787/connect/kx3v' }],
  }),
  'a form': reply('', {
    lines: [
      {
        cells: ['weather', 'key needed'],
        action: {
          kind: 'form',
          label: 'Add key',
          title: 'Key for weather',
          words: ['auth', 'weather'],
          fields: [{ name: 'WEATHER_KEY', label: 'WEATHER_KEY', secret: true }],
        },
      },
    ],
  }),
  'more than one message holds': reply('Tools', {
    lines: Array.from({ length: 300 }, (_, row) => ({ cells: [`tool-${row}`, 'does something useful'] })),
  }),
  'nothing at all': reply(''),
};

describe('what is said in a group', () => {
  it.each(Object.keys(REPLIES))('is for one person alone: %s', async (name) => {
    const { api, ana, ben } = stage;
    stage.answer = (invocation) => stage.say(invocation, REPLIES[name] ?? SERVERS);
    await ana.type('/mcp', { chat: team });
    const message = await lastHeard(ana, team);
    expect(message.ephemeralId).toBeDefined();
    expect(message.linkPreview).toBe(false);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(seen(ben, team)).toBe('');
    expect(seen(ana)).toBe('');
  });

  it('changes where it stands, for that person alone', async () => {
    const { ana, ben, adapter } = stage;
    const all = deliveries();
    await ana.type('/mcp', { chat: team });
    await expect.poll(() => all.map(({ kind }) => kind)).toEqual(['delivered']);
    const [first] = all;
    if (first?.kind !== 'delivered') throw new Error('It was not delivered.');
    const said = reply('', { lines: [{ mark: 'ok', cells: ['linear connected · 23 tools'] }] });
    expect((await adapter.update(first.message, said)).kind).toBe('delivered');
    expect(heard(ana, team)).toMatchObject([{ text: '✓ linear connected · 23 tools', buttons: [] }]);
    expect(seen(ben, team)).toBe('');
  });

  it('stays private through its buttons', async () => {
    const { ana, ben } = stage;
    await ana.type('/mcp', { chat: team });
    await lastHeard(ana, team);
    stage.answer = (invocation) => stage.say(invocation, reply('Nothing has changed'));
    expect((await ana.press('Refresh', team)).answered).toBe(true);
    await expect.poll(() => heard(ana, team).map(({ text }) => text)).toEqual(['Nothing has changed']);
    expect(seen(ben, team)).toBe('');
  });

  it('is for each person what they asked', async () => {
    const { ana, ben } = stage;
    stage.answer = (invocation) => stage.say(invocation, reply(`only for ${invocation.actor.displayName}`));
    await Promise.all([ana.type('/mcp', { chat: team }), ben.type('/mcp', { chat: team })]);
    await expect
      .poll(() => [seen(ana, team), seen(ben, team)])
      .toMatchObject([expect.stringContaining('only for @ana'), expect.stringContaining('only for @ben')]);
    expect(seen(ana, team)).not.toContain('@ben');
    expect(seen(ben, team)).not.toContain('@ana');
  });
});

describe('a command that takes long', () => {
  it('shows “Working…” within the 15 seconds, and its answer in place of that, however late', async () => {
    const { api, ana, ben, clock } = stage;
    const typedAtMs = clock.now();
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana, team)).text).toBe('Working…');
    expect((api.callsOf('sendMessage')[0]?.atMs ?? 0) - typedAtMs).toBeLessThan(15_000);
    clock.advance(10 * 60_000);
    finish();
    await expect
      .poll(() => heard(ana, team).map(({ text }) => text))
      .toMatchObject([expect.stringContaining('linear')]);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(api.callsOf('editEphemeralMessageText')).toHaveLength(1);
    expect(seen(ben, team)).toBe('');
  });

  it('is answered, though Telegram’s word of it is lost and the same edit is made again', async () => {
    const { api, ana } = stage;
    const all = deliveries();
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    const { ephemeralId: ephemeral } = await lastHeard(ana, team);
    const description = 'Bad Request: message is not modified: specified new message content is the same';
    api.fail('editEphemeralMessageText', { errorCode: 400, description });
    finish();
    await expect
      .poll(() => all)
      .toEqual([{ kind: 'delivered', message: { chat: team.id, receiver: ana.id, ephemeral } }]);
    expect(sends(stage)).toHaveLength(1);
    expect(api.callsOf('deleteEphemeralMessage')).toEqual([]);
  });

  it('in a private chat shows that the bot is typing, and nothing to take away', async () => {
    const { api, ana } = stage;
    const finish = slow(stage);
    await ana.type('/mcp');
    await expect.poll(() => api.callsOf('sendChatAction')).toMatchObject([{ payload: { action: 'typing' } }]);
    expect(heard(ana)).toEqual([]);
    finish();
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('that comes to nothing leaves no “Working…” behind', async () => {
    const { ana } = stage;
    stage.answer = async () => undefined;
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana, team)).text).toBe('Working…');
    finish();
    await expect.poll(() => heard(ana, team)).toEqual([]);
  });

  it('shows no sign of work once it was answered', async () => {
    const { api, ana } = stage;
    let finish = (): void => undefined;
    stage.answer = async (invocation) => {
      await stage.say(invocation, SERVERS);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    await ana.type('/mcp', { chat: team });
    await lastHeard(ana, team);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(sends(stage)).toHaveLength(1);
    expect(heard(ana, team)).toHaveLength(1);
    expect(api.callsOf('sendChatAction')).toEqual([]);
    finish();
  });
});

describe('an answer later than 15 seconds', () => {
  beforeEach(() => {
    const { answer } = stage;
    stage.answer = (invocation) => {
      stage.clock.advance(20_000);
      return answer(invocation);
    };
  });

  it('is still for that person alone in the group where the bot is an administrator', async () => {
    const { ana, ben } = stage;
    team.setBot('admin-without-delete');
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana, team)).ephemeralId).toBeDefined();
    expect(seen(ana)).toBe('');
    expect(seen(ben, team)).toBe('');
  });

  it('comes to the private chat where it is not, and the group is not tried again for a while', async () => {
    const { api, ana, ben, clock } = stage;
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(api.callsOf('sendMessage').map(({ status }) => status)).toEqual([400, 200]);
    await ana.type('/mcp', { chat: team });
    await expect.poll(() => heard(ana)).toHaveLength(2);
    expect(api.callsOf('sendMessage')).toHaveLength(3);
    clock.advance(10 * 60_000);
    team.setBot('admin');
    await ana.type('/mcp', { chat: team });
    await lastHeard(ana, team);
    expect(heard(ana)).toHaveLength(2);
    expect(heard(ben, team)).toEqual([]);
  });

  it('to a command that waited for the bot is as private', async () => {
    const { ana, ben, clock } = stage;
    stage.answer = (invocation) => stage.say(invocation, SERVERS);
    await stage.api.goDown();
    await ana.type('/mcp', { chat: team });
    clock.advance(3_600_000);
    await stage.api.comeBack();
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(heard(ben, team)).toEqual([]);
  });

  it('to a command that waited for an administrator bot stays in the group', async () => {
    const { ana, ben, clock } = stage;
    stage.answer = (invocation) => stage.say(invocation, SERVERS);
    team.setBot('admin');
    await stage.api.goDown();
    await ana.type('/mcp', { chat: team });
    clock.advance(3_600_000);
    await stage.api.comeBack();
    await lastHeard(ana, team);
    expect(seen(ana)).toBe('');
    expect(heard(ben, team)).toEqual([]);
  });
});

describe('an old client, which everybody hears typing', () => {
  it('is answered in the private chat', async () => {
    const { api, ben } = stage;
    const olga = api.person('Olga', { client: 'old' });
    team.join(olga);
    await olga.type('/mcp', { chat: team });
    expect((await lastHeard(olga)).text).toContain('linear');
    expect(sends(stage)).toMatchObject([{ chat_id: olga.id }]);
    expect(seen(ben, team)).toBe('Olga: /mcp');
  });

  it('is answered there when the command takes long, too', async () => {
    const { api, ben } = stage;
    const olga = api.person('Olga', { client: 'old' });
    team.join(olga);
    const finish = slow(stage);
    await olga.type('/mcp', { chat: team });
    await stage.gateway.invocation(1);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    finish();
    expect((await lastHeard(olga)).text).toContain('linear');
    expect(heard(ben, team)).toEqual([]);
  });

  it('a group without the bot’s command list is answered the same way', async () => {
    const plain = await open({ adapter: { commands: false } });
    const { api, ana, ben } = plain;
    const chat = api.group('Plain', [ana, ben]);
    await ana.type('/mcp', { chat });
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(heard(ben, chat)).toEqual([]);
  });
});

describe('a person whom the platform cannot reach', () => {
  it('who has blocked the bot is still answered in the group', async () => {
    const { ana } = stage;
    ana.block();
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana, team)).text).toContain('linear');
  });

  it('who has left the group meanwhile is answered in the private chat', async () => {
    const { ana, ben } = stage;
    const { answer } = stage;
    stage.answer = (invocation) => {
      team.leave(ana);
      return answer(invocation);
    };
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(heard(ben, team)).toEqual([]);
  });

  it('who is offline misses what is ephemeral, and has it by asking again', async () => {
    const { ana, ben } = stage;
    const all = deliveries();
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    await stage.gateway.invocation(1);
    ana.goOffline();
    finish();
    await expect.poll(() => all.length).toBe(1);
    ana.comeOnline();
    expect(heard(ana, team)).toEqual([]);
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana, team)).text).toContain('linear');
    expect(seen(ben, team)).toBe('');
  });

  it('whose account is gone is nobody, and nothing breaks', async () => {
    const { ana, ben } = stage;
    const all: Delivery[] = [];
    stage.answer = async (invocation) => {
      ana.deactivate();
      all.push(await stage.say(invocation, SERVERS));
    };
    await ana.type('/mcp', { chat: team });
    await expect.poll(() => all).toEqual([{ kind: 'no-private-way' }]);
    expect(seen(ben, team)).not.toContain('linear');
  });
});

describe.each(['kicked', 'left'] as const)('a bot that was %s by the time of the answer', (standing) => {
  beforeEach(() => {
    const { answer } = stage;
    stage.answer = (invocation) => {
      team.setBot(standing);
      return answer(invocation);
    };
  });

  it('answers in the private chat', async () => {
    const { ana, ben } = stage;
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(heard(ben, team)).toEqual([]);
  });

  it('says nothing where it may not write, and lives', async () => {
    const { api, ben } = stage;
    const nina = api.person('Nina', { started: false });
    team.join(nina);
    await nina.type('/mcp', { chat: team });
    await stage.gateway.invocation(1);
    await quiet(stage);
    await expect.poll(() => stage.log.join('')).toContain('could not be told that I answer in private');
    expect(heard(ben, team)).toEqual([]);
    expect(commands(stage)).toEqual([[]]);
  });
});

describe('a group that takes nothing more for half a minute', () => {
  const tooMany = {
    errorCode: 429,
    description: 'Too Many Requests: retry after 30',
    parameters: { retry_after: 30 },
  };

  it('has the answer in the private chat, and is not tried again meanwhile', async () => {
    const { api, ana, ben } = stage;
    api.fail('sendMessage', tooMany);
    await ana.type('/mcp', { chat: team });
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(sends(stage).map(({ chat_id }) => chat_id)).toEqual([team.id, ana.id]);
    expect(heard(ana, team)).toEqual([]);
    expect(heard(ben, team)).toEqual([]);
  });

  it('keeps no “Working…” whose answer came to the private chat', async () => {
    const { api, ana } = stage;
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    await lastHeard(ana, team);
    api.fail('editEphemeralMessageText', tooMany);
    finish();
    expect((await lastHeard(ana)).text).toContain('linear');
    expect(heard(ana, team)).toEqual([]);
  });
});

it('a group that asks for a few seconds again and again has the answer in the private chat', async () => {
  const hurried = await open({ adapter: { sendWithinMs: 300 } });
  const { api, ana, ben } = hurried;
  const chat = api.group('Busy', [ana, ben], { kind: 'supergroup' });
  await listed(hurried);
  const description = 'Too Many Requests: retry after 9';
  api.fail('sendMessage', { errorCode: 429, description, parameters: { retry_after: 9 } });
  await ana.type('/mcp', { chat });
  expect((await lastHeard(ana)).text).toContain('linear');
  expect(sends(hurried).map(({ chat_id }) => chat_id)).toEqual([chat.id, ana.id]);
  expect(heard(ben, chat)).toEqual([]);
  // And a connection that is lost again and again is a Telegram that is away.
  api.fail('sendMessage', 'drop-before');
  const actor = { platform: 'telegram', userId: String(ana.id), displayName: '@ana' } as const;
  const later = { code: 'telegram_unavailable' };
  await expect(hurried.adapter.send({ actor }, SERVERS)).rejects.toMatchObject(later);
});

describe('a Bot API server of one’s own', () => {
  const SECRETS = /linear|files|gateway\.example/;

  /** What becomes known a minute after a command, or what comes of a press: no reply to what was typed. */
  async function told({ adapter, ana, clock }: Stage, chat: TelegramGroup, why: 'late' | 'pressed') {
    const from =
      why === 'late' ? { ephemeral: 7, atMs: clock.now() - 60_000 } : { query: '4711', atMs: clock.now() };
    const conversation = { place: { kind: 'group', chat: chat.id }, update: 1, ...from };
    const actor = { platform: 'telegram', userId: String(ana.id), displayName: '@ana' } as const;
    return adapter.send({ actor, conversation }, SERVERS);
  }

  it.each(['typed', 'late', 'pressed'] as const)(
    'that is too old for ephemeral messages is given nothing to post for all: what is %s',
    async (why) => {
      const old = await open({ platform: { isOld: true } });
      const { api, ana, ben } = old;
      const chat = api.group('Old', [ana, ben], { kind: 'supergroup', bot: 'admin' });
      await listed(old);
      await (why === 'typed' ? ana.type('/mcp', { chat }) : told(old, chat, why));
      expect((await lastHeard(ana)).text).toMatch(SECRETS);
      const posted = api
        .callsOf('sendMessage')
        .filter(({ payload, status }) => status === 200 && payload.chat_id === chat.id);
      expect(posted.map(({ payload }) => payload.text)).toEqual(['<i>Working…</i>']);
      expect(seen(ben, chat)).toBe('');
    },
  );

  it('that is new enough has to show so once, with a sign of work that becomes the answer', async () => {
    const { api, ana, ben } = stage;
    team.setBot('admin');
    for (const _ of [1, 2]) await told(stage, team, 'late');
    expect(heard(ana, team).map(({ text }) => SECRETS.test(text))).toEqual([true, true]);
    expect(sends(stage).map(({ text }) => SECRETS.test(String(text)))).toEqual([false, true]);
    expect(api.callsOf('editEphemeralMessageText')).toHaveLength(1);
    expect(seen(ben, team)).toBe('');
  });

  it('leaves no “Working…” where that could not become the answer, which comes to the private chat', async () => {
    const { api, ana } = stage;
    team.setBot('admin');
    api.fail('editEphemeralMessageText', { errorCode: 400, description: 'Bad Request: not this way' });
    await told(stage, team, 'late');
    expect(heard(ana, team)).toEqual([]);
    expect((await lastHeard(ana)).text).toMatch(SECRETS);
  });
});

it('Telegram’s own Bot API is always new enough: an answer as an administrator is one call', async () => {
  const { api, ana } = stage;
  team.setBot('admin');
  const toFake = (url: string, init: RequestInit) =>
    fetch(url.replace('https://api.telegram.org', api.root), init);
  const outbox = createOutbox(new Api(api.token, { fetch: toFake as never }));
  const place = { kind: 'group', chat: team.id } as const;
  const message = { text: 'linear', keyboard: [], kept: [] };
  const before = api.calls.length;
  const sent = await outbox.ephemeral({ place, update: 1, atMs: 0 }, ana.id, message);
  expect(sent.kind).toBe('sent');
  const called = api.calls.slice(before).map(({ method }) => method);
  expect(called.filter((method) => method !== 'getUpdates')).toEqual(['sendMessage']);
});

it('a bot that may not post in the group answers in the private chat', async () => {
  const { api, ana, ben } = stage;
  const description = 'Bad Request: not enough rights to send text messages to the chat';
  api.fail('sendMessage', { errorCode: 400, description });
  await ana.type('/mcp', { chat: team });
  expect((await lastHeard(ana)).text).toContain('linear');
  expect(heard(ben, team)).toEqual([]);
});

it('no message of the bot shows a preview, or lets Telegram fetch what is behind a link', async () => {
  const { api, ana, ben } = stage;
  const nina = api.person('Nina', { client: 'old', started: false });
  team.join(nina);
  await ana.type('/mcp');
  await ana.type('/mcp', { chat: team });
  await nina.type('/mcp', { chat: team });
  await ana.type('hello');
  await expect.poll(() => [heard(ana).length, heard(ana, team).length]).toEqual([2, 2]);
  await ana.press('Refresh', team);
  await expect.poll(() => api.callsOf('editEphemeralMessageText')).toHaveLength(1);
  const said = api.calls.filter(({ payload }) => 'text' in payload && 'parse_mode' in payload);
  expect(said.length).toBeGreaterThanOrEqual(6);
  for (const { payload } of said)
    expect(payload).toMatchObject({ link_preview_options: { is_disabled: true } });
  for (const person of [ana, ben])
    for (const message of [...heard(person), ...heard(person, team)]) expect(message.linkPreview).toBe(false);
});
