import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { SlackPerson, SlackWorkspace } from '../helpers/slack/face.js';
import type { Slack } from '../helpers/slack/slack.js';
import { settledRecords } from './records.js';
import { answerTo, heard, newest, onlyFor, untilSees, useSlack, WEBHOOK } from './slack-scene.js';

const slacks = useSlack();

interface Hooked {
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly ana: SlackPerson;
  readonly gateway: RunningGateway;
  readonly hook: URL;
}

async function hooked(): Promise<Hooked> {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const ana = acme.person('Ana');
  const gateway = await slacks.hooked(slack, [acme], onlyFor(ana));
  await answerTo(ana, '/mcp help');
  return { slack, acme, ana, gateway, hook: new URL(`${gateway.url}${WEBHOOK}`) };
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Written by hand: `fetch` would tidy up paths and headers. */
function post(to: URL, path: string, body: string, headers: Headers = {}, method = 'POST') {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const { hostname: host, port } = to;
    const sent = request(
      { host, port, path, method, headers: { connection: 'close', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const TIME = 'x-slack-request-timestamp';
const SIGNATURE = 'x-slack-signature';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** As if Ana had typed it into her DM. */
function command({ acme, ana, slack }: Hooked, text: string, trigger = `${Math.random()}`): string {
  return new URLSearchParams({
    command: '/mcp',
    text,
    team_id: acme.id,
    user_id: ana.id,
    user_name: 'ana',
    channel_id: newest(ana).channel,
    api_app_id: slack.appId,
    is_enterprise_install: 'false',
    trigger_id: trigger,
  }).toString();
}

function signature(secret: string, timestamp: string, body: string, version = 'v0'): string {
  return `${version}=${createHmac('sha256', secret).update(`${version}:${timestamp}:${body}`).digest('hex')}`;
}

const nowSeconds = (offset = 0): string => String(Math.floor(Date.now() / 1000) + offset);

describe('threat 14: a request that Slack did not send', () => {
  it('without a signature, or with one that is nearly it: 401, and nothing runs or is written down', async () => {
    const all = await hooked();
    const { slack, gateway, hook, ana } = all;
    const [calls, messages, before] = [slack.calls.length, heard(ana).length, await settledRecords(gateway)];
    const body = command(all, 'auth files');
    const now = nowSeconds();
    const good = signature(slack.signingSecret, now, body);
    const wrong: readonly (string | readonly string[] | undefined)[] = [
      ...[undefined, '', ' ', 'v0=', 'null', 'undefined', good.slice(3), good.slice(0, -1), `${good}0`],
      ...[good.toUpperCase(), good.replace('v0', 'v1'), `${good}, ${good}`, [good, good], 'A'.repeat(5_000)],
      ...[slack.signingSecret, `v0=${slack.signingSecret}`, slack.appToken],
      signature(slack.signingSecret, now, body, 'v1'),
      signature(slack.signingSecret, now, `${body}&x=1`),
      signature(slack.signingSecret, nowSeconds(1), body),
      signature(slack.signingSecret.toUpperCase(), now, body),
      signature('', now, body),
      signature('undefined', now, body),
      `v0=${createHmac('sha256', slack.signingSecret).update(body).digest('hex')}`,
      `v0=${createHmac('sha1', slack.signingSecret).update(`v0:${now}:${body}`).digest('hex')}`,
    ];
    for (const given of wrong) {
      const headers = { ...FORM, [TIME]: now, ...(given === undefined ? {} : { [SIGNATURE]: given }) };
      const { status, text } = await post(hook, hook.pathname, body, headers);
      expect([given, status, text]).toEqual([given, 401, '']);
    }
    expect(slack.calls.length).toBe(calls);
    expect(heard(ana).length).toBe(messages);
    expect(await settledRecords(gateway)).toEqual(before);
  });

  it.each([
    ['old', -301],
    ['very old', -86_400],
    ['future-dated', 302],
    ['far in the future', 86_400 * 365],
  ])('signed by the right secret, but %s: 401, nothing runs', async (_when, offset) => {
    const all = await hooked();
    const { slack, hook, ana } = all;
    const messages = heard(ana).length;
    const body = command(all, 'help');
    const at = nowSeconds(offset);
    const headers = { ...FORM, [TIME]: at, [SIGNATURE]: signature(slack.signingSecret, at, body) };
    expect((await post(hook, hook.pathname, body, headers)).status).toBe(401);
    await answerTo(ana, '/mcp help');
    expect(heard(ana).length).toBe(messages + 1);
  });

  it('takes what is a little old, or a little ahead of its own clock', async () => {
    const all = await hooked();
    const { slack, hook, ana } = all;
    for (const offset of [-290, 290]) {
      const messages = heard(ana).length;
      const body = command(all, 'help');
      const at = nowSeconds(offset);
      const headers = { ...FORM, [TIME]: at, [SIGNATURE]: signature(slack.signingSecret, at, body) };
      expect((await post(hook, hook.pathname, body, headers)).status).toBe(200);
      await expect.poll(() => heard(ana).length).toBe(messages + 1);
    }
  });

  it('with a time that is none, signed all the same: 401', async () => {
    const all = await hooked();
    const { slack, hook } = all;
    const body = command(all, 'help');
    const now = nowSeconds();
    const times = ['', ' ', 'NaN', 'Infinity', '-1', `${now}.5`, `${now}e0`, `0x${Number(now).toString(16)}`];
    for (const at of [...times, `${now}000`, `+${now}`, '9'.repeat(400)]) {
      const headers = { ...FORM, [TIME]: at, [SIGNATURE]: signature(slack.signingSecret, at, body) };
      expect([at, (await post(hook, hook.pathname, body, headers)).status]).toEqual([at, 401]);
    }
    const without = { ...FORM, [SIGNATURE]: signature(slack.signingSecret, '', body) };
    expect((await post(hook, hook.pathname, body, without)).status).toBe(401);
    const twice = { ...FORM, [TIME]: [now, now], [SIGNATURE]: signature(slack.signingSecret, now, body) };
    expect((await post(hook, hook.pathname, body, twice)).status).toBe(401);
  });

  it('genuine, but changed on the way, down to one byte or the order of its fields: 401, nothing runs', async () => {
    const all = await hooked();
    const { slack, hook, ana } = all;
    const messages = heard(ana).length;
    const body = command(all, 'help');
    const now = nowSeconds();
    const headers = { ...FORM, [TIME]: now, [SIGNATURE]: signature(slack.signingSecret, now, body) };
    const fields = [...new URLSearchParams(body)];
    const changed = [
      body.replace('help', 'users'),
      `${body}&text=logout`,
      `${body}\n`,
      ` ${body}`,
      body.slice(0, -1),
      new URLSearchParams(fields.toReversed()).toString(),
      `\ufeff${body}`,
      body.replaceAll('%2F', '/'),
      '',
    ];
    for (const one of changed)
      expect([one, (await post(hook, hook.pathname, one, headers)).status]).toEqual([one, 401]);
    expect(heard(ana).length).toBe(messages);
  });

  it('at another path, or by another method: nothing runs', async () => {
    const all = await hooked();
    const { slack, hook, ana, gateway } = all;
    const messages = heard(ana).length;
    const body = command(all, 'help');
    const now = nowSeconds();
    const headers = { ...FORM, [TIME]: now, [SIGNATURE]: signature(slack.signingSecret, now, body) };
    for (const path of [
      '/',
      '/webhooks',
      '/webhooks/',
      '/webhooks/slack/',
      '/webhooks/slack/x',
      '/WEBHOOKS/slack',
    ])
      expect([path, (await post(hook, path, body, headers)).status]).toEqual([path, 404]);
    expect((await post(hook, '/webhooks/telegram', body, headers)).status).toBe(404);
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect([method, (await post(hook, WEBHOOK, '', headers, method)).status]).toEqual([method, 405]);
    expect((await post(new URL(gateway.localUrl), WEBHOOK, body, headers)).status).toBe(404);
    expect(heard(ana).length).toBe(messages);
  });

  it('where events come by a socket, there is no such route at all', async () => {
    const all = await hooked();
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const polling = await slacks.gateway(slack, [acme], onlyFor(ana));
    const body = command(all, 'help');
    expect((await post(new URL(polling.url), WEBHOOK, body, slack.sign(body))).status).toBe(404);
    expect(ana.seesAnywhere()).toBe('');
  });

  it('the challenge of a stranger is not answered: only what is signed gets its own words back', async () => {
    const { slack, hook } = await hooked();
    const body = JSON.stringify({ type: 'url_verification', challenge: '<script>alert(1)</script>' });
    const json = { 'content-type': 'application/json' };
    expect(await post(hook, WEBHOOK, body, json)).toEqual({ status: 401, text: '' });
    expect(await slack.verifyUrls()).toEqual([true]);
    const answer = await fetch(hook, { method: 'POST', body, headers: slack.sign(body) });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it('a request that was listened in on, sent again within its five minutes: acted on once, by this process and the next', async () => {
    const all = await hooked();
    const { slack, acme, ana, gateway, hook } = all;
    const body = command(all, 'confirm 000000', '1234.5678');
    const now = nowSeconds();
    const headers = { ...FORM, [TIME]: now, [SIGNATURE]: signature(slack.signingSecret, now, body) };
    const answers = () => heard(ana).filter(({ text }) => text.includes('waits for a code')).length;
    for (let again = 0; again < 5; again += 1)
      expect((await post(hook, WEBHOOK, body, headers)).status).toBe(200);
    await untilSees(ana, 'waits for a code');
    const { stateFolder, clock } = gateway;
    const listen = { public: hook.host, local: new URL(gateway.localUrl).host };
    await gateway.stop();
    await slacks.hooked(slack, [acme], onlyFor(ana), { stateFolder, clock, listen });
    expect((await post(hook, WEBHOOK, body, headers)).status).toBe(200);
    for (let more = 0; more < 3; more += 1) await answerTo(ana, '/mcp help');
    expect(answers()).toBe(1);
  });

  it('signed, but nothing that Slack says, or too much: refused or ignored, and what comes next is still answered', async () => {
    const { slack, ana, hook } = await hooked();
    const messages = heard(ana).length;
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const bodies: readonly (readonly [string, number])[] = [
      ['', 400],
      ['{', 400],
      ['null', 400],
      ['"event"', 200],
      ['[]', 200],
      ['{}', 200],
      ['{"type":"event_callback"}', 200],
      ['{"__proto__":{"type":"event_callback"}}', 200],
      [nested, 200],
    ];
    for (const [body, status] of bodies) {
      const headers = { ...slack.sign(body), 'content-type': 'application/json' };
      const answer = await post(hook, WEBHOOK, body, headers);
      expect([body.slice(0, 40), answer.status]).toEqual([body.slice(0, 40), status]);
    }
    const large = 'x'.repeat(1024 * 1024 + 1);
    // The answer may come while the rest is still being sent.
    const refused = post(hook, WEBHOOK, large, slack.sign(large)).catch(() => ({ status: 413 }));
    expect((await refused).status).toBe(413);
    for (const payload of ['', '{', 'null', '7', '{"type":"block_actions","actions":[null]}']) {
      const body = new URLSearchParams({ payload }).toString();
      const { status } = await post(hook, WEBHOOK, body, { ...slack.sign(body), ...FORM });
      expect([200, 400]).toContain(status);
    }
    await answerTo(ana, '/mcp help');
    expect(heard(ana).length).toBe(messages + 1);
  });
});
