import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDiscord } from '../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson } from '../helpers/discord/face.js';
import { Program } from '../helpers/program.js';
import { answerTo, askedFor, calm, discordWords, heard, idOf, linkIn, untilSees } from './discord-scene.js';
import { BAD_KEY, GOOD_KEY, useLeakScene } from './leak-scene.js';
import { wrong } from './pages.js';
import { type Relay, startRelay } from './talkative-relay.js';

const PASTED_KEY = 'sk-live-pasted5b2d8f406d';
const MENTIONED_KEY = 'sk-live-mention5b2d8f406e';

const scene = useLeakScene();
let discord: Discord;
let relay: Relay;
let ana: DiscordPerson;
let general: DiscordChannel;

beforeEach(async () => {
  discord = await startDiscord();
  relay = await startRelay(discord.api);
  ana = discord.person('Ana');
  general = discord.guild('Acme', [ana]).channel('general');
  scene.secrets.note('bot token', discord.token);
});
afterEach(async () => {
  await relay.close();
  await discord.close();
});

async function started(mode: 'gateway' | 'http'): Promise<Program> {
  await scene.configure({
    access: { users: [idOf(ana)], admins: [idOf(ana)] },
    platforms: discordWords({ token: discord.token, api: relay.root }, { mode }),
  });
  const gateway = await scene.start();
  await expect.poll(() => discord.commands().length).toBe(1);
  const save = () => discord.interactions.setUrl(`${scene.home.publicUrl}/webhooks/discord`);
  if (mode === 'http') await expect.poll(save).toEqual({ saved: true });
  else await expect.poll(() => discord.gateway.ready).toBe(1);
  return gateway;
}

async function signInWithCode(): Promise<void> {
  const digits = await scene.digitsFor(linkIn(await askedFor(ana, 'auth files', general)));
  await untilSees(ana, 'one step left', general);
  await ana.fills('Enter code', { 'Six digits': wrong(digits) }, general);
  await untilSees(ana, 'that was not the code', general);
  await ana.fills('Enter code', { 'Six digits': digits }, general);
  await untilSees(ana, 'files connected', general);
}

async function keysByForm(): Promise<void> {
  await answerTo(ana, 'auth notes', general);
  await ana.fills('Add key', { NOTES_KEY: scene.secrets.note('API key', BAD_KEY) }, general);
  await untilSees(ana, 'did not accept this key', general);
  await ana.fills('Try again', { NOTES_KEY: scene.secrets.note('API key', GOOD_KEY) }, general);
  await untilSees(ana, 'notes connected', general);
}

async function keysWhereTheyDoNotBelong(mode: 'gateway' | 'http'): Promise<void> {
  scene.secrets.note('API key', PASTED_KEY);
  await answerTo(ana, `auth notes ${PASTED_KEY}`, general);
  await answerTo(ana, PASTED_KEY, general);
  if (mode === 'http') return;
  scene.secrets.note('API key', MENTIONED_KEY);
  await ana.says(`@bot mcp auth notes ${MENTIONED_KEY}`, general);
  await ana.says(`/mcp auth notes ${MENTIONED_KEY}`);
  await ana.says(MENTIONED_KEY);
  await expect.poll(() => heard(ana).length).toBe(3);
}

/** What Discord says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = scene.secrets.note('sign-in link', 'planted-sign-in-link-8d1f6b2a7c');
  const message = `components[0].url: ${scene.home.publicUrl}/connect/${planted} is not a well formed URL.`;
  for (const route of ['POST /interactions', 'PATCH /webhooks', 'POST /channels'])
    discord.fail(route, { status: 400, code: 50_035, message });
  void ana.types('/mcp', { command: 'help' }, general);
  await expect.poll(() => discord.calls.filter(({ code }) => code === 50_035).length).toBeGreaterThan(1);
  await answerTo(ana, 'help', general);
  for (const status of [200, 401, 502]) {
    relay.echo(/^POST .*\/callback/, status);
    relay.echo(/^PATCH .*\/webhooks\//, status);
    void ana.types('/mcp', { command: 'auth files' }, general);
    await calm(discord, ana);
    const asked = await askedFor(ana, 'auth files', general);
    scene.noteLink(linkIn(asked));
    await answerTo(ana, 'cancel files', general);
  }
  discord.fail('*', 'drop-before', 2);
  await answerTo(ana, 'help', general);
}

/** What the bot says to Discord: no key, code or digit goes back there, and no token of any kind in what people read. */
function sawDiscord(): void {
  for (const { token } of discord.sent) scene.secrets.note('interaction token', token);
  const { answers } = discord.interactions;
  scene.secrets.saw('platform', JSON.stringify([discord.calls.map(({ body }) => body), answers]));
}

describe('threat 15: with Discord, no secret is in anything that is written, said or asked', () => {
  it.each(['gateway', 'http'] as const)('by %s, whatever goes wrong', async (mode) => {
    const gateway = await started(mode);
    try {
      await signInWithCode();
      await keysByForm();
      await keysWhereTheyDoNotBelong(mode);
      await talkativeFailures();
      if (mode === 'http') {
        const [first = {}] = discord.sent;
        for (const signature of ['none', 'stranger']) await discord.interactions.post(first, { signature });
        await discord.interactions.post(first);
        await fetch(`${scene.home.publicUrl}/webhooks/discord?token=${discord.token}`);
      } else {
        discord.gateway.drop();
        await expect.poll(() => discord.gateway.resumes).toBe(1);
      }
      await scene.ready();
      discord.revokeToken();
      await ana.says('@bot mcp help', general);
      if (mode === 'gateway')
        await gateway.until(() => (/refuses the bot token/.test(gateway.err) ? true : undefined), 'refused');
      await scene.ready();
    } finally {
      await scene.stop(gateway);
    }
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(scene.secrets.count()).toBeGreaterThan(12);
    await scene.check();
    sawDiscord();
    scene.expectNoLeaks();
  });

  it.each([
    ['with quotes left around it', (token: string) => `"${token}"`],
    ['with "Bot" in front', (token: string) => `Bot ${token}`],
    ['with a space in it', (token: string) => token.replace('.', '. ')],
  ])('in what is said of a token that is malformed: %s', async (_how, spoil) => {
    const spoilt = spoil(discord.token);
    scene.secrets.note('bot token', spoilt);
    await scene.home.rewrite({
      access: { users: [idOf(ana)] },
      platforms: { discord: { token: spoilt, api_root: discord.api } },
      log: { level: 'trace' },
      mcp_servers: {},
    });
    const program = new Program(['start', '--config', scene.home.config]);
    const refused = () =>
      /refuses the bot token|platforms\.discord\.token/.test(program.out + program.err) ? true : undefined;
    await program.until(refused, 'a refusal');
    await program.stop();
    scene.secrets.saw('verb', program.out + program.err);
    await scene.check();
    scene.expectNoLeaks();
  });
});
