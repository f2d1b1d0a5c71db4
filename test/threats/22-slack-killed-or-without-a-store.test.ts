import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useSlackPrograms } from '../e2e/slack-program.js';
import { fuzzing } from '../helpers/fuzzing.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { breakStore } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  heard,
  linkIn,
  onlyFor,
  publicCalls,
  slackWords,
  untilSees,
  useSlack,
  WEBHOOK,
} from './slack-scene.js';

const slacks = useSlack();

describe('threat 22: the process is killed', () => {
  let slack: Slack;
  let acme: SlackWorkspace;
  let ana: SlackPerson;
  let ben: SlackPerson;
  let here: Where;

  beforeEach(async () => {
    slack = await startSlack();
    acme = slack.workspace('Acme');
    ana = acme.person('Ana');
    ben = acme.person('Ben');
    here = { channel: acme.channel('team', [ana, ben]) };
  });
  afterEach(() => slack.close());
  // After the hooks above: programs end before their platform does.
  const start = useSlackPrograms({
    get slack() {
      return slack;
    },
    words: (more = {}) => ({ ...onlyFor(ana, ben), platforms: slackWords(slack, [acme]), ...more }),
  });

  it('with a sign-in open in a channel: its link works after that, and its message says what came of it, to nobody else', async () => {
    const program = await start({ mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' } } });
    const asked = await askedFor(ana, '/mcp auth files', here);
    await ana.presses('Sign in', here);
    await expect.poll(() => program.hasWrittenDownMessages()).toBe(true);
    await expect.poll(() => program.remembersWhatEdits()).toBe(true);
    await program.restart('SIGKILL');
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', here);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('with a form open: what is submitted to the next process is used, once', async () => {
    const notes = await slacks.keyServer();
    const program = await start({ mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, '/mcp auth notes', here);
    await expect.poll(() => program.hasWrittenDownMessages()).toBe(true);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal).toBeDefined();
    await program.restart('SIGKILL');
    await ana.submitsTwice({ NOTES_KEY: notes.key });
    await untilSees(ana, 'notes connected', here);
    expect(ana.seesAnywhere() + ben.seesAnywhere()).not.toContain(notes.key);
    expect(ana.seesAnywhere().split('notes connected')).toHaveLength(2);
    expect(new Set(notes.shown)).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('while a form is being filled in and nobody listens: the form stays, and says so', async () => {
    const notes = await slacks.keyServer();
    const program = await start({ mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, '/mcp auth notes', here);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal).toBeDefined();
    await program.end('SIGKILL');
    expect(await ana.submits({ NOTES_KEY: notes.key })).toMatchObject({ kind: 'failed' });
    expect(ana.modal).toBeDefined();
    await program.restart('SIGKILL');
    expect(await ana.submits({ NOTES_KEY: notes.key })).toEqual({ kind: 'closed' });
    await untilSees(ana, 'notes connected', here);
  });

  it('again and again, under a stream of commands: the next is answered, and nothing is left for others', async () => {
    const program = await start({ mcp_servers: {} });
    for (let kill = 0; kill < 3; kill += 1) {
      const typed = Array.from({ length: 5 }, () => ana.types('/mcp help', here));
      await program.restart('SIGKILL');
      await Promise.all(typed);
    }
    await answerTo(ana, '/mcp help', here);
    expect(publicCalls(slack)).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });
});

async function team() {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
  return { slack, acme, ana, ben, here: { channel: acme.channel('team', [ana, ben]) } };
}

describe('threat 22: the store is away', () => {
  it('commands, mentions, buttons and forms say “try again” to who gave them, others hear nothing, and all is well when it is back', async () => {
    const notes = await slacks.keyServer();
    const { slack, acme, ana, ben, here } = await team();
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana, ben),
      mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    await answerTo(ana, '/mcp auth notes', here);
    const asked = await askedFor(ana, '/mcp auth files', here);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal).toBeDefined();
    const restore = await breakStore(gateway.stateFolder);
    const away = /cannot reach its storage|did not work just now/;
    for (const [where, before] of [
      [undefined, 'mcp'],
      [here, '/mcp'],
      [here, '@acmemcp mcp'],
    ] as const)
      for (const words of ['', 'auth files', 'logout files yes', 'cancel', 'confirm 123456'])
        expect((await answerTo(ana, `${before} ${words}`, where)).text).toMatch(away);
    const told = () => ana.seesAnywhere().split(/cannot reach its storage|did not work just now/).length;
    const before = told();
    await ana.presses('Cancel', here);
    await expect.poll(told).toBeGreaterThan(before);
    await ana.submits({ NOTES_KEY: notes.key });
    await expect.poll(told).toBeGreaterThan(before + 1);
    await restore();
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    await answerTo(ana, '/mcp status files', here);
    expect(publicCalls(slack)).toEqual([]);
    expect(heard(ben, here)).toEqual([]);
    expect(gateway.log.join('')).toContain('storage failed');
    // Names of records hold the ids of sign-ins.
    expect(gateway.log.join('')).not.toMatch(/records\/pending\/[^…]/);
    expect(gateway.log.join('')).not.toContain(notes.key);
  });
});

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place in a payload, as a path. */
function pathsOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  const entries = Array.isArray(value) ? [...value.entries()] : isFields(value) ? Object.entries(value) : [];
  return [at, ...entries.flatMap(([key, one]) => pathsOf(one, [...at, String(key)]))];
}

/** The payload with something else at that place. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value))
    return value.map((one, at) => (String(at) === key ? changed(one, rest, to) : one));
  return isFields(value) ? { ...value, [key]: changed(value[key], rest, to) } : value;
}

const ODD = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    0,
    -1,
    true,
    [],
    {},
    'U0',
    '<@U0>',
    '\ud800',
    '__proto__',
    'x'.repeat(5_000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
);

describe('threat 22: payloads that are no payloads', () => {
  it('whatever is signed, nothing breaks, nothing is shown to others, and what comes next is answered', async () => {
    const notes = await slacks.keyServer();
    const { slack, acme, ana, ben, here } = await team();
    const gateway = await slacks.hooked(slack, [acme], {
      ...onlyFor(ana, ben),
      mcp_servers: { notes: configuredKey(notes) },
    });
    const url = `${gateway.url}${WEBHOOK}`;
    await answerTo(ana, '/mcp auth notes', here);
    await answerTo(ana, '@acmemcp mcp', here);
    await answerTo(ana, 'mcp help');
    await ana.fills('Add key', { NOTES_KEY: 'key-that-is-not-the-one' }, here);
    await untilSees(ana, 'did not accept this key', here);
    await ana.presses('Try again', here);
    await ana.opensHome();
    const genuine = slack.deliveries.filter(({ payload }) => JSON.stringify(payload).includes(ana.id));
    expect(genuine.length).toBeGreaterThan(5);
    expect(heard(ben, here)).toEqual([]);
    const one = fc.constantFrom(...genuine).chain(({ kind, payload }) =>
      fc
        .array(fc.tuple(fc.constantFrom(...pathsOf(payload)), ODD), { minLength: 1, maxLength: 3 })
        .map((changes) => ({
          kind,
          payload: changes.reduce<unknown>((now, [path, to]) => changed(now, path, to), payload),
        })),
    );
    await fc.assert(
      fc.asyncProperty(one, async ({ kind, payload }) => {
        const json = JSON.stringify(payload) ?? '';
        const isForm = kind === 'slash_commands' && isFields(payload);
        const fields = isForm
          ? Object.fromEntries(
              Object.entries(payload).map(([name, value]) => [name, `${JSON.stringify(value)}`]),
            )
          : { payload: json };
        const body = kind === 'events_api' ? json : new URLSearchParams(fields).toString();
        const { status } = await slack.post(url, body, slack.sign(body));
        expect([200, 400]).toContain(status);
      }),
      fuzzing('Slack: signed payloads', 150),
    );
    await answerTo(ben, '/mcp help', here);
    expect(publicCalls(slack)).toEqual([]);
    expect(heard(ben, here).map(({ text }) => text.includes('What you can do'))).toEqual([true]);
    // A response_url that is no address cannot be reached; nothing else may go wrong.
    const wrong = gateway.log.filter(
      (line) => /"level":(50|60)/.test(line) && !/slack_unavailable/.test(line),
    );
    expect(wrong).toEqual([]);
  });

  it('whatever comes over the socket, it stays open, and what comes next is answered', async () => {
    const { slack, acme, ana, here } = await team();
    const gateway = await slacks.gateway(slack, [acme], onlyFor(ana));
    const fixed = ['', '{', 'null', '[]', '7', '"x"', '{"type":"hello"}', '{"type":"nothing"}', '\u0000'];
    const envelopes = [
      { envelope_id: 7, payload: {} },
      { envelope_id: 'x' },
      { envelope_id: 'x', payload: null, type: 'slash_commands' },
      { envelope_id: 'x', payload: { command: '/mcp' }, type: 'slash_commands' },
      { type: 'disconnect', reason: 7, debug_info: null },
    ];
    for (const text of [...fixed, ...envelopes.slice(0, 4).map((one) => JSON.stringify(one))])
      slack.sockets.send(text);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => slack.sockets.send(text)),
      fuzzing('Slack: socket', 100),
    );
    await answerTo(ana, '/mcp help', here);
    expect(slack.sockets.opened).toBe(1);
    slack.sockets.send(JSON.stringify(envelopes[4]));
    await expect.poll(() => slack.sockets.opened).toBe(2);
    await slack.sockets.untilOpen();
    await answerTo(ana, '/mcp help', here);
    expect(gateway.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  });
});
