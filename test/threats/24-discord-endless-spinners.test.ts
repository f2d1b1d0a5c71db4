import { describe, expect, it } from 'vitest';
import type { Discord, DiscordChannel, DiscordPerson, Failure } from '../helpers/discord/face.js';
import { answerTo, configuredKey, heard, newest, onlyFor, plain, useDiscord } from './discord-scene.js';
import { useSlowServers } from './slow-server.js';

const threats = useDiscord();
const slowServer = useSlowServers();

/** What a client shows while it waits, or when it has waited in vain. */
const SPINNERS =
  /is thinking|Loading…|Sending command|did not respond|interaction failed|Something went wrong\. Try/;

interface Slow {
  readonly discord: Discord;
  readonly ana: DiscordPerson;
  readonly general: DiscordChannel;
}

async function slow(by: 'gateway' | 'http' = 'gateway'): Promise<Slow> {
  const discord = await threats.platform({ deadlineMs: 3_000 });
  const ana = discord.person('Ana');
  const general = discord.guild('Acme', [ana]).channel('general');
  const start = by === 'http' ? threats.hooked : threats.gateway;
  await start(discord, {
    ...onlyFor(ana),
    mcp_servers: {
      slow: { url: await slowServer(1_800), auth: 'oauth' },
      slower: { url: await slowServer(1_800), auth: 'oauth' },
    },
  });
  return { discord, ana, general };
}

describe('threat 24: nobody is left with a spinner in Discord', () => {
  it('a command that takes its time is acknowledged in time, and what comes of it takes the spinner’s place', async () => {
    async function ask({ ana }: Slow, server: string, where?: DiscordChannel): Promise<void> {
      expect((await ana.types('/mcp', { command: `auth ${server}` }, where)).kind).toBe('thinking');
      const said = () => plain(heard(ana, where).at(-1)?.text ?? '');
      await expect.poll(said).toMatch(new RegExp(`^[●✗] ${server}`));
      expect(heard(ana, where)).toHaveLength(1);
      expect(ana.sees(where)).not.toMatch(SPINNERS);
    }
    const scenes = [await slow('gateway'), await slow('http')];
    await Promise.all(scenes.flatMap((scene) => [ask(scene, 'slow'), ask(scene, 'slower', scene.general)]));
    for (const { discord } of scenes) expect(discord.callsOf('POST /webhooks')).toEqual([]);
  });

  it('a button whose command takes its time: its spinner ends in time, and its message becomes the answer', async () => {
    const { ana, general } = await slow();
    const own = await answerTo(ana, 'help', general);
    expect((await ana.forges(own, 'mcp:auth slow')).kind).toBe('acknowledged');
    await expect.poll(() => plain(newest(ana, general).text)).toMatch(/^[●✗] slow/);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ana.sees(general)).not.toMatch(SPINNERS);
  });

  it('after “is thinking…”, whatever Discord says to the edit: something takes its place all the same', async () => {
    const weathers: readonly (readonly [string, Failure, number])[] = [
      ['a refusal', { status: 400, code: 50_035, message: 'Invalid Form Body' }, 1],
      ['errors of Discord’s', { status: 500 }, 4],
      ['a proxy’s errors', { status: 502 }, 4],
      ['a connection that breaks', 'drop-before', 4],
      ['an answer that is lost', 'drop-after', 2],
      ['a limit of Discord’s', { retryAfter: 1 }, 2],
    ];
    async function ask([message, how, times]: (typeof weathers)[number]): Promise<void> {
      const { discord, ana, general } = await slow();
      discord.fail('PATCH /webhooks', how, times);
      expect((await ana.types('/mcp', { command: 'auth slow' }, general)).kind).toBe('thinking');
      await expect.poll(() => ana.sees(general), { message }).not.toMatch(SPINNERS);
      const said = () => plain(ana.sees(general) + ana.sees());
      await expect.poll(said, { message }).toMatch(/slow|went wrong|did not work/);
    }
    await Promise.all(weathers.map(ask));
  });

  it('a command of another bot’s, a menu or a form that is not ours: answered, not left to fail', async () => {
    const { ana, general } = await slow();
    const own = await answerTo(ana, 'help', general);
    const message = { id: own.id, flags: 64, interaction_metadata: { user: { id: ana.id } } };
    const outcomes = [
      await ana.sends(2, { id: '1', name: 'weather', type: 1 }, general),
      await ana.sends(2, { id: '1', name: 'mcp', type: 2, target_id: ana.id }, general),
      await ana.sends(3, { custom_id: 'weather', component_type: 2 }, general, { message }),
      await ana.sends(3, { custom_id: 'x', component_type: 5, values: ['1'] }, general, { message }),
      await ana.sends(5, { custom_id: 'weather', components: [] }, general),
      await ana.sends(4, { id: '1', name: 'weather', type: 1, options: [] }, general),
    ];
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'message',
      'message',
      'message',
      'message',
      'message',
      'choices',
    ]);
    expect(ana.sees(general)).not.toMatch(SPINNERS);
  });

  it('a form that was open when its message, its store or its server went away: answered', async () => {
    const notes = await threats.keyServer();
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    await threats.gateway(discord, { ...onlyFor(ana), mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, 'auth notes', general);
    const opened = await ana.presses('Add key', general);
    if (opened.kind !== 'modal') throw new Error(opened.kind);
    ana.dismisses(newest(ana, general));
    await notes.close();
    expect((await ana.submits(opened.modal, { NOTES_KEY: notes.key })).kind).not.toBe('failed');
    expect(ana.sees(general)).not.toMatch(SPINNERS);
  });
});
