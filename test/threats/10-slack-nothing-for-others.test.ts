import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { ChannelOptions, Failure, SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import type { Slack } from '../helpers/slack/slack.js';
import { digitsOn, wrong } from './pages.js';
import { breakStore } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  expectSilenceFor,
  heard,
  linkIn,
  NOTE,
  onlyFor,
  publicCalls,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
const GOOD_KEY = 'key-0123456789abcdef';

interface Team {
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly ana: SlackPerson;
  /** Looks on. */
  readonly ben: SlackPerson;
  readonly here: Where;
}

async function team(options: ChannelOptions = {}): Promise<Team> {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
  return { slack, acme, ana, ben, here: { channel: acme.channel('team', [ana, ben], options) } };
}

async function servers() {
  const notes = await slacks.keyServer(GOOD_KEY);
  return {
    mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
  };
}

/** A thread that Ben opened. */
async function threadOf({ ben, here }: Team): Promise<Where> {
  const typed = await ben.types('Which servers do we have?', here);
  if (typed.kind !== 'message') throw new Error('Ben said nothing');
  return { ...here, thread: typed.message };
}

/** The gateway has nothing more to do for what was typed so far: a command of Ben’s own has come through. */
async function quiet(ben: SlackPerson): Promise<void> {
  await answerTo(ben, '/mcp help');
}

/** Everything a person can be told, in one place. */
async function wholeTalk({ ana }: Team, where: Where, say: (words: string) => string): Promise<void> {
  const typed = [
    ...['', 'status files', 'help', 'tools files', 'test files', 'users', 'reload', 'logout files', 'cancel'],
    ...['confirm 000000', 'confirm nonsense', 'statsu', 'auth filez', 'logout', 'tools files 99'],
    ...['auth notes sk-live-7f3a9c1e5b2d8f406a', 'auth notes'],
  ];
  for (const words of typed) await answerTo(ana, say(words), where);
  await ana.fills('Add key', { NOTES_KEY: GOOD_KEY }, where);
  await untilSees(ana, 'notes connected', where);

  const declined = await askedFor(ana, say('auth files'), where);
  await ana.presses('Sign in', where);
  const there = await pressConnect(linkIn(declined));
  await comeBack(await consent(there.location, { answer: 'decline' }), there.cookies);
  await untilSees(ana, 'you declined the request', where);

  const asked = await askedFor(ana, say('auth files'), where);
  const elsewhere = await pressConnect(linkIn(asked));
  const digits = digitsOn((await comeBack(await consent(elsewhere.location))).text);
  await untilSees(ana, 'one step left');
  await answerTo(ana, say(`confirm ${wrong(digits)}`), where);
  await answerTo(ana, say(`confirm ${digits}`), where);
  await untilSees(ana, 'files connected');
  await answerTo(ana, say('logout files'), where);
  await ana.presses('Sign out', where);
  await untilSees(ana, 'Signed out of files', where);
}

describe('threat 10: nothing of what is for Ana is ever seen by the others of a channel', () => {
  it('by the command: lists, links, questions, slips, refusals, forms, a code that is waited for, outcomes', async () => {
    const people = await team();
    await slacks.gateway(people.slack, [people.acme], {
      ...onlyFor(people.ana, people.ben),
      ...(await servers()),
    });
    await wholeTalk(people, people.here, (words) => `/mcp ${words}`);
    expect(publicCalls(people.slack)).toEqual([]);
    expect(people.ben.seesAnywhere()).toBe('');
  });

  it('by mentions in a thread', async () => {
    const people = await team();
    await slacks.gateway(people.slack, [people.acme], {
      ...onlyFor(people.ana, people.ben),
      ...(await servers()),
    });
    const thread = await threadOf(people);
    await wholeTalk(people, thread, (words) => `@acmemcp mcp ${words}`);
    expect(publicCalls(people.slack)).toEqual([]);
    expectSilenceFor(people.ben);
  });

  it('when something goes wrong in the gateway itself: the apology is hers alone', async () => {
    const { slack, acme, ana, ben, here } = await team();
    const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    await answerTo(ana, '/mcp auth files', here);
    const restore = await breakStore(gateway.stateFolder);
    await answerTo(ana, '/mcp auth files', here);
    await untilSees(ana, 'cannot reach its storage', here);
    await answerTo(ana, '@acmemcp mcp auth files', here);
    await restore();
    expect(publicCalls(slack)).toEqual([]);
    expectSilenceFor(ben);
  });

  it('in a form: what is typed into it is in nobody’s chat, and the key in no call to Slack', async () => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    await answerTo(ana, '/mcp auth notes', here);
    expect(await ana.fills('Add key', { NOTES_KEY: 'sk-live-0000bad0key00nope9' }, here)).toEqual({
      kind: 'closed',
    });
    await untilSees(ana, 'did not accept this key', here);
    await ana.fills('Try again', { NOTES_KEY: GOOD_KEY }, here);
    await untilSees(ana, 'notes connected', here);
    expect(ana.seesAnywhere() + JSON.stringify(slack.calls)).not.toMatch(/key-0123456789|sk-live-0000/);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('a link that a colleague of hers is shown by an app of their own is not found in what Slack can tell it', async () => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    const asked = await askedFor(ana, '/mcp auth files', here);
    await ana.types('/mcp auth files');
    await untilSees(ana, 'sign in at', {});
    const told = JSON.stringify(
      slack.deliveries.filter(({ payload }) => !JSON.stringify(payload).includes(ana.id)),
    );
    expect(told).not.toContain(linkIn(asked));
  });
});

const REFUSALS: readonly (readonly [string, Failure])[] = [
  ...['user_not_in_channel', 'not_in_channel', 'channel_not_found', 'is_archived', 'restricted_action'].map(
    (error) => [error, { error }] as const,
  ),
  ...['messages_tab_disabled', 'missing_scope', 'something_new'].map((error) => [error, { error }] as const),
  ['404 at a used URL', { status: 404, body: '{"ok":false,"error":"used_url"}' }],
  ['500', { status: 500 }],
  ['a dropped connection', 'drop-before'],
  ['a lost answer', 'drop-after'],
];

describe('threat 10: whatever Slack says to a private answer, nothing goes out for all to see', () => {
  it.each(REFUSALS)('%s at the response_url', async (_why, how) => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    slack.fail('response_url', how);
    await ana.types('/mcp auth files', here);
    await untilSees(ana, /sign in at/);
    await quiet(ben);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).not.toMatch(/sign in at|connect\//);
  });

  it.each(REFUSALS)('%s at an ephemeral message', async (_why, how) => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    slack.fail('chat.postEphemeral', how);
    await ana.types('@acmemcp mcp auth files', here);
    await untilSees(ana, /sign in at/);
    await quiet(ben);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).not.toMatch(/sign in at|connect\//);
  });

  it('no private way at all, to a mention: one sentence that says nothing, however often, and no sign-in is left open', async () => {
    const people = await team();
    const { slack, acme, ana, ben, here } = people;
    const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' }, 1_000);
    slack.fail('conversations.open', { error: 'cannot_dm_bot' }, 1_000);
    for (let again = 0; again < 5; again += 1) await ana.types('@acmemcp mcp auth files', here);
    await untilSees(ben, NOTE, here);
    await expect.poll(async () => await (await gateway.store()).records('pending').keys()).toEqual([]);
    expect(heard(ben, here).map(({ text }) => text)).toEqual([NOTE]);
    expect(publicCalls(slack).map(({ params }) => params.text)).toEqual([NOTE]);
  });

  it('no private way at all, to a command: nothing but silence for the others', async () => {
    const { slack, acme, ana, ben, here } = await team();
    const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    slack.fail('response_url', { status: 404 }, 1_000);
    slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' }, 1_000);
    slack.fail('conversations.open', { error: 'cannot_dm_bot' }, 1_000);
    await ana.types('/mcp auth files', here);
    await expect.poll(() => slack.callsOf('conversations.open').length).toBeGreaterThan(0);
    await expect.poll(async () => await (await gateway.store()).records('pending').keys()).toEqual([]);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('an edit that Slack refuses in every way ends in the private chat, not in the channel', async () => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    for (const how of [
      { status: 404 },
      { error: 'message_not_found' },
      { status: 400, body: 'no' },
    ] as const) {
      const asked = await askedFor(ana, '/mcp auth files', here);
      await ana.presses('Sign in', here);
      slack.fail('response_url', how, 3);
      const before = ana.seesAnywhere().split('files connected').length;
      await signIn(linkIn(asked));
      await expect.poll(() => ana.seesAnywhere().split('files connected').length).toBe(before + 1);
      await ana.types('/mcp logout files yes');
      await untilSees(ana, 'Signed out', {});
    }
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('an event that calls a channel a DM is answered by nothing that the channel sees', async () => {
    const { slack, acme, ana, ben, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana, ben), ...(await servers()) });
    await ana.types('mcp help');
    await untilSees(ana, 'What you can do');
    const [genuine] = slack.deliveries.filter(({ kind }) => kind === 'events_api');
    if (genuine === undefined) throw new Error('nothing came');
    const event = genuine.payload.event as object;
    for (const [at, channel] of [here.channel?.id, ben.id, 'C0NOTHERE'].entries())
      for (const text of ['mcp help', 'hello'])
        await slack.redeliver({
          ...genuine,
          payload: {
            ...genuine.payload,
            event: { ...event, channel, text, ts: `${at + 1}.00000${text.length}` },
          },
        });
    for (let more = 0; more < 3; more += 1) await answerTo(ana, '/mcp help', here);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });
});
