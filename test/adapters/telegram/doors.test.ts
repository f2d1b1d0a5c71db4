import { beforeEach, describe, expect, it } from 'vitest';
import { rememberWords } from '../../../src/adapters/telegram/incoming/start-links.js';
import type { Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';
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

/** Shaped as Telegram sends them; the fake's own people cannot do these. */
const ANONYMOUS_ADMIN = {
  id: 1_087_968_824,
  is_bot: true,
  first_name: 'Group',
  username: 'GroupAnonymousBot',
};
const OTHER_BOT = { id: 8_222_000_001, is_bot: true, first_name: 'Other', username: 'other_bot' };

const wireGroup = ({ id, title, kind }: TelegramGroup) => ({ id, title, type: kind });
const wirePerson = ({ id, name }: TelegramPerson) => ({ id, is_bot: false, first_name: name });
const said = (text: string) => ({ message_id: 900_001, date: 1_790_000_000, text });

describe('in a private chat, /mcp', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });

  it.each([
    ['/mcp', []],
    ['/mcp auth linear', ['auth', 'linear']],
    ['/MCP   auth\nlinear', ['auth', 'linear']],
    ['/mcp@acme_mcp_bot status', ['status']],
    ['/mcp@ACME_MCP_BOT status', ['status']],
    ['/mcp \u200bauth lin\u200bear', ['auth', 'linear']],
  ])('typed as %j is answered with one message', async (typed, words) => {
    const { api, ana, ben, gateway } = stage;
    await ana.type(typed);
    expect((await gateway.invocation(1)).words).toEqual(words);
    await expect.poll(() => seen(ana)).toContain('linear · sign-in needed');
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(seen(ben)).toBe('');
  });

  it('runs once for each time that it is typed', async () => {
    for (const words of ['status', 'auth', 'status']) await stage.ana.type(`/mcp ${words}`);
    await stage.gateway.invocation(3);
    await quiet(stage);
    expect(commands(stage)).toEqual([['status'], ['auth'], ['status']]);
    await expect.poll(() => heard(stage.ana)).toHaveLength(3);
  });

  it('is not what another bot’s command, or a longer one, says', async () => {
    for (const typed of ['/mcp@other_bot auth', '/mcpx auth', '/mcp_auth', '/mcp@acme_mcp_bot2 auth'])
      await stage.ana.type(typed);
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    expect(seen(stage.ana)).not.toContain('linear');
  });

  it('is named to whoever says something else', async () => {
    await stage.ana.type('hello, what can you do?');
    await expect.poll(() => seen(stage.ana)).toContain('I understand /mcp and what follows it.');
    expect(commands(stage)).toEqual([]);
  });

  it('is named to one person ten times a minute, however patiently they talk on; commands are answered as ever', async () => {
    const { ana, ben, clock, gateway, memory } = stage;
    const owner = { platform: 'telegram', userId: String(ben.id), displayName: '@ben' } as const;
    const link = await rememberWords(memory, owner, ['auth'], 'acme_mcp_bot');
    const named = () =>
      heard(ana).filter(({ text }) => /I understand|made for somebody else/.test(text)).length;
    for (let at = 0; at < 15; at += 1) {
      await ana.type('and another thing');
      await ana.openLink(link);
      const before = gateway.invocations.length;
      await ana.type('/mcp');
      await expect.poll(() => gateway.invocations.length).toBe(before + 1);
    }
    await quiet(stage);
    await expect.poll(named).toBe(10);
    await ben.type('hello');
    await expect.poll(() => seen(ben)).toContain('I understand');
    expect(named()).toBe(10);
    clock.advance(60_000);
    await ana.type('hello again');
    await expect.poll(named).toBe(11);
  });
});

describe.each(['group', 'supergroup', 'topic'] as const)('in a %s, /mcp', (kind) => {
  let stage: Stage;
  let team: TelegramGroup;
  let there: { chat: TelegramGroup; topic?: string };
  beforeEach(async () => {
    stage = await open();
    const { api, ana, ben } = stage;
    team = api.group('Team', [ana, ben], kind === 'topic' ? { topics: ['Ops', 'Fun'] } : { kind });
    there = kind === 'topic' ? { chat: team, topic: 'Ops' } : { chat: team };
    await listed(stage);
  });

  it('is answered there, to the one who typed it', async () => {
    const { api, ana, ben } = stage;
    await ana.type('/mcp', there);
    const answer = await lastHeard(ana, team);
    expect(answer.text).toContain('linear');
    expect(answer.topic).toBe(there.topic);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(seen(ana)).toBe('');
    expect(seen(ben, team)).toBe('');
  });

  it('with this bot’s name is for this bot, with another’s for the other', async () => {
    const { ana, ben } = stage;
    await ana.type('/mcp@other_bot auth', there);
    await ana.type('/mcp@Acme_MCP_Bot status', there);
    await lastHeard(ana, team);
    await quiet(stage);
    expect(commands(stage)).toEqual([['status']]);
    expect(heard(ben, team)).toEqual([]);
  });

  it('knows who typed it', async () => {
    const { ana, ben, gateway } = stage;
    await ana.type('/mcp', there);
    await ben.type('/mcp auth', there);
    const [first, second] = [await gateway.invocation(1), await gateway.invocation(2)];
    expect([first.actor.userId, second.actor.userId]).toEqual([String(ana.id), String(ben.id)]);
    await expect.poll(() => [heard(ana, team).length, heard(ben, team).length]).toEqual([1, 1]);
  });

  it('is all that is heard: other talk and /start are not', async () => {
    const { ana, ben } = stage;
    await ana.type('has anybody tried /mcp here?', there);
    await ana.type('/start mcp_c_482913', there);
    await ana.type('/start', there);
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    expect(heard(ana, team)).toEqual([]);
    expect(heard(ben, team)).toEqual([]);
  });
});

describe('in a topic', () => {
  async function forum() {
    const stage = await open();
    const olga = stage.api.person('Olga', { client: 'old' });
    const team = stage.api.group('Team', [stage.ana, stage.ben, olga], { topics: ['Ops'] });
    await listed(stage);
    return { ...stage, stage, olga, team, ops: { chat: team, topic: 'Ops' } };
  }

  it('“Working…” and the answer in its place stay there', async () => {
    const { stage, ana, team, ops } = await forum();
    const finish = slow(stage);
    await ana.type('/mcp', ops);
    expect(await lastHeard(ana, team)).toMatchObject({ text: 'Working…', topic: 'Ops' });
    finish();
    await expect.poll(() => seen(ana, team)).toContain('linear');
    expect(heard(ana, team)).toMatchObject([{ topic: 'Ops', edited: true }]);
  });

  it('what an old client asks is answered in its private chat, outside of any topic', async () => {
    const { olga, ben, team, ops } = await forum();
    await olga.type('/mcp', ops);
    const answer = await lastHeard(olga);
    expect(answer.text).toContain('linear');
    expect(answer.topic).toBeUndefined();
    expect(seen(ben, team)).toBe('Olga: /mcp');
  });

  it('the way into the private chat is offered there', async () => {
    const { api, ben, team, ops } = await forum();
    const nina = api.person('Nina', { client: 'old', started: false });
    team.join(nina);
    await nina.type('/mcp', ops);
    expect(await lastHeard(ben, team)).toMatchObject({ topic: 'Ops' });
  });

  it('news that come much later than their command come there', async () => {
    const { stage, ana, ben, team, ops } = await forum();
    team.setBot('admin-without-delete');
    await ana.type('/mcp', ops);
    await lastHeard(ana, team);
    const { actor, conversation } = await stage.gateway.invocation(1);
    stage.clock.advance(3_600_000);
    await stage.adapter.send({ actor, conversation }, SERVERS);
    expect(heard(ana, team)).toMatchObject([{ topic: 'Ops' }, { topic: 'Ops' }]);
    expect(seen(ben, team)).toBe('');
  });

  it('that is gone by the time of the answer, it comes to the private chat', async () => {
    const { stage, ana, team, ops } = await forum();
    const { answer } = stage;
    stage.answer = async (invocation) => {
      team.removeTopic('Ops');
      return answer(invocation);
    };
    await ana.type('/mcp', ops);
    expect((await lastHeard(ana)).text).toContain('linear');
  });
});

describe('in General, which is a forum’s topic without an id', () => {
  it('it is answered there, and what comes later as well', async () => {
    const stage = await open();
    const { adapter, ana, ben, api, clock, gateway } = stage;
    const team = api.group('Team', [ana, ben], { topics: ['Ops'], bot: 'admin' });
    await listed(stage);
    await ana.type('/mcp', { chat: team });
    const answer = await lastHeard(ana, team);
    expect(answer.topic).toBeUndefined();
    expect(answer.ephemeralId).toBeDefined();
    const { actor, conversation } = await gateway.invocation(1);
    clock.advance(60_000);
    await adapter.send({ actor, conversation }, SERVERS);
    expect(heard(ana, team).map(({ topic }) => topic)).toEqual([undefined, undefined]);
    expect(sends(stage).some((payload) => 'message_thread_id' in payload)).toBe(false);
    expect(seen(ben, team)).toBe('');
  });
});

describe('in a topic of the private chat', () => {
  const FORM: Reply = reply('', {
    actions: [
      {
        kind: 'form',
        label: 'Add key',
        title: 'Key for weather',
        words: ['auth', 'weather'],
        fields: ['ID', 'KEY'].map((name) => ({ name, label: name, secret: true })),
      },
    ],
  });
  const work = { topic: 'Work' };

  async function withTopics() {
    const stage = await open({ adapter: { reachable: false } });
    return { stage, mia: stage.api.person('Mia', { topics: ['Work'] }) };
  }

  it('the answer, the sign of work and the questions for a key stay there', async () => {
    const { stage, mia } = await withTopics();
    stage.answer = ({ fields, ...invocation }) =>
      stage.say(invocation, fields === undefined ? FORM : reply('connected'));
    const finish = slow(stage);
    await mia.type('/mcp auth weather', work);
    const signs = () => stage.api.callsOf('sendChatAction').map(({ payload }) => payload.message_thread_id);
    await expect.poll(signs).toEqual([expect.any(Number)]);
    finish();
    await lastHeard(mia);
    await mia.press('Add key');
    for (const [name, key] of [
      ['ID', 'id-4f9a8b7c'],
      ['KEY', 'wk_live_4f9a8b7c'],
    ] as const) {
      await expect.poll(() => heard(mia).at(-1)?.text).toContain(`Send me ${name} as`);
      expect(heard(mia).at(-1)).toMatchObject(work);
      await mia.type(key, work);
      await expect.poll(() => seen(mia)).not.toContain(key);
    }
    await expect.poll(() => seen(mia)).toContain('connected');
    expect(mia.messages().map(({ topic }) => topic)).toEqual(['Work', 'Work']);
  });

  it('news from outside of it come later: there, and where it is gone, outside of topics', async () => {
    const { stage, mia } = await withTopics();
    await mia.type('/mcp', work);
    expect(await lastHeard(mia)).toMatchObject(work);
    const { actor, conversation } = await stage.gateway.invocation(1);
    await stage.adapter.send({ actor, conversation }, SERVERS);
    expect(await lastHeard(mia)).toMatchObject(work);
    mia.removeTopic('Work');
    const said = await stage.adapter.send({ actor, conversation }, reply('linear connected'));
    expect(said.kind).toBe('delivered');
    expect(seen(mia)).toContain('linear connected');
  });
});

describe('nothing is done for', () => {
  let stage: Stage;
  let team: TelegramGroup;
  beforeEach(async () => {
    stage = await open();
    team = stage.api.group('Team', [stage.ana, stage.ben], { kind: 'supergroup', bot: 'admin' });
    await listed(stage);
  });

  const forms: Readonly<Record<string, (stage: Stage, team: TelegramGroup) => Promise<unknown>>> = {
    'a message that was edited into a command': async ({ api, ana }, chat) => {
      await ana.type('good morning', { chat });
      const [message] = ana.messages(chat);
      if (message !== undefined) await ana.edit(message, '/mcp auth');
      api.push({
        edited_message: { ...said('/mcp auth'), chat: wireGroup(chat), from: wirePerson(ana), edit_date: 1 },
      });
    },
    'a forwarded command, in a group': async ({ ana, ben }, chat) =>
      ana.type('/mcp auth', { chat, forwardedFrom: ben }),
    'a forwarded command, in the private chat': async ({ ana, ben }) =>
      ana.type('/mcp auth', { forwardedFrom: ben }),
    'a command in the name of a channel': async ({ ana }, chat) =>
      ana.type('/mcp auth', { chat, asChannel: true }),
    'a command sent through another bot': async ({ ana }, chat) =>
      ana.type('/mcp auth', { chat, viaBot: true }),
    'an anonymous administrator': async ({ api }, chat) =>
      api.push({
        message: {
          ...said('/mcp auth'),
          chat: wireGroup(chat),
          from: ANONYMOUS_ADMIN,
          sender_chat: wireGroup(chat),
        },
      }),
    'another bot': async ({ api }, chat) =>
      api.push({ message: { ...said('/mcp auth'), chat: wireGroup(chat), from: OTHER_BOT } }),
    'a channel’s post': async ({ api }) => {
      const channel = { id: -1_001_777_000_001, type: 'channel', title: 'News' };
      api.push({ channel_post: { ...said('/mcp auth'), chat: channel, sender_chat: channel } });
      api.push({ message: { ...said('/mcp auth'), chat: channel, from: wirePerson(stage.ana) } });
    },
    'a business chat': async ({ api, ana }) => {
      const chat = { id: ana.id, type: 'private', first_name: 'Ana' };
      const message = { ...said('/mcp auth'), chat, from: wirePerson(ana), business_connection_id: 'b1' };
      api.push({ business_message: message });
      api.push({ message });
    },
    'a private chat that is not the sender’s own': async ({ api, ana, ben }) =>
      api.push({
        message: {
          ...said('/mcp auth'),
          chat: { id: ben.id, type: 'private', first_name: 'Ben' },
          from: wirePerson(ana),
        },
      }),
    'updates of kinds that nobody knows': async ({ api }) => {
      for (const update of [
        { star_gift: {} },
        { message: null },
        { message: { chat: {} } },
        { callback_query: [] },
      ])
        api.push(update);
    },
  };

  it.each(Object.keys(forms))('%s', async (name) => {
    await forms[name]?.(stage, team);
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    for (const person of [stage.ana, stage.ben]) expect(heard(person, team)).toEqual([]);
    expect(heard(stage.ana)).toEqual([]);
    expect(stage.log.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });
});

describe('with privacy mode off', () => {
  it('talk of others is let pass, whoever says /mcp somewhere in it', async () => {
    const stage = await open({ platform: { canReadAllGroupMessages: true } });
    const { api, ana, ben } = stage;
    const team = api.group('Team', [ana, ben]);
    for (const talk of ['what is /mcp?', 'mcp auth linear', '482913', '/help', '@acme_mcp_bot hi'])
      await ana.type(talk, { chat: team });
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
    expect(heard(ben, team)).toEqual([]);
  });
});

describe('/start', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });

  it('bare shows the servers, to someone new too', async () => {
    const nina = stage.api.person('Nina', { started: false });
    await nina.start();
    await expect.poll(() => seen(nina)).toContain('linear');
    expect(commands(stage)).toEqual([[]]);
  });

  it('with a code from the done page gives the code', async () => {
    await stage.ana.openLink('https://t.me/acme_mcp_bot?start=mcp_c_482913');
    await stage.gateway.invocation(1);
    expect(commands(stage)).toEqual([['confirm', '482913']]);
  });

  it.each([
    'mcp_c_48291',
    'mcp_c_4829133',
    'mcp_c_48291x',
    'mcp_c_٤٨٢٩١٣',
    'mcp_c_482913 auth linear',
    'mcp_r_',
    'mcp_r_AAAAAAAAAAAAAAAAAAAAAA',
    'mcp_r_../../../etc/passwd000',
    'mcp_',
    'campaign42',
    '__proto__',
    'é',
    'x'.repeat(65),
  ])('with %j stands for /mcp alone', async (payload) => {
    await stage.ana.start(payload);
    expect((await lastHeard(stage.ana)).text).toContain('linear');
    expect(commands(stage)).toEqual([[]]);
  });

  it('for another bot is not for this one', async () => {
    await stage.ana.type('/start@other_bot mcp_c_482913');
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
  });
});
