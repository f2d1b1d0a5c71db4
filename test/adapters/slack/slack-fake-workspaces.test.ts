import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callApi, callForm, respond } from '../../helpers/slack/api-call.js';
import { openRawApp, type RawApp } from '../../helpers/slack/raw-app.js';
import { type Slack, startSlack } from '../../helpers/slack/slack.js';

let slack: Slack;
let app: RawApp;
beforeEach(async () => {
  slack = await startSlack();
  app = await openRawApp(slack);
});
afterEach(async () => {
  app.close();
  await slack.close();
});

const refusal = (error: string) => expect.objectContaining({ ok: false, error });
const elements = [{ type: 'button', text: { type: 'plain_text', text: 'Go' }, action_id: 'go' }];
const blocks = [{ type: 'actions', elements }];
const modal = { type: 'modal', title: { type: 'plain_text', text: 'Key' }, blocks: [{ type: 'divider' }] };

describe('two workspaces', () => {
  it('have a token each, which reaches only its own', async () => {
    const [acme, other] = [slack.workspace('Acme'), slack.workspace('Other')];
    const [ana, eve] = [acme.person('Ana'), other.person('Eve', { id: 'U0SAME' })];
    const twin = acme.person('Twin', { id: 'U0SAME' });
    const channel = acme.channel('general', [ana]);
    const post = (token: string, to: string) =>
      callApi(slack, token, 'chat.postMessage', { channel: to, text: 'hi' });
    expect(await post(other.botToken, channel.id)).toEqual(refusal('channel_not_found'));
    expect(await post(other.botToken, ana.id)).toEqual(refusal('channel_not_found'));
    await post(acme.botToken, 'U0SAME');
    expect([twin.sees(), eve.sees()]).toEqual(['acmemcp: hi', '']);
    expect(slack.callsOf('chat.postMessage').map(({ team }) => team)).toEqual([other.id, other.id, acme.id]);
  });

  it('are told apart in every payload', async () => {
    const [acme, other] = [slack.workspace('Acme'), slack.workspace('Other')];
    await acme.person('Ana').types('/mcp');
    expect(app.last.team_id).toBe(acme.id);
    await other.person('Eve').types('/mcp');
    expect(app.last).toMatchObject({ team_id: other.id, team_domain: 'other' });
  });

  it('lose the app one by one', async () => {
    const [acme, other] = [slack.workspace('Acme'), slack.workspace('Other')];
    const ana = acme.person('Ana');
    await acme.uninstall();
    expect(await ana.types('/mcp')).toMatchObject({ kind: 'refused' });
    expect(await callApi(slack, acme.botToken, 'auth.test')).toEqual(refusal('account_inactive'));
    expect(await callApi(slack, other.botToken, 'auth.test')).toMatchObject({ ok: true });
    acme.reinstall();
    expect(await ana.types('/mcp')).toEqual({ kind: 'command' });
  });
});

describe('Enterprise Grid', () => {
  it('has a token for each workspace, and names the org', async () => {
    const acme = slack.workspace('Acme', { enterpriseId: 'E1' });
    const labs = slack.workspace('Labs', { enterpriseId: 'E1' });
    expect(acme.botToken).not.toBe(labs.botToken);
    const ana = acme.person('Ana');
    await labs.admit(ana).types('/mcp');
    expect(app.last).toMatchObject({
      team_id: labs.id,
      enterprise_id: 'E1',
      user_id: ana.id,
      is_enterprise_install: 'false',
    });
    expect(() => slack.workspace('Other').admit(ana)).toThrow('Enterprise Grid');
  });

  it('has one token where the app is installed for the org, and payloads without a team', async () => {
    const options = { enterpriseId: 'E1', orgInstall: true };
    const [acme, labs] = [slack.workspace('Acme', options), slack.workspace('Labs', options)];
    expect(acme.botToken).toBe(labs.botToken);
    expect(await callApi(slack, acme.botToken, 'auth.test')).toMatchObject({
      is_enterprise_install: true,
      enterprise_id: 'E1',
    });
    const ana = labs.person('Ana');
    await ana.types('/mcp');
    expect(app.last).toMatchObject({ team_id: labs.id, is_enterprise_install: 'true' });
    await respond(String(app.last.response_url), { blocks });
    await ana.presses('Go');
    expect(app.last).toMatchObject({
      team: null,
      user: { team_id: labs.id },
      enterprise: { id: 'E1' },
      is_enterprise_install: true,
    });
    await ana.types('hi');
    expect(app.last).toMatchObject({
      team_id: labs.id,
      authorizations: [{ enterprise_id: 'E1', team_id: null, is_enterprise_install: true }],
    });
  });
});

describe('Slack Connect', () => {
  async function shared() {
    const acme = slack.workspace('Acme');
    const partner = slack.workspace('Partner', { installed: false });
    const [ana, eve] = [acme.person('Ana'), partner.person('Eve')];
    const channel = acme.channel('shared', [ana, eve], { sharedWith: [partner] });
    return { acme, partner, ana, eve, channel };
  }

  it('brings mentions by strangers to the host’s app, with their own team beside the host’s', async () => {
    const { acme, partner, eve, channel } = await shared();
    await eve.types('@acmemcp mcp', { channel });
    expect(app.last).toMatchObject({
      team_id: acme.id,
      authorizations: [{ team_id: acme.id }],
      is_ext_shared_channel: true,
      event: {
        type: 'app_mention',
        user: eve.id,
        user_team: partner.id,
        source_team: partner.id,
        team: partner.id,
      },
    });
  });

  it('has the host’s team on a stranger’s press, and the stranger’s on their submission', async () => {
    const { acme, partner, eve, channel } = await shared();
    await callApi(slack, acme.botToken, 'chat.postMessage', { channel: channel.id, text: 'x', blocks });
    await eve.presses('Go');
    expect(app.last).toMatchObject({ team: { id: acme.id }, user: { id: eve.id, team_id: partner.id } });
    const { trigger_id } = app.last;
    const view = { ...modal, submit: modal.title };
    await callApi(slack, acme.botToken, 'views.open', { trigger_id, view });
    await eve.submits({});
    expect(app.last).toMatchObject({
      team: { id: partner.id },
      user: { team_id: partner.id },
      view: { app_installed_team_id: acme.id },
    });
  });

  it('does not give strangers the host’s commands', async () => {
    const { eve, channel } = await shared();
    expect(await eve.types('/mcp', { channel })).toMatchObject({ kind: 'refused' });
  });

  it('knows strangers as such, reaches them in the channel, and not in a DM', async () => {
    const { acme, partner, eve, channel } = await shared();
    const info = await callForm(slack, acme.botToken, 'users.info', { user: eve.id });
    expect(info).toMatchObject({ user: { team_id: partner.id, is_stranger: true } });
    const place = { channel: channel.id, user: eve.id, text: 'psst' };
    expect(await callApi(slack, acme.botToken, 'chat.postEphemeral', place)).toMatchObject({ ok: true });
    expect(eve.sees({ channel })).toBe('acmemcp: psst');
    const open = await callApi(slack, acme.botToken, 'conversations.open', { users: eve.id });
    expect(open).toEqual(refusal('user_not_found'));
  });

  it('gives a stranger’s command to their own workspace’s app', async () => {
    const [acme, other] = [slack.workspace('Acme'), slack.workspace('Other')];
    const eve = other.person('Eve');
    const channel = acme.channel('shared', [eve], { sharedWith: [other] });
    await eve.types('/mcp', { channel });
    expect(app.last).toMatchObject({ team_id: other.id, channel_id: channel.id, user_id: eve.id });
    await respond(String(app.last.response_url), { text: 'yours' });
    expect(eve.sees({ channel })).toBe('acmemcp: yours');
  });
});
