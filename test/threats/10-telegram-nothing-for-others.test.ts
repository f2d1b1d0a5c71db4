import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { comeBack, openPage, pressConnect, signIn, submit } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { Failure, TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { digitsOn, wrong } from './pages.js';
import { breakStore } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  expectOnlyNotes,
  linkIn,
  NO_PUBLIC_URL,
  NOTE,
  newest,
  onlyFor,
  publicCalls,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const GOOD_KEY = 'key-0123456789abcdef';

interface Team {
  readonly api: BotApi;
  readonly ana: TelegramPerson;
  /** Looks on, with an app that shows all that it is sent. */
  readonly ben: TelegramPerson;
  readonly group: TelegramGroup;
}

interface Circumstances {
  readonly client?: 'current' | 'old';
  readonly started?: boolean;
  readonly bot?: 'member' | 'admin';
  readonly kind?: 'group' | 'supergroup';
  readonly isOld?: boolean;
}

async function team({
  client,
  started,
  bot,
  kind = 'supergroup',
  isOld = false,
}: Circumstances = {}): Promise<Team> {
  const api = await telegram.platform({ isOld });
  const ana = api.person('Ana', {
    username: 'ana',
    ...(client === undefined ? {} : { client }),
    ...(started === undefined ? {} : { started }),
  });
  const ben = api.person('Ben', { username: 'ben' });
  const group = api.group('Team', [ana, ben], { kind, ...(bot === undefined ? {} : { bot }) });
  return { api, ana, ben, group };
}

async function servers() {
  const notes = await telegram.keyServer(GOOD_KEY);
  return {
    mcp_servers: { files: { url: telegram.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
  };
}

/** Waits until the gateway has nothing more to do for what was typed so far: a command of Ben's own has come through. */
async function quiet(ben: TelegramPerson): Promise<void> {
  await answerTo(ben, '/mcp help');
}

describe('threat 10: nothing of what is for Ana is ever seen by the others of a group', () => {
  it('in any answer: lists, links, questions, slips, refusals, a code that is waited for, outcomes', async () => {
    const { api, ana, ben, group } = await team();
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const typed = [
      '',
      'status files',
      'help',
      'tools files',
      'test files',
      'users',
      'reload',
      'logout files',
      'cancel',
      'confirm 000000',
      'confirm nonsense',
      'statsu',
      'auth filez',
      'auth notes sk-live-7f3a9c1e5b2d8f406a',
      'logout',
      'tools files 99',
      'auth notes',
    ];
    for (const words of typed) await answerTo(ana, `/mcp ${words}`, group);
    const page = await openPage(linkIn(newest(ana, group)));
    await submit(page, { 'key:NOTES_KEY': GOOD_KEY });
    await untilSees(ana, 'notes connected', group);

    const declined = await askedFor(ana, '/mcp auth files', group);
    const { location, cookies } = await pressConnect(linkIn(declined));
    await comeBack(await consent(location, { answer: 'decline' }), cookies);
    await untilSees(ana, 'you declined the request', group);

    const asked = await askedFor(ana, '/mcp auth files', group);
    const elsewhere = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(elsewhere.location))).text);
    await untilSees(ana, 'one step left', group);
    await answerTo(ana, `/mcp confirm ${wrong(digits)}`, group);
    await answerTo(ana, `/mcp confirm ${digits}`, group);
    await untilSees(ana, 'files connected', group);

    await answerTo(ana, '/mcp logout files', group);
    await ana.press('Sign out', group);
    await untilSees(ana, 'Signed out of files', group);
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
    expect(ben.sees()).toBe('');
  });

  it('in “Working…”, which comes while a server takes its time, and in what takes its place', async () => {
    const { api, ana, ben, group } = await team();
    await telegram.gateway(api, {
      ...onlyFor(ana, ben),
      mcp_servers: { slow: { url: `${api.root}/nothing`, auth: 'oauth' } },
    });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    api.fail('sendMessage', { delayMs: 1_500 });
    await answerTo(ana, '/mcp test slow', group);
    await untilSees(ana, /slow/, group);
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
  });

  it('when something goes wrong in the gateway itself: the apology is hers alone', async () => {
    const { api, ana, ben, group } = await team();
    const gateway = await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    await answerTo(ana, '/mcp auth files', group);
    const restore = await breakStore(gateway.stateFolder);
    await answerTo(ana, '/mcp auth files', group);
    await untilSees(ana, 'cannot reach its storage', group);
    await restore();
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
  });

  it.each([
    ['an old app, in a basic group', { client: 'old', kind: 'group' }],
    ['an old app, in a supergroup', { client: 'old' }],
    ['an old app, where the bot is an administrator', { client: 'old', bot: 'admin' }],
  ] as const)('%s: the answer and its link come to the private chat', async (_app, circumstances) => {
    const { api, ana, ben, group } = await team(circumstances);
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await ana.type('/mcp auth files', { chat: group });
    await untilSees(ana, 'sign in at');
    await signIn(linkIn(newest(ana)));
    await untilSees(ana, 'files connected');
    expect(publicCalls(api)).toEqual([]);
    expect(ben.messages(group).filter(({ from }) => from === 'bot')).toEqual([]);
  });

  it('an old app of somebody who never started the bot: one note that says nothing, whose link is for them alone', async () => {
    const { api, ana, ben, group } = await team({ client: 'old', started: false });
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await ana.type('/mcp auth files', { chat: group });
    await untilSees(ben, NOTE, group);
    expectOnlyNotes(api, group, ben);
    const note = linkIn(newest(ben, group));
    await ben.openLink(note);
    await untilSees(ben, 'This link was made for somebody else');
    expect(ben.sees()).not.toMatch(/files|sign in at/);
    await ana.openLink(note);
    await untilSees(ana, 'sign in at');
    // Used once: the second tap is `/mcp`, and the sign-in goes on.
    const link = linkIn(newest(ana));
    await ana.openLink(note);
    await untilSees(ana, 'MCP servers');
    await signIn(link);
    await untilSees(ana, 'files connected');
    expectOnlyNotes(api, group, ben);
  });

  it('in a topic, and in another one, and outside of them', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { username: 'ben' });
    const forum = api.group('Forum', [ana, ben], { topics: ['Tools', 'Talk'] });
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    for (const topic of ['Tools', 'Talk']) await ana.type('/mcp auth files', { chat: forum, topic });
    await expect.poll(() => ana.messages(forum).filter(({ from }) => from === 'bot').length).toBe(2);
    forum.removeTopic('Talk');
    await ana.type('/mcp', { chat: forum, topic: 'Tools' });
    await untilSees(ana, 'MCP servers', forum);
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(forum)).toBe('');
  });

  it('while the group becomes a supergroup in the middle of a sign-in', async () => {
    const { api, ana, ben, group } = await team({ kind: 'group' });
    const gateway = await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const asked = await askedFor(ana, '/mcp auth files', group);
    const supergroup = api.upgrade(group);
    await signIn(linkIn(asked));
    await expect.poll(() => ana.sees() + ana.sees(supergroup)).toMatch(/files connected/);
    await answerTo(ana, '/mcp auth notes', supergroup);
    expect(gateway.log.join('')).not.toContain('was not understood');
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(supergroup)).toBe('');
  });

  it('without a public URL: the question for a key, the key and what came of it are in the private chat', async () => {
    const { api, ana, ben, group } = await team();
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...NO_PUBLIC_URL, ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    await answerTo(ana, '/mcp auth notes', group);
    await ana.press('Add key', group);
    await untilSees(ana, 'Send me NOTES_KEY');
    await ana.type(GOOD_KEY);
    await untilSees(ana, 'notes connected', group);
    expect(ana.sees()).not.toContain(GOOD_KEY);
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
  });

  it('a key that is sent as a reply in the group is not used, taken away, and the warning is in the private chat', async () => {
    const { api, ana, ben, group } = await team({ bot: 'admin', client: 'old', started: false });
    const notes = await telegram.keyServer(GOOD_KEY);
    await telegram.gateway(api, {
      ...onlyFor(ana, ben),
      ...NO_PUBLIC_URL,
      mcp_servers: { notes: configuredKey(notes) },
    });
    await ana.type('/mcp auth notes', { chat: group });
    await untilSees(ana, NOTE, group);
    const note = newest(ana, group);
    await ana.openLink(linkIn(note));
    await untilSees(ana, 'Add key');
    await ana.press('Add key');
    await untilSees(ana, 'Send me NOTES_KEY');
    await ana.type(GOOD_KEY, { chat: group, replyTo: note });
    await untilSees(ana, 'where others may have read it');
    await quiet(ben);
    expect(ben.sees(group)).not.toContain(GOOD_KEY);
    expect(notes.shown).toEqual([]);
    expectOnlyNotes(api, group, ben);
  });
});

const REFUSALS: readonly (readonly [string, Failure])[] = [
  ...[
    'MESSAGE_NOT_COMMAND',
    'MESSAGE_ID_INVALID',
    'BOT_NOT_ADMIN',
    'USER_NOT_PARTICIPANT',
    'query is too old and response timeout expired or query ID is invalid',
    'ephemeral messages can be sent only to groups and supergroups',
    'message thread not found',
    'TOPIC_CLOSED',
    'not enough rights to send text messages to the chat',
    'chat not found',
    'CHAT_WRITE_FORBIDDEN',
    'can’t parse ephemeral message parameters',
    'something that nobody has seen yet',
  ].map((why) => [`400 ${why}`, { errorCode: 400, description: `Bad Request: ${why}` }] as const),
  ['403 kicked', { errorCode: 403, description: 'Forbidden: bot was kicked from the supergroup chat' }],
  ['403 of another kind', { errorCode: 403, description: 'Forbidden: no' }],
  ['500', { errorCode: 500, description: 'Internal Server Error' }],
  ['a dropped connection', 'drop-before'],
  ['a lost answer', 'drop-after'],
];

describe('threat 10: whatever Telegram says to an ephemeral message, nothing goes out for all to see', () => {
  const heard = ({ ana, group }: Team): number =>
    [...ana.messages(), ...ana.messages(group)].filter(({ from }) => from === 'bot').length;

  it.each(REFUSALS.flatMap(([why, how]) => (['member', 'admin'] as const).map((bot) => ({ why, how, bot }))))(
    '$why, where the bot is $bot',
    async ({ how, bot }) => {
      const people = await team({ bot });
      const { api, ana, ben, group } = people;
      await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
      await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
      api.fail(
        'sendMessage',
        how,
        typeof how === 'object' && 'errorCode' in how && how.errorCode < 500 ? 2 : 1,
      );
      await ana.type('/mcp auth files', { chat: group });
      await expect.poll(() => heard(people)).toBeGreaterThan(0);
      await quiet(ben);
      expectOnlyNotes(api, group, ben);
    },
  );

  it('an edit that Telegram refuses in every way ends in the private chat, not in the group', async () => {
    const { api, ana, ben, group } = await team();
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    for (const why of ['message to edit not found', "message can't be edited", 'BOT_NOT_ADMIN', 'no']) {
      const asked = await askedFor(ana, '/mcp auth files', group);
      api.fail('editEphemeralMessageText', { errorCode: 400, description: `Bad Request: ${why}` }, 1);
      await signIn(linkIn(asked));
      await expect.poll(() => ana.sees() + ana.sees(group)).toMatch(/files connected/);
      await answerTo(ana, '/mcp logout files yes', group);
    }
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
  });

  it('a Bot API server too old for our ephemeral messages, which posts them for all: it is given none to post', async () => {
    const { api, ana, ben, group } = await team({ bot: 'admin', isOld: true });
    await telegram.gateway(api, { ...onlyFor(ana, ben), ...(await servers()) });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    await ana.type('/mcp auth files', { chat: group });
    await untilSees(ana, 'sign in at');
    await ana.type('/mcp auth files', { chat: group });
    await expect.poll(() => ana.messages().filter(({ from }) => from === 'bot').length).toBe(2);
    expect(ben.sees(group)).toBe('');
    const posted = api.callsOf('sendMessage').filter((call) => call.status === 200);
    expect(
      posted.map(({ payload }) => [payload.chat_id === ana.id, payload.text === '<i>Working…</i>']),
    ).toEqual([
      [false, true],
      [true, false],
      [true, false],
    ]);
  });
});
