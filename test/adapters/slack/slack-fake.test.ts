import { App, type Logger, LogLevel, SocketModeReceiver, webApi } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../helpers/servers/free-port.js';
import { type Slack, type SlackOptions, startSlack } from '../../helpers/slack/slack.js';

/** What the SDK says of broken connections is expected here. */
const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

let slack: Slack;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await slack.close();
});

const button = (text: string, action_id: string) =>
  ({ type: 'button', text: { type: 'plain_text', text }, action_id }) as const;

const actions = (...elements: readonly ReturnType<typeof button>[]) =>
  ({ type: 'actions', elements: [...elements] }) as const;

const said = (text: string) => ({ type: 'section', text: { type: 'plain_text', text } }) as const;

const keyForm = (hint: string) => ({
  type: 'modal' as const,
  callback_id: 'key',
  title: { type: 'plain_text' as const, text: 'Key for weather' },
  submit: { type: 'plain_text' as const, text: 'Save' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'WEATHER_KEY',
      label: { type: 'plain_text' as const, text: 'Weather key' },
      hint: { type: 'plain_text' as const, text: hint },
      element: { type: 'plain_text_input' as const, action_id: 'value' },
    },
  ],
});

/** The same small app, however it is connected. */
function listen(app: App): void {
  app.command('/mcp', async ({ ack, respond, command }) => {
    await ack();
    await respond({
      text: `You said ${command.text}`,
      blocks: [said(`You said ${command.text}`), actions(button('Add key', 'add'), button('Go', 'go'))],
    });
  });
  app.action('go', async ({ ack, respond }) => {
    await ack();
    await respond({ replace_original: true, text: 'done' });
  });
  app.action('add', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') throw new Error('no action on blocks');
    await client.views.open({ trigger_id: body.trigger_id, view: keyForm('It starts with sk-') });
  });
  app.view('key', async ({ ack, view, client, body }) => {
    const value = view.state.values.WEATHER_KEY?.value?.value ?? '';
    if (!value.startsWith('sk-')) {
      await ack({ response_action: 'errors', errors: { WEATHER_KEY: 'That is no key' } });
      return;
    }
    await ack();
    await client.chat.postMessage({ channel: body.user.id, text: 'saved' });
  });
  app.event('app_mention', async ({ event, client }) => {
    const { channel, user = '', ts } = event;
    await client.chat.postEphemeral({ channel, user, text: `heard ${ts}` });
  });
  app.message(async ({ message, say }) => {
    if (message.subtype === undefined && !('bot_id' in message)) await say(`echo ${message.text}`);
  });
}

async function startSocketApp(token: string): Promise<App> {
  const app = new App({
    token,
    appToken: slack.appToken,
    socketMode: true,
    logger: silent,
    clientOptions: { slackApiUrl: slack.apiUrl },
  });
  listen(app);
  await app.start();
  closers.push(() => app.stop());
  return app;
}

async function startHttpApp(token: string): Promise<void> {
  const app = new App({
    token,
    signingSecret: slack.signingSecret,
    logger: silent,
    clientOptions: { slackApiUrl: slack.apiUrl },
  });
  listen(app);
  const port = await freePort();
  await app.start(port);
  closers.push(() => app.stop());
  slack.deliverTo([`http://127.0.0.1:${port}/slack/events`]);
}

async function restart(options: SlackOptions): Promise<void> {
  await slack.close();
  slack = await startSlack(options);
}

for (const [mode, start] of [
  ['Socket Mode', startSocketApp],
  ['signed HTTP', startHttpApp],
] as const)
  describe(`a Bolt app on the fake by ${mode}`, () => {
    it('hears a command, answers privately, is pressed, and replaces its answer', async () => {
      const acme = slack.workspace('Acme');
      const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
      const channel = acme.channel('general', [ana, ben]);
      await start(acme.botToken);
      expect(await ana.types('/mcp auth linear', { channel })).toEqual({ kind: 'command' });
      await expect.poll(() => ana.sees({ channel })).toBe('acmemcp: You said auth linear\n[Add key] [Go]');
      expect(await ana.presses('Go')).toEqual({ acknowledged: true });
      await expect.poll(() => ana.sees({ channel })).toBe('acmemcp: done');
      expect(ben.sees({ channel })).toBe('');
    });

    it('opens a modal, refuses with an error in its place, then takes what is submitted', async () => {
      const acme = slack.workspace('Acme');
      const ana = acme.person('Ana');
      await start(acme.botToken);
      await ana.types('/mcp');
      await expect.poll(() => ana.sees()).toContain('Add key');
      expect(await ana.fills('Add key', { 'Weather key': 'wrong' })).toEqual({
        kind: 'errors',
        errors: { 'Weather key': 'That is no key' },
      });
      expect(ana.modal?.text).toContain('That is no key');
      expect(await ana.submits({ WEATHER_KEY: 'sk-1' })).toEqual({ kind: 'closed' });
      expect(ana.modal).toBeUndefined();
      await expect.poll(() => ana.sees()).toContain('acmemcp: saved');
    });

    it('hears mentions in channels and all in its DM, and answers each in its place', async () => {
      const acme = slack.workspace('Acme');
      const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
      const channel = acme.channel('general', [ana, ben]);
      await start(acme.botToken);
      await ana.types('@acmemcp mcp status', { channel });
      await expect.poll(() => ana.sees({ channel })).toContain('acmemcp: heard');
      expect(ben.sees({ channel })).toBe('ana: @acmemcp mcp status');
      await ana.types('hello');
      await expect.poll(() => ana.sees()).toBe('ana: hello\n\nacmemcp: echo hello');
    });
  });

/** Bolt hands no ping timeout on: only a receiver of one's own reconnects sooner than after five seconds. */
async function startEagerApp(token: string): Promise<void> {
  const clientOptions = { slackApiUrl: slack.apiUrl };
  const { appToken } = slack;
  const receiver = new SocketModeReceiver({
    appToken,
    clientPingTimeout: 300,
    logger: silent,
    installerOptions: { clientOptions },
  });
  const app = new App({ token, receiver, clientOptions, logger: silent });
  listen(app);
  await app.start();
  closers.push(() => app.stop());
}

describe('the SDK on the fake', () => {
  it('reconnects after a drop and after a goodbye, and hears again', async () => {
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    await startEagerApp(acme.botToken);
    for (const end of [() => slack.sockets.drop(), () => slack.sockets.disconnect('refresh_requested')]) {
      const before = slack.sockets.opened;
      end();
      await expect.poll(() => slack.sockets.opened).toBe(before + 1);
      await slack.sockets.untilOpen();
    }
    expect(await ana.types('/mcp')).toEqual({ kind: 'command' });
    await expect.poll(() => ana.sees()).toContain('Add key');
  });

  it('notices a hung connection by its missing pongs', async () => {
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    await startEagerApp(acme.botToken);
    slack.sockets.freeze();
    await expect.poll(() => slack.sockets.opened).toBe(2);
    // Until it hears again: an SDK that is stopped before its greeting rejects into nowhere.
    expect(await ana.types('/mcp')).toEqual({ kind: 'command' });
    await expect.poll(() => ana.sees()).toContain('Add key');
  });

  it('is told its scopes, and which one is missing', async () => {
    const acme = slack.workspace('Acme', { scopes: ['commands'] });
    const client = new webApi.WebClient(acme.botToken, { slackApiUrl: slack.apiUrl, logger: silent });
    const test = await client.auth.test();
    expect(test).toMatchObject({ team_id: acme.id, user_id: acme.bot.userId, bot_id: acme.bot.botId });
    expect(test.response_metadata?.scopes).toEqual(['commands']);
    await expect(client.chat.postMessage({ channel: 'C1', text: 'hi' })).rejects.toMatchObject({
      data: { error: 'missing_scope', needed: 'chat:write', provided: 'commands' },
    });
  });

  it('waits as long as 429 says, and tries again', async () => {
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const client = new webApi.WebClient(acme.botToken, { slackApiUrl: slack.apiUrl, logger: silent });
    slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 1 });
    await client.chat.postMessage({ channel: ana.id, text: 'late' });
    expect(ana.sees()).toBe('acmemcp: late');
    expect(slack.callsOf('chat.postMessage').map(({ status, outcome }) => [status, outcome])).toEqual([
      [429, 'ratelimited'],
      [200, 'ok'],
    ]);
  });

  it('tells the person that an app which acknowledges nothing was too late', async () => {
    await restart({ ackWithinMs: 100 });
    const acme = slack.workspace('Acme', {});
    const ana = acme.person('Ana');
    const app = new App({
      token: acme.botToken,
      appToken: slack.appToken,
      socketMode: true,
      logger: silent,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    app.command('/mcp', async () => {});
    await app.start();
    closers.push(() => app.stop());
    expect(await ana.types('/mcp')).toEqual({ kind: 'command', error: 'operation_timeout' });
    expect(ana.sees()).toBe('Slackbot: /mcp failed with the error "operation_timeout"');
  });
});
