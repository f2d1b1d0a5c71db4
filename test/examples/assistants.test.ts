import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { startDiscord } from '../helpers/discord/discord.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { startSlack } from '../helpers/slack/slack.js';
import { startBotApi } from '../helpers/telegram/bot-api.js';
import { type ExampleProgram, exampleFolder, prepareExample } from './example-program.js';
import { startIssueServer } from './issue-server.js';

const ASKS = 'To answer you I need linear. Sign in once, and I go on by myself.';
const ISSUES = 'LIN-7 Fix the <door> (me)';
const HELP = 'Ask me for "my issues", or for "issues about …".';

interface Message {
  readonly text: string;
}

interface WithButtons extends Message {
  readonly buttons: readonly (readonly { readonly url?: string }[])[];
}

const ends: (() => Promise<void>)[] = [];
let provider: AuthorizationServer;
let issues: Awaited<ReturnType<typeof startIssueServer>>;
let linear: ProtectedServer;
beforeAll(async () => {
  provider = await startAuthorizationServer();
  issues = await startIssueServer();
  linear = await startProtectedServer(provider, { upstream: issues });
});
afterAll(async () => {
  await linear.close();
  await issues.close();
  await provider.close();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(
  file: string,
  users: readonly string[],
  env: Readonly<Record<string, string>>,
  there: string,
): Promise<ExampleProgram> {
  const [folder = '', program = ''] = file.split('/');
  const example = await prepareExample(join(exampleFolder(folder), program), {
    mcp_servers: { linear: { url: linear.url, auth: 'oauth' } },
    access: { users },
  });
  ends.push(() => example.end());
  const running = example.run(env);
  await running.untilSays(there);
  return running;
}

const texts = (messages: readonly Message[]) => messages.map(({ text }) => text);
const saysLast = (messages: () => readonly Message[], text: string) =>
  expect.poll(() => messages().at(-1)?.text ?? '').toContain(text);

/** The link of the newest message that has one. */
async function linkIn(messages: () => readonly WithButtons[]): Promise<string> {
  const link = () =>
    messages()
      .flatMap(({ buttons }) => buttons.flat())
      .flatMap(({ url }) => url ?? [])
      .at(-1);
  await expect.poll(link).toBeDefined();
  return link() ?? '';
}

describe('an assistant in a grammY bot', () => {
  async function running() {
    const api = await startBotApi();
    ends.push(() => api.close());
    const ana = api.person('Ana', { username: 'ana' });
    const env = { TELEGRAM_BOT_TOKEN: api.token, TELEGRAM_API_ROOT: api.root };
    const bot = await start(
      'telegram-assistant/bot.mjs',
      [`telegram:${ana.id}`],
      env,
      '@acme_mcp_bot is there.',
    );
    return { api, ana, bot, said: () => ana.messages().filter(({ from }) => from === 'bot') };
  }

  it('asks for the sign-in that it needs, goes on by itself, and then asks no more', async () => {
    const { ana, bot, said } = await running();
    await ana.start();
    await ana.type('hello');
    await saysLast(said, HELP);
    await ana.type('my issues?');
    const link = await linkIn(said);
    expect(said().at(-1)?.text).toContain(ASKS);
    // It hears other things while it waits.
    await ana.type('hello');
    await saysLast(said, HELP);
    expect((await signIn(link)).text).toContain('linear is connected');
    await saysLast(said, ISSUES);
    expect(texts(said()).filter((text) => /linear connected/.test(text))).toHaveLength(1);
    expect(
      said()
        .map(({ text }) => text)
        .join('\n'),
    ).not.toContain('I need linear');
    await ana.type('issues about doors');
    await saysLast(said, '(about doors)');
    expect(await bot.stop()).toBe(0);
  });

  it('says so where the person declines, and calls for nobody who did not say it', async () => {
    const { api, ana, said } = await running();
    const eve = api.person('Eve');
    await ana.start();
    await ana.type('my issues', { forwardedFrom: eve });
    await ana.type('my issues');
    const { location, cookies } = await pressConnect(await linkIn(said));
    await comeBack(await consent(location, { answer: 'decline' }), cookies);
    await saysLast(said, 'I need linear for that: /mcp auth linear');
    expect(texts(said()).filter((text) => text.includes('declined'))).toHaveLength(1);
    await eve.start();
    await eve.type('my issues');
    const hers = () => eve.messages().filter(({ from }) => from === 'bot');
    await saysLast(hers, 'This person may not use this gateway.');
  });
});

describe('an assistant in a Bolt app', () => {
  it('asks where it was asked, so that only they see it, and goes on by itself there', async () => {
    const slack = await startSlack({ commands: ['/mcp'] });
    ends.push(() => slack.close());
    const acme = slack.workspace('Acme');
    const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
    const here = { channel: acme.channel('team', [ana, ben]) };
    const env = {
      SLACK_BOT_TOKEN: acme.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_ROOT: slack.apiUrl.replace(/\/$/, ''),
    };
    const app = await start(
      'slack-assistant/app.mjs',
      [`slack:${acme.id}/${ana.id}`],
      env,
      'The app is there.',
    );
    await slack.sockets.untilOpen();
    const said = () => ana.messages(here).filter(({ from }) => from === 'bot');
    await ana.types('@acmemcp my issues?', here);
    await expect.poll(() => said().at(-1)?.text ?? app.written).toContain(ASKS);
    expect(ben.sees(here)).not.toContain('linear');
    const { url = '' } = await ana.presses('Sign in', here);
    expect((await signIn(url)).text).toContain('linear is connected');
    await expect.poll(() => texts(said()).join('\n')).toContain(ISSUES);
    await expect.poll(() => texts(said()).join('\n')).toContain('linear connected');
    expect(ben.sees(here)).toContain(ISSUES);
    await ana.types('issues about doors');
    const direct = () => ana.messages().filter(({ from }) => from === 'bot');
    await saysLast(direct, '(about doors)');
    expect(await app.stop()).toBe(0);
  });
});

describe('an assistant in a discord.js bot', () => {
  it('asks in a direct message, and goes on by itself where it was asked', async () => {
    const discord = await startDiscord();
    ends.push(() => discord.close());
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const env = { DISCORD_BOT_TOKEN: discord.token, DISCORD_API_ROOT: discord.api };
    const bot = await start('discord-assistant/bot.mjs', [`discord:${ana.id}`], env, 'Acme MCP is there.');
    const said = () => ana.messages(general).filter(({ from }) => from === 'bot');
    const direct = () => ana.messages().filter(({ from }) => from === 'bot');
    await ana.says('@bot my issues?', general);
    const link = await linkIn(direct);
    expect(direct().at(-1)?.text).toContain(ASKS);
    expect(said()).toEqual([]);
    expect((await signIn(link)).text).toContain('linear is connected');
    await saysLast(said, ISSUES);
    await saysLast(direct, 'linear connected');
    expect(direct()).toHaveLength(1);
    expect(ben.sees(general)).not.toContain('sign in');
    await ana.says('issues about doors');
    await saysLast(direct, '(about doors)');
    expect(await bot.stop()).toBe(0);
  });
});
