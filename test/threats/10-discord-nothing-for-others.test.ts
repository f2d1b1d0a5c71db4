import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { Discord, DiscordChannel, DiscordPerson, Failure } from '../helpers/discord/face.js';
import type { KeyServer } from '../helpers/key-server.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  calm,
  configuredKey,
  heard,
  linkIn,
  NOTE,
  onlyFor,
  plain,
  publicCalls,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { digitsOn, wrong } from './pages.js';
import { breakStore } from './records.js';
import { useSlowServers } from './slow-server.js';

const threats = useDiscord();
const slowServer = useSlowServers();
const GOOD_KEY = 'key-0123456789abcdef';
const BAD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';

interface Team {
  readonly discord: Discord;
  readonly ana: DiscordPerson;
  /** Looks on. */
  readonly ben: DiscordPerson;
  readonly general: DiscordChannel;
}

async function team(dms: 'open' | 'closed' = 'open'): Promise<Team> {
  const discord = await threats.platform();
  const [ana, ben] = [discord.person('Ana', { dms }), discord.person('Ben')];
  return { discord, ana, ben, general: discord.guild('Acme', [ana, ben]).channel('general') };
}

const servers = (notes: KeyServer) => ({
  mcp_servers: { files: { url: threats.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
});

describe('threat 10: nothing of what is for Ana is ever seen by the others of a channel', () => {
  it('in any answer: lists, links, forms, slips, refusals, a code that is waited for, outcomes', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team();
    await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
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
      `auth notes ${BAD_KEY}`,
      'logout',
      'tools files 99',
      'auth notes',
    ];
    for (const words of typed) await answerTo(ana, words, general);
    await ana.fills('Add key', { NOTES_KEY: BAD_KEY }, general);
    await untilSees(ana, 'did not accept this key', general);
    await ana.fills('Try again', { NOTES_KEY: GOOD_KEY }, general);
    await untilSees(ana, 'notes connected', general);

    const declined = await askedFor(ana, 'auth files', general);
    const { location, cookies } = await pressConnect(linkIn(declined));
    await comeBack(await consent(location, { answer: 'decline' }), cookies);
    await untilSees(ana, 'you declined the request', general);

    const asked = await askedFor(ana, 'auth files', general);
    const elsewhere = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(elsewhere.location))).text);
    await untilSees(ana, 'one step left', general);
    await answerTo(ana, `confirm ${wrong(digits)}`, general);
    await ana.fills('Enter code', { 'Six digits': digits }, general);
    await untilSees(ana, 'files connected', general);

    await answerTo(ana, 'logout files', general);
    await ana.presses('Sign out', general);
    await untilSees(ana, 'Signed out of files', general);
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general) + ben.sees() + ana.sees()).toBe('');
    expect(ana.sees(general)).not.toMatch(/sk-live|0123456789/);
  });

  it('in “is thinking…”, which comes while a server takes its time, and in what takes its place', async () => {
    const { discord, ana, ben, general } = await team();
    await threats.gateway(discord, {
      ...onlyFor(ana, ben),
      mcp_servers: { slow: { url: await slowServer(1_800), auth: 'oauth' } },
    });
    expect((await ana.types('/mcp', { command: 'auth slow' }, general)).kind).toBe('thinking');
    expect(ben.sees(general)).toBe('');
    await untilSees(ana, /slow/, general);
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
  });

  it('when something goes wrong in the gateway itself: the apology is hers alone', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team();
    const gateway = await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
    await answerTo(ana, 'auth files', general);
    const restore = await breakStore(gateway.stateFolder);
    await answerTo(ana, 'auth files', general);
    await untilSees(ana, 'cannot reach its storage', general);
    await restore();
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
  });

  it('in answer to a mention, which everybody reads: it is answered in the private chat, or by one line that says nothing', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team('closed');
    await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
    await ana.says('@bot mcp auth files', general);
    await untilSees(ana, NOTE, general);
    ana.openDms();
    await ana.says('@bot mcp auth files', general);
    await untilSees(ana, 'sign in at');
    const [asked] = heard(ana);
    if (asked === undefined) throw new Error('she heard nothing');
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    expect(heard(ben, general).map(({ text, buttons }) => [text, buttons])).toEqual([[NOTE, []]]);
    expect(publicCalls(discord, general)).toHaveLength(1);
  });

  it('when what she asked for came back from Discord twice, late, or on a message that is public', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team();
    await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
    await ana.says('hello', general);
    const [hello] = ana.messages(general);
    if (hello === undefined) throw new Error('she said nothing');
    // As if it were a button of ours on a message that everybody sees.
    await ana.forges(hello, 'mcp:auth files');
    await ana.forges(hello, 'mcp:status');
    await answerTo(ben, 'help');
    expect(ben.sees(general)).toBe('Ana: hello');
    expect(publicCalls(discord, general)).toEqual([]);
  });
});

const REFUSALS: readonly (readonly [string, Failure])[] = [
  ...(
    [
      [404, 10_062, 'Unknown interaction'],
      [400, 40_060, 'Interaction has already been acknowledged.'],
      [404, 10_015, 'Unknown Webhook'],
      [401, 50_027, 'Invalid Webhook Token'],
      [404, 10_003, 'Unknown Channel'],
      [403, 50_001, 'Missing Access'],
      [403, 50_013, 'Missing Permissions'],
      [400, 50_035, 'Invalid Form Body'],
      [400, 50_083, 'Thread is archived'],
      [403, 40_333, 'internal network error'],
      [400, 999_999, 'something that nobody has seen yet'],
      [500, 0, 'Internal Server Error'],
    ] as const
  ).map(([status, code, message]) => [`${status} ${code}`, { status, code, message }] as const),
  ['a proxy’s page', { status: 503 }],
  ['429', { retryAfter: 0.2 }],
  ['a dropped connection', 'drop-before'],
  ['a lost answer', 'drop-after'],
];

describe('threat 10: whatever Discord says to a first answer or an edit, nothing goes out for all to see', () => {
  it('to a first answer: Ana hears it by another way of her own', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team();
    await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
    for (const [why, how] of REFUSALS) {
      const before = heard(ana).length + heard(ana, general).length;
      discord.fail('POST /interactions', how, 1);
      // Not waited for: her client does so for three seconds, and then says that it failed.
      void ana.types('/mcp', { command: 'auth files' }, general);
      const now = () => heard(ana).length + heard(ana, general).length;
      await expect.poll(now, { message: why }).toBeGreaterThan(before);
      await answerTo(ana, 'cancel files', general);
    }
    await calm(discord, ben);
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
    expect(plain(ben.sees())).not.toContain('files');
  });

  it('to an edit: what came of it is told in her private chat, where it cannot be told in the old message', async () => {
    const notes = await threats.keyServer(GOOD_KEY);
    const { discord, ana, ben, general } = await team();
    await threats.gateway(discord, { ...onlyFor(ana, ben), ...servers(notes) });
    for (const [why, how] of REFUSALS) {
      const asked = await askedFor(ana, 'auth files', general);
      discord.fail('PATCH /webhooks', how, 1);
      await signIn(linkIn(asked));
      const told = () =>
        [...heard(ana), ...ana.messages(general).filter(({ id }) => id === asked.id)].filter(({ text }) =>
          text.includes('files connected'),
        );
      await expect.poll(() => told().length, { message: why }).toBeGreaterThan(0);
      await answerTo(ana, 'logout files yes', general);
      ana.reloads();
    }
    await calm(discord, ben);
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
  });
});
