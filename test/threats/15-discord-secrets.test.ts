import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson, ShownMessage } from '../helpers/discord/face.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { type Relay, startRelay } from './discord-relay.js';
import {
  answerTo,
  askedFor,
  calm,
  configuredKey,
  discordWords,
  heard,
  idOf,
  linkIn,
  untilSees,
} from './discord-scene.js';
import { digitsOn, wrong } from './pages.js';

const GOOD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';
const BAD_KEY = 'sk-live-0000bad0key00nope9';
const PASTED_KEY = 'sk-live-pasted5b2d8f406d';
const MENTIONED_KEY = 'sk-live-mention5b2d8f406e';

let upstream: V1Server;
let provider: AuthorizationServer;
let files: ProtectedServer;
let notes: KeyServer;
let discord: Discord;
let relay: Relay;
let home: GatewayFolder;
let ana: DiscordPerson;
let general: DiscordChannel;
let secrets: Map<string, string>;

const note = (what: string, secret: string | null | undefined): string => {
  if (secret === null || secret === undefined || secret === '') throw new Error(`no ${what}`);
  secrets.set(`${what} ${secrets.size}`, secret);
  return secret;
};

beforeAll(async () => {
  upstream = await startV1Server();
  provider = await startAuthorizationServer();
  files = await startProtectedServer(provider, { upstream });
  notes = await startKeyServer(GOOD_KEY);
});
afterAll(async () => {
  await notes.close();
  await files.close();
  await provider.close();
  await upstream.close();
});
beforeEach(async () => {
  secrets = new Map();
  discord = await startDiscord();
  relay = await startRelay(discord);
  ana = discord.person('Ana');
  general = discord.guild('Acme', [ana]).channel('general');
  home = await gatewayFolder({});
  note('bot token', discord.token);
  note('bot token', discord.token.split('.')[2]);
});
afterEach(async () => {
  await relay.close();
  await discord.close();
  await home.remove();
});

async function started(mode: 'gateway' | 'http'): Promise<Program> {
  await home.rewrite({
    access: { users: [idOf(ana)], admins: [idOf(ana)] },
    platforms: discordWords({ token: discord.token, api: relay.api }, { mode }),
    log: { level: 'trace' },
    mcp_servers: { files: { url: files.url, auth: 'oauth' }, notes: configuredKey(notes) },
  });
  const gateway = new Program(['start', '--config', home.config]);
  await gateway.untilSays('Ctrl-C stops it.');
  await expect.poll(() => discord.commands().length).toBe(1);
  const save = () => discord.interactions.setUrl(`${home.publicUrl}/webhooks/discord`);
  if (mode === 'http') await expect.poll(save).toEqual({ saved: true });
  else await expect.poll(() => discord.gateway.ready).toBe(1);
  return gateway;
}

/** As it is, and as it would stand in a URL, a header or a dump. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [secret, encodeURIComponent(secret), base64, bytes.toString('base64url'), bytes.toString('hex')];
}

function leaks(text: string, allowed: RegExp = /^$/): readonly string[] {
  const tokens = discord.sent.map(({ token }, at) => [`interaction token ${at}`, String(token)] as const);
  return [...secrets, ...tokens]
    .filter(([what]) => !allowed.test(what))
    .filter(([, secret]) => spellings(secret).some((one) => text.includes(one)))
    .map(([what]) => what);
}

const readiness = async (): Promise<string> => await (await fetch(`${home.localUrl}/readyz`)).text();

async function checked(): Promise<string> {
  const check = new Program(['check', '--config', home.config]);
  await check.ended;
  return check.out + check.err;
}

const connectId = (message: ShownMessage): string =>
  new URL(linkIn(message)).pathname.split('/').at(-1) ?? '';

async function verifierOf(): Promise<void> {
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
  const records = store.records<{ way: { flow: { verifier: string } } }>('pending');
  for (const key of await records.keys()) note('verifier', (await records.get(key))?.way.flow.verifier);
  await store.close();
}

async function signInWithCode(): Promise<void> {
  const asked = await askedFor(ana, 'auth files', general);
  note('connect id', connectId(asked));
  const { location, cookies } = await pressConnect(linkIn(asked));
  note('cookie', cookies.split('=')[1]);
  note('state', new URL(location).searchParams.get('state'));
  await verifierOf();
  const callback = await consent(location);
  note('code', callback.searchParams.get('code'));
  const digits = note('digits', digitsOn((await comeBack(callback)).text));
  note('digits', `${digits.slice(0, 3)} ${digits.slice(3)}`);
  await untilSees(ana, 'one step left', general);
  await ana.fills('Enter code', { 'Six digits': wrong(digits) }, general);
  await untilSees(ana, 'that was not the code', general);
  await ana.fills('Enter code', { 'Six digits': digits }, general);
  await untilSees(ana, 'files connected', general);
}

async function keysByForm(): Promise<void> {
  await answerTo(ana, 'auth notes', general);
  await ana.fills('Add key', { NOTES_KEY: note('key', BAD_KEY) }, general);
  await untilSees(ana, 'did not accept this key', general);
  await ana.fills('Try again', { NOTES_KEY: note('key', GOOD_KEY) }, general);
  await untilSees(ana, 'notes connected', general);
}

async function keysWhereTheyDoNotBelong(mode: 'gateway' | 'http'): Promise<void> {
  note('key', PASTED_KEY);
  await answerTo(ana, `auth notes ${PASTED_KEY}`, general);
  await answerTo(ana, PASTED_KEY, general);
  if (mode === 'http') return;
  note('key', MENTIONED_KEY);
  await ana.says(`@bot mcp auth notes ${MENTIONED_KEY}`, general);
  await ana.says(`/mcp auth notes ${MENTIONED_KEY}`);
  await ana.says(MENTIONED_KEY);
  await expect.poll(() => heard(ana).length).toBe(3);
}

/** What Discord says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = note('connect id', 'planted-connect-id-8d1f6b2a7c');
  const message = `components[0].url: ${home.publicUrl}/connect/${planted} is not a well formed URL.`;
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
    note('connect id', connectId(asked));
    await answerTo(ana, 'cancel files', general);
  }
  discord.fail('*', 'drop-before', 2);
  await answerTo(ana, 'help', general);
}

/** What the bot says to Discord: no key, code or digit goes back there, and no token of any kind in what people read. */
function expectCleanCalls(): void {
  expect(leaks(JSON.stringify(discord.calls.map(({ body }) => body)), /^connect id/)).toEqual([]);
  expect(leaks(JSON.stringify(discord.interactions.answers), /^connect id/)).toEqual([]);
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
        await fetch(`${home.publicUrl}/webhooks/discord?token=${discord.token}`);
      } else {
        discord.gateway.drop();
        await expect.poll(() => discord.gateway.resumes).toBe(1);
      }
      const ready = await readiness();
      discord.revokeToken();
      await ana.says('@bot mcp help', general);
      if (mode === 'gateway')
        await gateway.until(() => (/refuses the bot token/.test(gateway.err) ? true : undefined), 'refused');
      expect(leaks(ready + (await readiness()))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(secrets.size).toBeGreaterThan(14);
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    expect(leaks(await checked())).toEqual([]);
    expectCleanCalls();
  });

  it.each([
    ['with quotes left around it', (token: string) => `"${token}"`],
    ['with "Bot" in front', (token: string) => `Bot ${token}`],
    ['with a space in it', (token: string) => token.replace('.', '. ')],
  ])('in what is said of a token that is malformed: %s', async (_how, spoil) => {
    const spoilt = spoil(discord.token);
    note('spoilt token', spoilt);
    await home.rewrite({
      access: { users: [idOf(ana)] },
      platforms: { discord: { token: spoilt, api_root: discord.api } },
      log: { level: 'trace' },
      mcp_servers: {},
    });
    const program = new Program(['start', '--config', home.config]);
    const refused = () =>
      /refuses the bot token|platforms\.discord\.token/.test(program.out + program.err) ? true : undefined;
    await program.until(refused, 'a refusal');
    await program.stop();
    expect(leaks(program.out + program.err + (await checked()))).toEqual([]);
  });
});
