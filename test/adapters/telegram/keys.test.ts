import { beforeEach, describe, expect, it } from 'vitest';
import type { Action, Field, Invocation, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import type { BotStanding, ShownMessage, TelegramPerson } from '../../helpers/telegram/face.js';
import { commands, heard, lastHeard, listed, quiet, type Stage, seen, slow, useStages } from './stage.js';

const open = useStages();

const KEY = 'wk_live_4f9a8b7c6d5e4f3a2b1c';
const SECOND = 'wk_test_0a1b2c3d4e5f6a7b8c9d';
const NOT_DELETED = /I could not delete your message with the key\. .*replace the key at its provider/;
const IN_GROUP = /You sent a key where others may have read it\. .*I did not use it\. Replace it/;
const SEEN = /^A message here held what looks like a key, and others may have read it\. I did not use it\./;
const DELETED = /I deleted it/;
const LEFT = /I may not delete it here: delete it yourself/;

const field = (name: string, rest: Partial<Field> = {}): Field => ({
  name,
  label: name,
  secret: true,
  ...rest,
});

function form(fields: readonly Field[], words: readonly string[] = ['auth', 'weather']): Reply {
  const action: Action = { kind: 'form', label: 'Add key', title: 'Key for weather', words, fields };
  return reply('', { lines: [{ mark: 'attention', cells: ['weather', 'key needed'], action }] });
}

const ONE = form([field('WEATHER_KEY')]);
const TWO = form([field('CLIENT_ID', { secret: false }), field('CLIENT_SECRET')]);
const CONNECTED = reply('', { lines: [{ mark: 'ok', cells: ['weather connected · key …2b1c'] }] });

let stage: Stage;
beforeEach(async () => {
  stage = await open({ adapter: { reachable: false } });
  stage.answer = (invocation) => stage.say(invocation, invocation.fields === undefined ? ONE : CONNECTED);
});

/** The question that is on show in the private chat. */
async function question(person: TelegramPerson = stage.ana): Promise<ShownMessage> {
  const asking = () => person.messages().filter(({ forceReply }) => forceReply === true);
  await expect.poll(asking).toHaveLength(1);
  const [found] = asking();
  if (found === undefined) throw new Error('Nothing was asked.');
  return found;
}

async function asked(shown: Reply = ONE): Promise<ShownMessage> {
  stage.answer = (invocation) => stage.say(invocation, invocation.fields === undefined ? shown : CONNECTED);
  await stage.ana.type('/mcp auth weather');
  await lastHeard(stage.ana);
  await stage.ana.press('Add key');
  return question();
}

const personOf = ({ id, name }: TelegramPerson) => ({ id, is_bot: false, first_name: name });
const chatOf = ({ id, name }: TelegramPerson) => ({ id, type: 'private', first_name: name });

const given = (): readonly Invocation[] =>
  stage.gateway.invocations.filter(({ fields }) => fields !== undefined);

describe('a key asked for in the private chat', () => {
  it('is asked for by its name, as a reply', async () => {
    const { text, forceReply, linkPreview } = await asked();
    expect(text).toBe(
      'Key for weather\nSend me WEATHER_KEY as your next message. I delete it as soon as it is here.',
    );
    expect([forceReply, linkPreview]).toEqual([true, false]);
  });

  it('is gone from the chat, and its question too, before the command begins', async () => {
    await asked();
    const { answer } = stage;
    const before: string[] = [];
    stage.answer = (invocation) => {
      before.push(seen(stage.ana));
      return answer(invocation);
    };
    await stage.ana.type(KEY);
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
    expect(before).toHaveLength(1);
    expect(before[0]).not.toContain(KEY);
    expect(before[0]).not.toContain('Send me');
    expect(given()).toMatchObject([{ words: ['auth', 'weather'], fields: { WEATHER_KEY: KEY } }]);
  });

  it('comes as the form on its message: the outcome stands in its place', async () => {
    await asked();
    await stage.ana.type(`  ${KEY}\n`);
    await expect
      .poll(() => heard(stage.ana))
      .toMatchObject([{ text: '✓ weather connected · key …2b1c', edited: true }]);
    expect(given()[0]?.fields).toEqual({ WEATHER_KEY: KEY });
  });

  it('of several fields is asked for one after another', async () => {
    expect((await asked(TWO)).text).toMatch(/Send me CLIENT_ID as your next message\.$/);
    await stage.ana.type('acme');
    await expect.poll(() => seen(stage.ana)).toContain('Send me CLIENT_SECRET');
    await question();
    expect(given()).toEqual([]);
    await stage.ana.type(SECOND);
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
    expect(given()).toMatchObject([{ fields: { CLIENT_ID: 'acme', CLIENT_SECRET: SECOND } }]);
    expect(seen(stage.ana)).not.toContain(SECOND);
    expect(seen(stage.ana)).not.toContain('Send me');
    expect(seen(stage.ana)).toContain('Ana: acme');
  });

  it('is markup to nobody: labels and titles are text', async () => {
    const hostile = form([field('KEY', { label: '<b>KEY</b> & more', hint: `${'x'.repeat(63)}🙂` })]);
    expect((await asked(hostile)).text).toContain('Send me <b>KEY</b> & more as your next message.');
  });

  it('is asked for once, however often its button is pressed, and the latest question counts', async () => {
    await asked();
    await Promise.all([stage.ana.press('Add key'), stage.ana.press('Add key')]);
    await quiet(stage);
    await question();
    await stage.ana.type(KEY);
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
    expect(seen(stage.ana)).not.toContain('Send me');
    expect(given()).toHaveLength(1);
  });

  it('is nothing that is typed as a command meanwhile', async () => {
    await asked();
    await stage.ana.type('/mcp status');
    await expect.poll(() => commands(stage)).toContainEqual(['status']);
    expect(given()).toEqual([]);
    await question();
    await stage.ana.type(KEY);
    await expect.poll(() => given().length).toBe(1);
  });

  it.each(['/4f9a8b7c6d5e4f3a2b1c', '/Ab12cD34eF56gH78iJ90kL12mN34pQ56'])(
    'may look like a command: %s',
    async (key) => {
      await asked();
      await stage.ana.type(key);
      await expect.poll(() => seen(stage.ana)).toContain('weather connected');
      expect(seen(stage.ana)).not.toContain(key);
      expect(given()).toMatchObject([{ fields: { WEATHER_KEY: key } }]);
      await stage.ana.type(key);
      await expect.poll(() => seen(stage.ana)).toContain('I did not ask for one. I deleted your message');
      expect(seen(stage.ana)).not.toContain(key);
    },
  );

  it('that is forwarded is deleted and not used: its sender is told to paste it, and the question stays', async () => {
    const { ana, ben } = stage;
    await ana.type(`key: ${KEY}`, { forwardedFrom: ben });
    await asked();
    await ana.type('what a lovely day', { forwardedFrom: ben });
    await ana.type(`/mcp auth weather ${KEY}`, { forwardedFrom: ben });
    await ana.type(SECOND, { forwardedFrom: ana });
    await expect.poll(() => seen(ana)).toContain('I deleted the one that you forwarded and did not use it');
    expect(seen(ana)).not.toContain(SECOND);
    expect(seen(ana)).toContain('what a lovely day');
    expect(given()).toEqual([]);
    await question();
    await ana.type(KEY);
    await expect.poll(() => given().map(({ fields }) => fields)).toEqual([{ WEATHER_KEY: KEY }]);
  });

  it('is nothing that is typed as another bot’s command, or as a short one', async () => {
    await asked();
    for (const text of ['/weather2', '/list_of_20_things_in_2026@other_bot']) await stage.ana.type(text);
    await expect
      .poll(() => heard(stage.ana).filter(({ text }) => text.startsWith('I understand /mcp')))
      .toHaveLength(2);
    expect(given()).toEqual([]);
    await question();
  });

  it('is nothing that replies to something else, and nothing is used that looks like one', async () => {
    const { ana } = stage;
    await ana.type('hello');
    const other = await lastHeard(ana);
    await asked();
    await ana.type('thanks!', { replyTo: other });
    await expect.poll(() => seen(ana).split('I understand /mcp').length).toBe(3);
    expect(seen(ana)).toContain('Ana: thanks!');
    await ana.type(SECOND, { replyTo: other });
    await expect.poll(() => seen(ana)).toContain('I deleted the one that replied to something else');
    expect(seen(ana)).not.toContain(SECOND);
    expect(given()).toEqual([]);
    await question();
    const [form] = heard(ana).filter(({ buttons }) =>
      buttons.flat().some(({ label }) => label === 'Add key'),
    );
    await ana.type('short-key', form === undefined ? {} : { replyTo: form });
    await expect.poll(() => given().map(({ fields }) => fields)).toEqual([{ WEATHER_KEY: 'short-key' }]);
  });

  it.each<[string, object]>([
    ['a document', { document: { file_id: 'f', file_unique_id: 'u', file_name: 'credentials.json' } }],
    ['a caption', { photo: [], caption: 'short-key' }],
  ])('is not taken as %s, which is deleted: the question stays', async (_, content) => {
    const { api, ana } = stage;
    const message = { message_id: 900_001, date: 1_790_000_000, from: personOf(ana), chat: chatOf(ana) };
    api.push({ message: { ...message, ...content } });
    await quiet(stage);
    await asked();
    expect(api.callsOf('deleteMessage')).toEqual([]);
    api.push({ message: { ...message, ...content } });
    await expect.poll(() => seen(ana)).toContain('I take a key only as text. I deleted what you sent');
    expect(api.callsOf('deleteMessage').map(({ payload }) => payload.message_id)).toEqual([900_001]);
    expect(given()).toEqual([]);
    await question();
    await ana.type(KEY);
    await expect.poll(() => given().map(({ fields }) => fields)).toEqual([{ WEATHER_KEY: KEY }]);
  });

  it.each([
    ['/mcp cancel', true],
    ['/mcp CANCEL Weather', true],
    ['/mcp cancel another', false],
  ])('is asked no more after %s: %s', async (command, over) => {
    const { ana, gateway } = stage;
    await asked();
    await ana.type(command);
    await expect.poll(() => gateway.invocations.at(-1)?.words[0]).toMatch(/^cancel$/i);
    expect(gateway.invocations.at(-1)?.withdrawn).toBe(over ? true : undefined);
    expect(seen(ana).includes('Send me')).toBe(!over);
    await ana.type('not-now');
    await expect.poll(() => seen(ana)).toContain(over ? 'I understand /mcp' : 'weather connected');
    expect(given()).toHaveLength(over ? 0 : 1);
    expect(seen(ana).includes('Ana: not-now')).toBe(over);
  });

  it('is nothing that somebody else says', async () => {
    await asked();
    await stage.ben.type('my-own-words');
    await expect.poll(() => seen(stage.ben)).toContain('I understand /mcp and what follows it.');
    expect(given()).toEqual([]);
    await question();
  });

  it('survives a restart', async () => {
    await asked();
    await stage.restart();
    await stage.ana.type(KEY);
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
    expect(seen(stage.ana)).not.toContain(KEY);
    expect(seen(stage.ana)).not.toContain('Send me');
    expect(given()).toHaveLength(1);
  });

  it('survives a restart between two fields', async () => {
    await asked(TWO);
    await stage.ana.type('acme');
    await expect.poll(() => seen(stage.ana)).toContain('Send me CLIENT_SECRET');
    await stage.restart();
    await stage.ana.type(SECOND);
    await expect
      .poll(() => given().map(({ fields }) => fields))
      .toEqual([{ CLIENT_ID: 'acme', CLIENT_SECRET: SECOND }]);
  });

  it('given before it is written down which message asked is taken, and the question goes', async () => {
    const { ana, memory } = stage;
    await ana.type('/mcp auth weather');
    await lastHeard(ana);
    memory.writesTakeMs = 500;
    await ana.press('Add key');
    await question();
    await ana.type(KEY);
    await expect.poll(() => seen(ana)).not.toContain(KEY);
    await expect.poll(() => seen(ana)).toContain('weather connected');
    expect(seen(ana)).not.toContain('Send me');
    expect(given()).toHaveLength(1);
  });

  it('shows that the bot is at work while it is checked', async () => {
    await asked();
    const finish = slow(stage);
    await stage.ana.type(KEY);
    await expect.poll(() => heard(stage.ana).flatMap(({ buttons }) => buttons)).toEqual([]);
    expect(given()).toHaveLength(1);
    finish();
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
  });

  it('is never logged', async () => {
    await asked();
    await stage.ana.type(KEY);
    await expect.poll(() => seen(stage.ana)).toContain('weather connected');
    await stage.stop();
    expect(stage.log.join('\n')).not.toContain(KEY);
  });
});

it('digits asked for are no secret: they stay, and are given', async () => {
  const { ana } = stage;
  const code = form([field('digits', { label: 'Six digits', secret: false, hint: '482 913' })], ['confirm']);
  const { text } = await asked(code);
  expect(text).toMatch(/Send me Six digits as your next message\.$/);
  await ana.type('482 913');
  await expect.poll(() => given()).toMatchObject([{ words: ['confirm'], fields: { digits: '482 913' } }]);
  await expect.poll(() => seen(ana)).not.toContain('Send me');
  expect(seen(ana)).toContain('Ana: 482 913');
});

describe('a key whose message cannot be deleted', () => {
  it('is used all the same, with a warning to replace it', async () => {
    const { api, ana } = stage;
    await asked();
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" });
    await ana.type(KEY);
    await expect.poll(() => seen(ana)).toContain('weather connected');
    expect(seen(ana)).toMatch(NOT_DELETED);
    expect(seen(ana)).not.toContain('I did not use it');
    expect(given()).toMatchObject([{ fields: { WEATHER_KEY: KEY } }]);
  });

  it.each([
    ['comes too late', 10 * 60_000 + 1, (replyTo: ShownMessage) => ({ replyTo })],
    ['was not asked for', 10 * 60_000 + 1, () => ({})],
    ['was forwarded', 0, () => ({ forwardedFrom: stage.ben })],
  ])('and that %s is not used, and its sender told both', async (_, lateByMs, how) => {
    const { api, ana, clock } = stage;
    const replyTo = await asked();
    clock.advance(lateByMs);
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" });
    await ana.type(KEY, how(replyTo));
    await expect.poll(() => seen(ana)).toMatch(NOT_DELETED);
    expect(seen(ana)).toMatch(/with the key\. I did not use it\./);
    expect(given()).toEqual([]);
  });

  it('because it is gone already is no reason to warn', async () => {
    const { api, ana } = stage;
    await asked();
    api.fail('deleteMessage', { delayMs: 200 });
    await ana.type(KEY);
    for (const message of ana.messages()) if (message.text === KEY) ana.erase(message);
    await expect.poll(() => seen(ana)).toContain('weather connected');
    expect(api.callsOf('deleteMessage').map(({ status }) => status)).toContain(400);
    expect(seen(ana)).not.toMatch(NOT_DELETED);
  });

  it('is used even if the warning cannot be sent', async () => {
    const { api, ana } = stage;
    await asked();
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" }, 2);
    api.fail('sendMessage', { errorCode: 400, description: 'Bad Request: something else' });
    await ana.type(KEY);
    await expect.poll(() => given()).toHaveLength(1);
    await expect.poll(() => seen(ana)).toContain('weather connected');
  });
});

describe('a key that comes too late', () => {
  it('as a reply to its question is deleted, not used, and its sender told', async () => {
    const { ana, clock } = stage;
    const replyTo = await asked();
    clock.advance(10 * 60_000 + 1);
    await ana.type('short-key', { replyTo });
    await expect.poll(() => seen(ana)).toMatch(/That question is no longer open\. I deleted your answer/);
    expect(seen(ana)).not.toContain('short-key');
    expect(given()).toEqual([]);
  });

  it('is the next text as long as its question stands, which goes with it, and not the one after', async () => {
    const { ana, clock } = stage;
    await asked();
    clock.advance(10 * 60_000 + 1);
    await ana.type('short-key');
    await expect.poll(() => seen(ana)).toMatch(/That question is no longer open\. I deleted your answer/);
    expect(seen(ana)).not.toMatch(/short-key|Send me/);
    await ana.type('correct horse');
    await expect.poll(() => seen(ana)).toContain('I understand /mcp');
    expect(seen(ana)).toContain('Ana: correct horse');
    expect(given()).toEqual([]);
  });

  it('finds no question any more after a restart, and one that is open stays', async () => {
    const { ana, clock, memory } = stage;
    await asked();
    await stage.restart();
    await quiet(stage);
    await question();
    clock.advance(10 * 60_000 + 1);
    await stage.restart();
    await expect.poll(() => seen(ana)).not.toContain('Send me');
    await expect.poll(() => memory.names.join()).not.toContain('question/');
  });

  it('or was never asked for is deleted, not used, and its sender told', async () => {
    const { ana } = stage;
    await ana.type(KEY);
    await expect.poll(() => seen(ana)).toMatch(/looks like a key, and I did not ask for one\. I deleted/);
    expect(seen(ana)).not.toContain(KEY);
    expect(given()).toEqual([]);
  });
});

it('while the store is away a key is deleted, and its sender told to try again', async () => {
  const { ana, memory } = stage;
  await asked();
  memory.down = true;
  await ana.type(KEY);
  await expect.poll(() => seen(ana)).toContain('That did not work just now.');
  expect(seen(ana)).not.toContain(KEY);
  expect(given()).toEqual([]);
  memory.down = false;
  await ana.type(KEY);
  await expect.poll(() => seen(ana)).toContain('weather connected');
});

it('that could not be asked for, once its button was pressed, is said in the chat, and the button works again', async () => {
  const { api, ana, memory } = stage;
  stage.answer = (invocation) => stage.say(invocation, ONE);
  await ana.type('/mcp auth weather');
  await lastHeard(ana);
  memory.full = true;
  expect(await ana.press('Add key')).toMatchObject({ answered: true });
  await expect.poll(() => seen(ana)).toContain('That did not work just now.');
  expect(seen(ana)).not.toContain('Send me');
  expect(api.callsOf('answerCallbackQuery')).toHaveLength(1);
  memory.full = false;
  await ana.press('Add key');
  await question();
});

describe('a form in a group', () => {
  async function group(bot: BotStanding = 'member', ...others: readonly TelegramPerson[]) {
    const { api, ana, ben } = stage;
    const team = api.group('Team', [ana, ben, ...others], { kind: 'supergroup', bot });
    await listed(stage);
    return team;
  }

  it('is filled in in the private chat, and its outcome stands in both', async () => {
    const { ana, ben } = stage;
    const team = await group();
    await ana.type('/mcp auth weather', { chat: team });
    await lastHeard(ana, team);
    expect(await ana.press('Add key', team)).toMatchObject({
      alert: true,
      text: 'I ask you for that in our private chat.',
    });
    await question();
    await ana.type(KEY);
    await expect.poll(() => seen(ana, team)).toContain('weather connected');
    await expect
      .poll(() => heard(ana).map(({ text, buttons }) => [text, buttons]))
      .toEqual([['✓ weather connected · key …2b1c', []]]);
    expect(seen(ana)).not.toContain(KEY);
    expect(seen(ben, team)).toBe('');
  });

  it('keeps its buttons in the group: the private chat only says what came of it', async () => {
    const { ana } = stage;
    const team = await group();
    await ana.type('/mcp auth weather', { chat: team });
    await lastHeard(ana, team);
    await ana.press('Add key', team);
    await question();
    stage.answer = (invocation) => stage.say(invocation, ONE);
    await ana.type(KEY);
    await expect.poll(() => heard(ana).map(({ buttons }) => buttons)).toEqual([[]]);
    expect(heard(ana, team).flatMap(({ buttons }) => buttons.flat())).toMatchObject([{ label: 'Add key' }]);
  });

  it('is not filled in by what is said in the group: a key there is taken away, talk is left alone', async () => {
    const { ana, ben } = stage;
    const team = await group('admin');
    await ana.type('/mcp auth weather', { chat: team });
    await lastHeard(ana, team);
    await ana.press('Add key', team);
    await question();
    await ana.type('what a lovely day', { chat: team });
    await ana.type(KEY, { chat: team });
    await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
    expect(seen(ana)).toMatch(DELETED);
    expect(seen(ben, team)).toBe('Ana: what a lovely day');
    expect(given()).toEqual([]);
    await question();
  });

  it('is nobody else’s: who was asked for no key may say in the group what looks like one', async () => {
    const { ana, ben } = stage;
    const team = await group('admin');
    await asked();
    await ben.type(KEY, { chat: team });
    await ana.type('see https://example.com/a/long/address/2026', { chat: team });
    await quiet(stage);
    expect(seen(ana, team)).toBe(`Ben: ${KEY}\n\nAna: see https://example.com/a/long/address/2026`);
    expect(seen(ben)).not.toMatch(IN_GROUP);
    expect(seen(ana)).not.toMatch(IN_GROUP);
  });

  it.each([
    ['six digits', field('digits', { secret: false })],
    ['an address', field('address')],
  ])('may be said in the group, and sent on, by whoever was asked for %s', async (_what, wanted) => {
    const { ana, ben } = stage;
    const team = await group('admin');
    await asked(form([wanted], ['confirm']));
    await ana.type('it broke in 4f9a8b7c6d5e4f3a2b1c0d9e', { chat: team });
    await ana.type('it broke in 4f9a8b7c6d5e4f3a2b1c0d9e', { forwardedFrom: ben });
    await quiet(stage);
    expect(seen(ben, team)).toContain('it broke in 4f9a');
    expect(seen(ana)).toContain('it broke in 4f9a');
    expect(seen(ana)).not.toMatch(IN_GROUP);
  });

  it('that was asked for is taken out of the group while the store is away, too', async () => {
    const { ana, ben, memory } = stage;
    const team = await group('admin');
    await asked();
    memory.down = true;
    await ben.type(SECOND, { chat: team });
    await ana.type(`it is ${KEY}`, { chat: team });
    await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
    expect(seen(ben, team)).toBe(`Ben: ${SECOND}`);
    expect(given()).toEqual([]);
  });

  it('whose bot may not write first offers the private chat, to the one who pressed alone', async () => {
    const { api, ben } = stage;
    const nina = api.person('Nina', { started: false });
    const team = await group('member', nina);
    await nina.type('/mcp auth weather', { chat: team });
    await lastHeard(nina, team);
    await nina.press('Add key', team);
    await expect.poll(() => seen(nina, team)).toContain('I answer this only in private.');
    expect(seen(ben, team)).toBe('');
    await nina.press('Open our chat', team);
    await expect
      .poll(() => commands(stage))
      .toEqual([
        ['auth', 'weather'],
        ['auth', 'weather'],
      ]);
    await expect.poll(() => seen(nina)).toContain('[Add key]');
    await nina.press('Add key');
    await question(nina);
    await nina.type(KEY);
    await expect.poll(() => seen(nina)).toContain('weather connected');
    expect(seen(nina)).not.toContain(KEY);
  });
});

describe('a key pasted into a group as a reply to the bot', () => {
  /** The one plain message that a bot has in a group: the way into somebody's private chat. */
  async function pasted(bot: BotStanding, text: string) {
    const { api, ana, ben } = stage;
    const nina = api.person('Nina', { client: 'old', started: false });
    const team = api.group('Team', [ana, ben, nina], { kind: 'supergroup', bot });
    await listed(stage);
    await nina.type('/mcp', { chat: team });
    const note = await lastHeard(ana, team);
    await ana.type(text, { chat: team, replyTo: note });
    return { ...stage, team };
  }

  it.each([KEY, `the key is ${KEY}, thanks`])(
    'is deleted where the bot may, and its sender warned: %s',
    async (text) => {
      const { ana, ben, team } = await pasted('admin', text);
      await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
      expect(seen(ana)).toMatch(DELETED);
      expect(seen(ben, team)).not.toContain(KEY);
      expect(seen(ben, team)).not.toMatch(IN_GROUP);
      expect(seen(ben)).toBe('');
      expect(given()).toEqual([]);
    },
  );

  it.each(['member', 'admin-without-delete'] as const)(
    'is warned about by a bot that is %s too',
    async (bot) => {
      const { ana, ben, team } = await pasted(bot, KEY);
      await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
      expect(seen(ana)).toMatch(LEFT);
      expect(seen(ben, team)).toContain(KEY);
      expect(heard(ben, team)).toHaveLength(1);
      expect(given()).toEqual([]);
    },
  );

  it.each([
    ['is gone from', 'admin'],
    ['still stands in', 'member'],
  ] as const)('whose sender the bot may not write to first is warned of where it %s', async (_, bot) => {
    const { api, ana, ben } = stage;
    const nina = api.person('Nina', { client: 'old', started: false });
    const team = api.group('Team', [ana, ben, nina], { kind: 'supergroup', bot });
    await nina.type('/mcp', { chat: team });
    await nina.type(KEY, { chat: team, replyTo: await lastHeard(nina, team) });
    await expect.poll(() => heard(nina, team).at(-1)?.text).toMatch(SEEN);
    await nina.type(SECOND, { chat: team, replyTo: await lastHeard(nina, team) });
    await quiet(stage);
    expect(heard(ben, team).map(({ text }) => text)).toEqual([
      'I answer this only in private.',
      expect.stringMatching(SEEN),
    ]);
    expect(seen(ben, team).includes(KEY)).toBe(bot === 'member');
    await nina.press('Open our chat', team);
    await expect.poll(() => commands(stage)).toEqual([[], ['auth']]);
    expect(given()).toEqual([]);
  });

  it('is not the answer to the question that is open, and the question stays', async () => {
    const { ana } = stage;
    await asked();
    await pasted('admin', 'short-key');
    await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
    expect(given()).toEqual([]);
    await question();
    await ana.type(KEY);
    await expect.poll(() => given().map(({ fields }) => fields)).toEqual([{ WEATHER_KEY: KEY }]);
  });

  it('is never repeated to anybody, and never logged', async () => {
    const { ana, ben, team, log } = await pasted('admin', KEY);
    await expect.poll(() => seen(ana)).toMatch(IN_GROUP);
    await stage.stop();
    expect([seen(ana), seen(ana, team), seen(ben, team), log.join('\n')].join('\n')).not.toContain(KEY);
  });

  it('other talk is left alone: words, addresses, thanks', async () => {
    const { ben, team } = await pasted('admin', 'thanks, see https://example.com/a/long/address/2026');
    await ben.type('me too', { chat: team, replyTo: await lastHeard(ben, team) });
    await quiet(stage);
    expect(seen(ben, team)).toContain('https://example.com/a/long/address/2026');
    // The marker's answer, and nothing before it.
    await expect.poll(() => heard(ben)).toHaveLength(1);
    expect(seen(ben)).not.toMatch(/looks like a key|sent a key/);
    expect(heard(stage.ana)).toEqual([]);
  });
});

it('a key in reply to an ephemeral message, which only the bot sees, is warned of in the group, to its sender alone', async () => {
  const { api, ana, ben } = stage;
  const team = api.group('Team', [ana, ben], { kind: 'supergroup' });
  await listed(stage);
  await ana.type('/mcp auth weather', { chat: team });
  const replyTo = await lastHeard(ana, team);
  await ana.type(KEY, { chat: team, replyTo });
  await expect.poll(() => seen(ana, team)).toContain('Nobody but me saw it, and I did not use it.');
  expect(seen(ben, team)).toBe('');
  expect(given()).toEqual([]);
});
