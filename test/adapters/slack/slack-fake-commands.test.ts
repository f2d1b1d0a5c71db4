import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import { callApi, respond } from '../../helpers/slack/api-call.js';
import { openRawApp, type RawApp } from '../../helpers/slack/raw-app.js';
import { type Slack, type SlackPerson, type SlackWorkspace, startSlack } from '../../helpers/slack/slack.js';

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
let app: RawApp;
let clock: Clock;
let answer: object | undefined;
beforeEach(async () => {
  clock = new Clock();
  answer = undefined;
  slack = await startSlack({ now: clock.now });
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
  app = await openRawApp(slack, () => answer as never);
});
afterEach(async () => {
  app.close();
  await slack.close();
});

const responseUrl = () => String(app.last.response_url);
const go = {
  type: 'actions',
  elements: [{ type: 'button', text: { type: 'plain_text', text: 'Go' }, action_id: 'go' }],
};

describe('a slash command', () => {
  it('comes with who, where, and two ways to answer', async () => {
    const channel = acme.channel('general', [ana]);
    expect(await ana.types('/mcp  auth <b> & linear ', { channel })).toEqual({ kind: 'command' });
    expect(app.last).toMatchObject({
      command: '/mcp',
      text: 'auth &lt;b&gt; &amp; linear',
      team_id: acme.id,
      user_id: ana.id,
      user_name: 'ana',
      channel_id: channel.id,
      channel_name: 'general',
      is_enterprise_install: 'false',
      trigger_id: expect.stringMatching(/^\d+\.\d+\.[0-9a-f]{32}$/),
    });
    expect(responseUrl()).toMatch(`${slack.hooksOrigin}/commands/${acme.id}/`);
    expect(ana.sees({ channel })).toBe('');
  });

  it('names neither private channels nor DMs', async () => {
    await ana.types('/mcp');
    expect(app.last.channel_name).toBe('directmessage');
    await ana.types('/mcp', { channel: acme.channel('secret', [ana], { private: true }) });
    expect(app.last.channel_name).toBe('privategroup');
  });

  it('is refused by the client in threads, where it is unknown, and where the channel is archived', async () => {
    const channel = acme.channel('general', [ana]);
    const top = await ana.types('top', { channel });
    if (top.kind !== 'message') throw new Error('not sent');
    const refused = { kind: 'refused', reason: '/mcp is not supported in threads. Sorry!' };
    expect(await ana.types('/mcp', { thread: top.message })).toEqual(refused);
    expect(await ana.types('/other')).toMatchObject({ kind: 'refused' });
    channel.archive();
    expect(await ana.types('/mcp', { channel })).toMatchObject({ kind: 'refused' });
    expect(slack.deliveries.filter(({ kind }) => kind === 'slash_commands')).toEqual([]);
  });

  it('is a message with a space before it', async () => {
    expect(await ana.types(' /mcp auth')).toMatchObject({ kind: 'message', message: { text: '/mcp auth' } });
  });

  it('can be answered in the acknowledgement, which uses nothing of the response_url', async () => {
    answer = { text: 'hello' };
    await ana.types('/mcp');
    expect(ana.messages()).toMatchObject([{ text: 'hello', ephemeral: true }]);
    expect(slack.responseUrl(responseUrl())).toMatchObject({ usesLeft: 5 });
    answer = { blocks: [{ type: 'carpet' }] };
    expect(await ana.types('/mcp')).toEqual({ kind: 'command', error: 'invalid_command_response' });
  });

  it('that nobody hears fails at once', async () => {
    app.close();
    await expect.poll(() => slack.sockets.open).toBe(0);
    expect(await ana.types('/mcp')).toEqual({ kind: 'command', error: 'dispatch_failed' });
    expect(ana.sees()).toBe('Slackbot: /mcp failed with the error "dispatch_failed"');
  });
});

describe('the response_url of a command', () => {
  it('posts for one person, in places where the bot is not', async () => {
    const ben = acme.person('Ben');
    const channel = acme.channel('secret', [ana, ben], { private: true, bot: false });
    await ana.types('/mcp', { channel });
    expect(await respond(responseUrl(), { text: 'psst' })).toEqual({ status: 200, body: 'ok' });
    expect(ana.sees({ channel })).toBe('acmemcp: psst');
    expect(ben.sees({ channel })).toBe('');
    await respond(responseUrl(), { text: 'all', response_type: 'in_channel' });
    expect(ben.sees({ channel })).toBe('acmemcp: all');
  });

  it('replaces and deletes nothing: a new message comes each time', async () => {
    await ana.types('/mcp');
    await respond(responseUrl(), { text: 'one' });
    await respond(responseUrl(), { text: 'two', replace_original: true });
    await respond(responseUrl(), { text: 'three', delete_original: true });
    expect(ana.messages().map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });

  it('works five times', async () => {
    await ana.types('/mcp');
    for (const text of ['1', '2', '3', '4', '5'])
      expect(await respond(responseUrl(), { text })).toMatchObject({ status: 200 });
    const sixth = await respond(responseUrl(), { text: '6' });
    expect(sixth).toEqual({ status: 404, body: '{"ok":false,"error":"used_url"}' });
    expect(slack.callsOf('response_url').map(({ outcome }) => outcome)).toEqual([
      ...Array(5).fill('ok'),
      'used_url',
    ]);
  });

  it('works for thirty minutes', async () => {
    await ana.types('/mcp');
    clock.advance(29 * 60_000);
    expect(await respond(responseUrl(), { text: 'late' })).toMatchObject({ status: 200 });
    clock.advance(60_000);
    const late = await respond(responseUrl(), { text: 'too late' });
    expect(late).toEqual({ status: 404, body: '{"ok":false,"error":"expired_url"}' });
  });

  it('refuses what is no message, unknown addresses, and a removed app', async () => {
    await ana.types('/mcp');
    expect(await respond(responseUrl(), {})).toMatchObject({
      status: 400,
      body: expect.stringContaining('no_text'),
    });
    const carpet = await respond(responseUrl(), { blocks: [{ type: 'carpet' }] });
    expect(carpet).toMatchObject({ status: 400, body: expect.stringContaining('invalid_blocks') });
    expect(await respond(`${slack.hooksOrigin}/commands/T1/1/x`, { text: 'x' })).toMatchObject({
      status: 404,
    });
    const url = responseUrl();
    await acme.uninstall();
    expect(await respond(url, { text: 'x' })).toMatchObject({ status: 404 });
  });

  it('can fail like any call', async () => {
    await ana.types('/mcp');
    slack.fail('response_url', { status: 429, retryAfterSeconds: 3 });
    const answered = await fetch(responseUrl(), { method: 'POST', body: '{}' });
    expect([answered.status, answered.headers.get('retry-after')]).toEqual([429, '3']);
    expect(slack.responseUrl(responseUrl())).toMatchObject({ usesLeft: 5 });
  });
});

describe('a button', () => {
  async function asked(channel = acme.channel('general', [ana])) {
    await ana.types('/mcp', { channel });
    await respond(responseUrl(), { text: 'ask', blocks: [go] });
    return channel;
  }

  it('in an ephemeral message tells which, without the message', async () => {
    const channel = await asked();
    expect(await ana.presses('Go', { channel })).toEqual({ acknowledged: true });
    expect(app.last).toMatchObject({
      type: 'block_actions',
      user: { id: ana.id, team_id: acme.id },
      team: { id: acme.id },
      channel: { id: channel.id },
      container: { type: 'message', channel_id: channel.id, is_ephemeral: true },
      actions: [{ type: 'button', action_id: 'go', text: { text: 'Go' } }],
      is_enterprise_install: false,
    });
    expect(app.last.message).toBeUndefined();
  });

  it('has a response_url that replaces its message, though that is ephemeral, or deletes it', async () => {
    const channel = await asked();
    await ana.presses('Go');
    await respond(responseUrl(), { text: 'half done', replace_original: true });
    expect(ana.messages({ channel })).toMatchObject([{ text: 'half done', ephemeral: true }]);
    await respond(responseUrl(), { text: 'beside', replace_original: false });
    expect(ana.messages({ channel }).map(({ text }) => text)).toEqual(['half done', 'beside']);
    await respond(responseUrl(), { delete_original: true });
    expect(ana.messages({ channel }).map(({ text }) => text)).toEqual(['beside']);
  });

  it('replaces nothing that anybody sees once the client was reloaded', async () => {
    const channel = await asked();
    await ana.presses('Go');
    ana.reloads();
    expect(await respond(responseUrl(), { text: 'done', replace_original: true })).toMatchObject({
      status: 200,
    });
    expect(ana.sees({ channel })).toBe('');
  });

  it('is pressed only where it is seen, but can be forged', async () => {
    const ben = acme.person('Ben');
    const channel = await asked(acme.channel('general', [ana, ben]));
    expect(ben.messages({ channel }).flatMap(({ buttons }) => buttons)).toEqual([]);
    const [message] = ana.messages({ channel });
    if (message === undefined) throw new Error('nothing there');
    await ben.forgesPress(message, { action_id: 'go', block_id: 'x', value: 'forged' });
    expect(app.last).toMatchObject({ user: { id: ben.id }, actions: [{ action_id: 'go', value: 'forged' }] });
  });

  it('with an address opens it, and tells the app as well', async () => {
    const elements = [{ ...go.elements[0], url: 'https://a.example/', action_id: 'open' }];
    const blocks = [{ type: 'actions', elements }];
    await callApi(slack, acme.botToken, 'chat.postMessage', { channel: ana.id, text: 'x', blocks });
    expect(ana.sees()).toBe('acmemcp: \n[Go: https://a.example/]');
    expect(await ana.presses('Go')).toEqual({ acknowledged: true, url: 'https://a.example/' });
    expect(app.last).toMatchObject({
      message: { bot_id: acme.bot.botId },
      actions: [{ url: 'https://a.example/' }],
    });
  });
});
