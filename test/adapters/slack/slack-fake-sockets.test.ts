import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { callApi } from '../../helpers/slack/api-call.js';
import { type Answer, openRawApp, type RawApp } from '../../helpers/slack/raw-app.js';
import {
  type Slack,
  type SlackOptions,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
} from '../../helpers/slack/slack.js';

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
const apps: RawApp[] = [];

async function start(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack({ eventRetryMs: [1, 1], ...options });
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
}
beforeEach(() => start());
afterEach(async () => {
  for (const app of apps.splice(0)) app.close();
  await slack.close();
});

async function restart(options: SlackOptions): Promise<void> {
  await slack.close();
  await start(options);
}

async function connect(answer?: () => Answer): Promise<RawApp> {
  const app = await openRawApp(slack, answer);
  apps.push(app);
  return app;
}

const closed = ({ socket }: RawApp) => expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);

describe('a socket', () => {
  it('is opened by a ticket, once, and greeted', async () => {
    const { url } = await callApi(slack, slack.appToken, 'apps.connections.open');
    const first = new WebSocket(String(url));
    const hello = await new Promise((resolve) =>
      first.once('message', (data) => resolve(JSON.parse(String(data)))),
    );
    expect(hello).toMatchObject({
      type: 'hello',
      num_connections: 1,
      connection_info: { app_id: slack.appId },
    });
    const again = new WebSocket(String(url));
    const refused = await new Promise<Error>((resolve) => again.once('error', resolve));
    expect(refused.message).toContain('401');
    first.terminate();
  });

  it('brings commands that take an answer, and events that take none', async () => {
    const app = await connect();
    await ana.types('/mcp');
    expect(app.heard.at(-1)).toMatchObject({ type: 'slash_commands', accepts_response_payload: true });
    await ana.types('hi');
    expect(app.heard.at(-1)).toMatchObject({
      type: 'events_api',
      accepts_response_payload: false,
      retry_attempt: 0,
    });
  });

  it('shares with its like: each envelope goes to one', async () => {
    const two = [await connect(), await connect()];
    for (const _ of [1, 2, 3, 4]) await ana.types('/mcp');
    expect(slack.sockets.envelopes).toEqual([2, 2]);
    const ids = two.flatMap(({ heard }) => heard.map(({ envelope_id }) => envelope_id)).filter(Boolean);
    expect(new Set(ids).size).toBe(4);
  });

  it('is told when there are too many', async () => {
    await restart({ maxSockets: 1 });
    await connect();
    const second = await connect();
    expect(second.heard).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }]);
    await closed(second);
    expect(slack.sockets.open).toBe(1);
  });

  it('is told to go, and then closed, and gets nothing more', async () => {
    const old = await connect();
    slack.sockets.disconnect('refresh_requested');
    await closed(old);
    expect(old.heard.at(-1)).toMatchObject({ type: 'disconnect', reason: 'refresh_requested' });
    const fresh = await connect();
    expect(await ana.types('/mcp')).toEqual({ kind: 'command' });
    expect(fresh.heard).toHaveLength(2);
  });

  it('is only warned first', async () => {
    const app = await connect();
    slack.sockets.disconnect('warning');
    expect(await ana.types('/mcp')).toEqual({ kind: 'command' });
    expect(app.heard.map(({ type }) => type)).toEqual(['hello', 'disconnect', 'slash_commands']);
  });

  it('ends with the app token, which opens no other', async () => {
    const app = await connect();
    slack.revokeAppToken();
    await closed(app);
    expect(app.heard.at(-1)).toMatchObject({ reason: 'link_disabled' });
    expect(await callApi(slack, slack.appToken, 'apps.connections.open')).toMatchObject({
      error: 'invalid_auth',
    });
  });

  it('cut before the acknowledgement fails the command at once', async () => {
    await restart({ ackWithinMs: 60_000 });
    const app = await connect(() => 'silent');
    const typed = ana.types('/mcp');
    await expect.poll(() => app.heard.length).toBe(2);
    slack.sockets.drop();
    expect(await typed).toEqual({ kind: 'command', error: 'dispatch_failed' });
  });

  it('pings and pongs, until it hangs', async () => {
    await restart({ socketPingMs: 5, ackWithinMs: 100 });
    const app = await connect();
    let pings = 0;
    let pongs = 0;
    app.socket.on('ping', () => (pings += 1));
    app.socket.on('pong', () => (pongs += 1));
    await expect.poll(() => pings).toBeGreaterThan(1);
    app.socket.ping();
    await expect.poll(() => pongs).toBe(1);
    slack.sockets.freeze();
    app.socket.ping();
    expect(await ana.types('/mcp')).toMatchObject({ error: 'operation_timeout' });
    expect(pongs).toBe(1);
    slack.sockets.thaw();
    app.socket.ping();
    await expect.poll(() => pongs).toBe(2);
  });

  it('carries any text', async () => {
    const app = await connect();
    slack.sockets.send('{"type":"news"}');
    await expect.poll(() => app.heard.at(-1)).toEqual({ type: 'news' });
  });
});

describe('an acknowledgement', () => {
  it('that does not come in time is told to the person, and a command is not tried again', async () => {
    await restart({ ackWithinMs: 100 });
    await connect(() => 'silent');
    expect(await ana.types('/mcp')).toEqual({ kind: 'command', error: 'operation_timeout' });
    expect(ana.sees()).toContain('failed with the error "operation_timeout"');
    expect(slack.deliveries).toMatchObject([{ kind: 'slash_commands', retry: 0, ackedAfterMs: undefined }]);
  });

  it('that does not come for an event brings the event again, marked, twice here', async () => {
    await restart({ ackWithinMs: 100 });
    const app = await connect(() => 'silent');
    await ana.types('hi');
    await expect.poll(() => slack.deliveries.length).toBe(3);
    const events = app.heard.filter(({ type }) => type === 'events_api');
    expect(events.map(({ retry_attempt, retry_reason }) => [retry_attempt, retry_reason])).toEqual([
      [0, ''],
      [1, 'timeout'],
      [2, 'timeout'],
    ]);
    expect(new Set(events.map(({ payload }) => payload?.event_id)).size).toBe(1);
    expect(new Set(events.map(({ envelope_id }) => envelope_id)).size).toBe(3);
  });

  it('can be asked for once more', async () => {
    const app = await connect();
    await ana.types('hi');
    const [first] = slack.deliveries;
    if (first === undefined) throw new Error('nothing delivered');
    const again = await slack.redeliver(first);
    expect(again.ackedAfterMs).toBeDefined();
    expect(app.heard.at(-1)?.payload).toEqual(first.payload);
  });
});

describe('events', () => {
  it('tell of mentions in channels and of all in the DM, as far as scopes and subscription go', async () => {
    const app = await connect();
    const channel = acme.channel('general', [ana]);
    await ana.types('no mention', { channel });
    expect(slack.deliveries).toEqual([]);
    await ana.types('@acmemcp mcp <auth> @ana', { channel });
    expect(app.last).toMatchObject({
      type: 'event_callback',
      team_id: acme.id,
      authorizations: [
        { team_id: acme.id, user_id: acme.bot.userId, is_bot: true, is_enterprise_install: false },
      ],
      is_ext_shared_channel: false,
      event: {
        type: 'app_mention',
        user: ana.id,
        channel: channel.id,
        text: `<@${acme.bot.userId}> mcp &lt;auth&gt; <@${ana.id}>`,
      },
    });
    acme.setScopes([]);
    await ana.types('@acmemcp again', { channel });
    await ana.types('in the DM');
    expect(slack.deliveries).toHaveLength(1);
  });

  it('tell whose thread a mention is in', async () => {
    const app = await connect();
    const channel = acme.channel('general', [ana]);
    const top = await ana.types('top', { channel });
    if (top.kind !== 'message') throw new Error('not sent');
    await ana.types('@acmemcp here', { thread: top.message });
    expect(app.last.event).toMatchObject({ thread_ts: top.message.ts, parent_user_id: ana.id });
  });

  it('bring the bot’s own messages in the DM back to it, and what becomes of them', async () => {
    const app = await connect();
    const { ts, channel } = await callApi(slack, acme.botToken, 'chat.postMessage', {
      channel: ana.id,
      text: 'a',
    });
    await callApi(slack, acme.botToken, 'chat.update', { channel, ts, text: 'b' });
    await callApi(slack, acme.botToken, 'chat.delete', { channel, ts });
    await expect.poll(() => app.heard.length).toBe(4);
    const [posted, changed, deleted] = app.heard.slice(1).map(({ payload }) => payload?.event);
    expect(posted).toMatchObject({ type: 'message', channel_type: 'im', bot_id: acme.bot.botId, text: 'a' });
    expect(changed).toMatchObject({ subtype: 'message_changed', message: { text: 'b' } });
    expect(deleted).toMatchObject({ subtype: 'message_deleted', deleted_ts: ts });
  });

  it('tell that the home was opened, and that the app is gone', async () => {
    const app = await connect();
    await ana.opensHome('messages');
    expect(app.last.event).toMatchObject({ type: 'app_home_opened', user: ana.id, tab: 'messages' });
    await acme.uninstall();
    const [gone, revoked] = app.heard.slice(-2).map(({ payload }) => payload?.event);
    expect(gone).toMatchObject({ type: 'app_uninstalled' });
    expect(revoked).toMatchObject({ type: 'tokens_revoked', tokens: { bot: [acme.bot.userId] } });
  });

  it('can be anything', async () => {
    const app = await connect();
    await acme.event({ type: 'message', user: null }, { event_id: 'Ev1' });
    expect(app.last).toMatchObject({ event_id: 'Ev1', event: { type: 'message', user: null } });
  });
});
