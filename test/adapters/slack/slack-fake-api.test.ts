import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callApi, callForm } from '../../helpers/slack/api-call.js';
import { type Slack, type SlackPerson, type SlackWorkspace, startSlack } from '../../helpers/slack/slack.js';

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
beforeEach(async () => {
  slack = await startSlack();
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
});
afterEach(() => slack.close());

const call = (method: string, args: object = {}) => callApi(slack, acme.botToken, method, args);
const refusal = (error: string) => expect.objectContaining({ ok: false, error });

describe('tokens', () => {
  it('are asked for, and only those that were given out work', async () => {
    const bare = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST' });
    expect(await bare.json()).toEqual(refusal('not_authed'));
    expect(await callApi(slack, 'xoxb-unknown', 'auth.test')).toEqual(refusal('invalid_auth'));
    expect(await callApi(slack, slack.appToken, 'auth.test')).toEqual(refusal('not_allowed_token_type'));
    expect(await call('apps.connections.open')).toEqual(refusal('not_allowed_token_type'));
    expect(await callApi(slack, 'xapp-1-other', 'apps.connections.open')).toEqual(refusal('invalid_auth'));
    expect(await call('auth.test')).toMatchObject({ ok: true, team_id: acme.id, bot_id: acme.bot.botId });
  });

  it('count in a form field too, but not in a JSON body', async () => {
    const token = acme.botToken;
    const byForm = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
    });
    expect(await byForm.json()).toMatchObject({ ok: true });
    const headers = { 'content-type': 'application/json' };
    const byJson = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ token }),
    });
    expect(await byJson.json()).toEqual(refusal('not_authed'));
  });

  it('end with a revocation, with the removal of the app, and come anew with an installation', async () => {
    const old = acme.botToken;
    await acme.revokeToken();
    expect(await call('auth.test')).toEqual(refusal('token_revoked'));
    acme.reinstall();
    expect(await call('auth.test')).toMatchObject({ ok: true });
    expect(await callApi(slack, old, 'auth.test')).toEqual(refusal('account_inactive'));
    await acme.uninstall();
    expect(await call('auth.test')).toEqual(refusal('account_inactive'));
  });

  it('carry scopes: named in a header, and what is missing in the refusal', async () => {
    acme.setScopes(['commands', 'users:read']);
    const headers = { authorization: `Bearer ${acme.botToken}` };
    const answer = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST', headers });
    expect(answer.headers.get('x-oauth-scopes')).toBe('commands,users:read');
    expect(await call('conversations.open', { users: ana.id })).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'im:write',
      provided: 'commands,users:read',
    });
  });

  it('are in no record of a call', async () => {
    await callForm(slack, acme.botToken, 'auth.test', { token: acme.botToken });
    expect(JSON.stringify(slack.calls)).not.toContain(acme.botToken);
    expect(slack.callsOf('auth.test')).toMatchObject([{ team: acme.id, status: 200, outcome: 'ok' }]);
  });
});

describe('the door', () => {
  it('refuses other bodies, broken JSON, and methods that there are not', async () => {
    const post = async (type: string, body: string) => {
      const headers = { 'content-type': type, authorization: `Bearer ${acme.botToken}` };
      return (await fetch(`${slack.apiUrl}auth.test`, { method: 'POST', headers, body })).json();
    };
    expect(await post('text/plain', 'hi')).toEqual(refusal('invalid_post_type'));
    expect(await post('application/json', '{')).toEqual(refusal('invalid_json'));
    expect(await post('application/json', '[]')).toEqual(refusal('json_not_object'));
    expect(await call('chat.shout')).toEqual(refusal('unknown_method'));
    expect((await fetch(`${slack.hooksOrigin}/elsewhere`)).status).toBe(404);
  });

  it('does not read JSON for methods that take only forms', async () => {
    expect(await call('users.info', { user: ana.id })).toEqual(refusal('user_not_found'));
    const answer = await callForm(slack, acme.botToken, 'users.info', { user: ana.id });
    expect(answer).toMatchObject({
      ok: true,
      user: { id: ana.id, name: 'ana', team_id: acme.id, is_bot: false },
    });
  });

  it('goes wrong as it is told, and writes that down', async () => {
    const send = () => call('chat.postMessage', { channel: ana.id, text: 'hi' });
    slack.fail('chat.postMessage', { error: 'internal_error' });
    expect(await send()).toEqual(refusal('internal_error'));
    slack.fail('chat.postMessage', 'drop-before');
    await expect(send()).rejects.toThrow();
    expect(ana.messages()).toHaveLength(0);
    slack.fail('chat.postMessage', 'drop-after');
    await expect(send()).rejects.toThrow();
    expect(ana.messages()).toHaveLength(1);
    slack.fail('*', { status: 503, body: 'down' }, 2);
    for (const _ of [1, 2]) await expect(send()).rejects.toThrow();
    slack.fail('chat.postMessage', { delayMs: 1 });
    expect(await send()).toMatchObject({ ok: true });
    const records = slack.calls.map(({ status, outcome }) => `${status} ${outcome}`);
    expect(records).toEqual(['200 internal_error', '0 cut', '0 cut', '503 503', '503 503', '200 ok']);
  });

  it('keeps its port through an outage', async () => {
    await slack.goDown();
    await expect(call('auth.test')).rejects.toThrow();
    await slack.comeBack();
    expect(await call('auth.test')).toMatchObject({ ok: true });
  });
});

describe('chat.postMessage', () => {
  const post = (args: object) => call('chat.postMessage', { text: 'hi', ...args });

  it('goes where the bot is, and to nobody who is not there', async () => {
    const open = acme.channel('open', [ana], { bot: false });
    const secret = acme.channel('secret', [ana], { private: true, bot: false });
    expect(await post({ channel: open.id })).toEqual(refusal('not_in_channel'));
    expect(await post({ channel: secret.id })).toEqual(refusal('channel_not_found'));
    expect(await post({ channel: 'C0NOWHERE' })).toEqual(refusal('channel_not_found'));
    expect(await post({ channel: 'U0NOBODY' })).toEqual(refusal('channel_not_found'));
    expect(await post({})).toEqual(refusal('channel_not_found'));
    open.inviteBot();
    expect(await post({ channel: open.id })).toMatchObject({ ok: true, channel: open.id });
    open.archive();
    expect(await post({ channel: open.id })).toEqual(refusal('is_archived'));
    expect(ana.sees({ channel: open })).toBe('acmemcp: hi');
  });

  it('needs a text or blocks, and takes no endless one', async () => {
    expect(await post({ channel: ana.id, text: '' })).toEqual(refusal('no_text'));
    expect(await post({ channel: ana.id, text: 'x'.repeat(40_001) })).toEqual(refusal('msg_too_long'));
    expect(await post({ channel: ana.id, blocks: 'no list' })).toEqual(refusal('invalid_blocks_format'));
  });

  it('replies in threads that there are', async () => {
    const channel = acme.channel('general', [ana]);
    const top = await post({ channel: channel.id });
    expect(await post({ channel: channel.id, thread_ts: top.ts, text: 'below' })).toMatchObject({ ok: true });
    expect(await post({ channel: channel.id, thread_ts: '1.000001' })).toEqual(refusal('invalid_thread_ts'));
    const [thread] = ana.messages({ channel });
    expect(ana.sees({ channel })).toBe('acmemcp: hi');
    expect(ana.sees(thread && { thread })).toBe('acmemcp: hi\n\nacmemcp: below');
  });
});

describe('chat.postEphemeral', () => {
  const post = (args: object) => call('chat.postEphemeral', { text: 'psst', ...args });

  it('is for one member, and nobody else sees it', async () => {
    const [ben, eve] = [acme.person('Ben'), acme.person('Eve')];
    const channel = acme.channel('general', [ana, ben]);
    expect(await post({ channel: channel.id, user: ana.id })).toMatchObject({ ok: true });
    expect(await post({ channel: channel.id, user: eve.id })).toEqual(refusal('user_not_in_channel'));
    expect(await post({ channel: channel.id })).toEqual(refusal('invalid_arguments'));
    expect(ana.sees({ channel })).toBe('acmemcp: psst');
    expect(ben.sees({ channel })).toBe('');
  });

  it('needs the bot in the channel, and the channel alive', async () => {
    const channel = acme.channel('general', [ana], { bot: false });
    expect(await post({ channel: channel.id, user: ana.id })).toEqual(refusal('not_in_channel'));
    channel.inviteBot();
    channel.archive();
    expect(await post({ channel: channel.id, user: ana.id })).toEqual(refusal('is_archived'));
  });

  it('cannot be edited, deleted, or seen after a reload', async () => {
    const channel = acme.channel('general', [ana]);
    const { message_ts: ts } = await post({ channel: channel.id, user: ana.id });
    const place = { channel: channel.id, ts };
    expect(await call('chat.update', { ...place, text: 'new' })).toEqual(refusal('message_not_found'));
    expect(await call('chat.delete', place)).toEqual(refusal('message_not_found'));
    ana.reloads();
    expect(ana.sees({ channel })).toBe('');
  });

  it('shows in a thread only where somebody has replied', async () => {
    const channel = acme.channel('general', [ana]);
    const asked = await ana.types('what now?', { channel });
    if (asked.kind !== 'message') throw new Error('not sent');
    const thread = asked.message;
    const reply = () => post({ channel: channel.id, user: ana.id, thread_ts: thread.ts });
    expect(await reply()).toMatchObject({ ok: true });
    expect(ana.sees({ thread })).toBe('ana: what now?');
    await ana.types('anyone?', { thread });
    expect(await reply()).toMatchObject({ ok: true });
    expect(ana.sees({ thread })).toContain('acmemcp: psst');
    expect(ana.sees({ channel })).toBe('ana: what now?');
  });

  it('is lost on somebody whose client is off', async () => {
    const away = acme.person('Away', { online: false });
    const channel = acme.channel('general', [away]);
    expect(await post({ channel: channel.id, user: away.id })).toMatchObject({ ok: true });
    expect(away.sees({ channel })).toBe('');
  });
});

describe('chat.update and chat.delete', () => {
  it('are for the bot’s own messages', async () => {
    const channel = acme.channel('general', [ana]);
    const own = await call('chat.postMessage', { channel: channel.id, text: 'one' });
    const place = { channel: channel.id, ts: own.ts };
    expect(await call('chat.update', { ...place, text: 'two' })).toMatchObject({ ok: true, text: 'two' });
    expect(ana.messages({ channel })).toMatchObject([{ text: 'two', edited: true }]);
    expect(await call('chat.update', { ...place, text: '' })).toEqual(refusal('no_text'));
    expect(await call('chat.delete', place)).toMatchObject({ ok: true });
    expect(await call('chat.delete', place)).toEqual(refusal('message_not_found'));
    expect(ana.sees({ channel })).toBe('');
  });

  it('are not for those of people', async () => {
    const channel = acme.channel('general', [ana]);
    const typed = await ana.types('mine', { channel });
    if (typed.kind !== 'message') throw new Error('not sent');
    const place = { channel: channel.id, ts: typed.message.ts };
    expect(await call('chat.update', { ...place, text: 'x' })).toEqual(refusal('cant_update_message'));
    expect(await call('chat.delete', place)).toEqual(refusal('cant_delete_message'));
    await ana.erases(typed.message);
    expect(ana.sees({ channel })).toBe('');
  });

  it('stop at an archived channel', async () => {
    const channel = acme.channel('general', [ana]);
    const { ts } = await call('chat.postMessage', { channel: channel.id, text: 'one' });
    channel.archive();
    expect(await call('chat.update', { channel: channel.id, ts, text: 'two' })).toEqual(
      refusal('is_inactive'),
    );
  });
});

describe('conversations.open', () => {
  const open = (users: string) => call('conversations.open', { users });

  it('opens one DM with each person, and says when it was open', async () => {
    const first = await open(ana.id);
    expect(first).toMatchObject({ ok: true, channel: { id: expect.stringMatching(/^D/) } });
    expect(await open(ana.id)).toMatchObject({ ok: true, already_open: true, channel: first.channel });
  });

  it('refuses bots, itself, the deactivated, and nobody', async () => {
    const robot = acme.person('Robot', { isBot: true });
    const left = acme.person('Left');
    left.deactivate();
    expect(await open(robot.id)).toEqual(refusal('cannot_dm_bot'));
    expect(await open(acme.bot.userId)).toEqual(refusal('cannot_dm_bot'));
    expect(await open(left.id)).toEqual(refusal('user_disabled'));
    expect(await open('U0NOBODY')).toEqual(refusal('user_not_found'));
    expect(await open('')).toEqual(refusal('users_list_not_supplied'));
  });
});

describe('look-ups', () => {
  const ask = (method: string, args: Record<string, string>) => callForm(slack, acme.botToken, method, args);

  it('tell of a channel only to who may read its kind', async () => {
    const channel = acme.channel('general', [ana]);
    expect(await ask('conversations.info', { channel: channel.id })).toMatchObject({
      needed: 'channels:read',
    });
    acme.setScopes(['channels:read']);
    const info = await ask('conversations.info', { channel: channel.id });
    expect(info).toMatchObject({ channel: { name: 'general', is_member: true, is_archived: false } });
    const { members } = await ask('conversations.members', { channel: channel.id });
    expect(members).toEqual([ana.id, acme.bot.userId]);
  });

  it('tell that an account is closed', async () => {
    ana.deactivate();
    expect(await ask('users.info', { user: ana.id })).toMatchObject({ user: { deleted: true } });
  });
});
