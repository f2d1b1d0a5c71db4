import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../helpers/program.js';
import type { SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { BAD_KEY, GOOD_KEY, useLeakScene } from './leak-scene.js';
import { wrong } from './pages.js';
import { answerTo, askedFor, idOf, linkIn, slackWords, untilSees, WEBHOOK } from './slack-scene.js';
import { type Relay, startRelay } from './talkative-relay.js';

const TYPED_KEY = 'sk-live-typed1e5b2d8f406c';
const MENTIONED_KEY = 'sk-live-pasted5b2d8f406d';

const scene = useLeakScene();
let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
let here: Where;
let relay: Relay;

beforeEach(async () => {
  slack = await startSlack();
  acme = slack.workspace('Acme');
  relay = await startRelay(slack.apiUrl);
  ana = acme.person('Ana');
  here = { channel: acme.channel('team', [ana]) };
  scene.secrets.note('bot token', acme.botToken);
  scene.secrets.note('app token', slack.appToken);
  scene.secrets.note('signing secret', slack.signingSecret);
});
afterEach(async () => {
  await relay.close();
  await slack.close();
});

const configured = (mode: 'socket' | 'http'): Promise<void> =>
  scene.configure({
    access: { users: [idOf(ana)], admins: [idOf(ana)] },
    platforms: slackWords(slack, [acme], mode, { api_root: relay.root }),
  });

async function started(): Promise<Program> {
  const gateway = await scene.start();
  await expect.poll(() => slack.callsOf('auth.test').length).toBeGreaterThan(0);
  return gateway;
}

/** What Slack handed over that is worth something by itself. */
function noteCapabilities(): void {
  for (const { payload } of slack.deliveries) {
    const { response_url: url, trigger_id: trigger, token } = payload;
    if (typeof url === 'string') scene.secrets.note('response_url', new URL(url).pathname.split('/').at(-1));
    if (typeof trigger === 'string') scene.secrets.note('trigger id', trigger);
    if (typeof token === 'string') scene.secrets.note('verification token', token);
  }
}

async function signInWithCode(): Promise<void> {
  const asked = await askedFor(ana, '/mcp auth files', here);
  await ana.presses('Sign in', here);
  const digits = await scene.digitsFor(linkIn(asked));
  await untilSees(ana, 'one step left', here);
  await ana.fills('Enter code', { 'Six digits': wrong(digits) }, here);
  await untilSees(ana, 'that was not the code', here);
  await ana.types(`/mcp confirm ${digits}`, here);
  await untilSees(ana, 'files connected', here);
}

async function keysInAForm(): Promise<void> {
  await answerTo(ana, '/mcp auth notes', here);
  await ana.fills('Add key', { NOTES_KEY: scene.secrets.note('API key', BAD_KEY) }, here);
  await untilSees(ana, 'did not accept this key', here);
  await ana.fills('Try again', { NOTES_KEY: scene.secrets.note('API key', GOOD_KEY) }, here);
  await untilSees(ana, 'notes connected', here);
}

async function keyWhereItDoesNotBelong(): Promise<void> {
  await answerTo(ana, `/mcp auth notes ${scene.secrets.note('API key', TYPED_KEY)}`, here);
  await answerTo(ana, `/mcp ${TYPED_KEY}`, here);
  await answerTo(ana, `mcp auth notes ${scene.secrets.note('API key', MENTIONED_KEY)}`);
  await answerTo(ana, `@acmemcp mcp auth notes ${MENTIONED_KEY}`, here);
  await ana.types(MENTIONED_KEY);
}

/** What Slack says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = scene.secrets.note('sign-in link', 'planted-sign-in-link-8d1f6b2a7c');
  const said = `bad url ${scene.home.publicUrl}/connect/${planted} in block`;
  for (const [status, body] of [
    [200, JSON.stringify({ ok: false, error: said, response_metadata: { messages: [said] } })],
    [400, JSON.stringify({ ok: false, error: said })],
    [500, said],
  ] as const) {
    for (const method of ['chat.postMessage', 'chat.update', 'chat.postEphemeral', 'response_url'])
      slack.fail(method, { status, body });
    await ana.types('/mcp auth files');
    await ana.types('/mcp auth files', here);
    await ana.types('@acmemcp mcp help', here);
  }
  slack.fail('*', 'drop-before', 4);
  await ana.types('/mcp help', here);
  for (const status of [200, 502]) {
    for (const method of [
      'chat.postMessage',
      'chat.update',
      'conversations.open',
      'users.info',
      'views.open',
    ])
      relay.echo(new RegExp(`/${method}$`), status);
    await ana.types('mcp auth files');
    await ana.types('/mcp auth notes', here);
    await ana.presses('Add key', here).catch(() => undefined);
  }
  await answerTo(ana, '/mcp help', here);
  const next = await askedFor(ana, '/mcp auth files');
  scene.noteLink(linkIn(next));
}

/** Tokens go in headers, and no key, code or digit goes back to Slack. */
function sawSlack(): void {
  noteCapabilities();
  scene.secrets.saw('platform', JSON.stringify(slack.calls));
}

describe('threat 15: with Slack, no secret is in anything that is written, said or asked', () => {
  it('by Socket Mode, whatever goes wrong', async () => {
    await configured('socket');
    relay.echo(/\/apps\.connections\.open$/, 502);
    relay.echo(/\/auth\.test$/, 502);
    const gateway = await started();
    try {
      await slack.sockets.untilOpen();
      await signInWithCode();
      await keysInAForm();
      await keyWhereItDoesNotBelong();
      await talkativeFailures();
      slack.sockets.send(
        '{"envelope_id":"x","payload":{"command":"/mcp","text":"sk-live-9a8b7c6d5e4f3a2b1c"',
      );
      await scene.ready();
      slack.sockets.drop();
      await expect.poll(() => slack.sockets.opened).toBeGreaterThan(1);
      slack.revokeAppToken();
      await acme.revokeToken();
      await ana.types('/mcp', here).catch(() => undefined);
      await gateway.until(
        () => (/refuses the app-level token/.test(gateway.err) ? true : undefined),
        'refused',
      );
      await scene.ready();
    } finally {
      await scene.stop(gateway);
    }
    sawSlack();
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(scene.secrets.count()).toBeGreaterThan(50);
    await scene.check();
    scene.expectNoLeaks();
  });

  it('by signed HTTP: neither the signing secret nor what a forger sends', async () => {
    await configured('http');
    slack.deliverTo([`${scene.home.publicUrl}${WEBHOOK}`]);
    const gateway = await started();
    try {
      for (const headers of [{}, slack.sign('{}'), { 'x-slack-signature': slack.signingSecret }])
        await fetch(`${scene.home.publicUrl}${WEBHOOK}?secret=${slack.signingSecret}`, {
          method: 'POST',
          body: `text=${scene.secrets.note('forged request', 'planted-in-a-forged-body-8d1f6b')}`,
          headers,
        });
      await signInWithCode();
      await keysInAForm();
      await keyWhereItDoesNotBelong();
      await scene.ready();
      await scene.check();
    } finally {
      await scene.stop(gateway);
    }
    sawSlack();
    scene.expectNoLeaks();
  });

  it.each([
    ['with quotes left around them', (token: string) => `"${token}"`],
    ['cut', (token: string) => token.slice(0, -10)],
    ['without what they begin with', (token: string) => token.replace(/^\w+-|^./, '')],
    ['with a space in them', (token: string) => `${token.slice(0, 12)} ${token.slice(12)}`],
    ['with the word before them', (token: string) => `Bearer ${token}`],
  ])('in the mistakes of a config whose tokens are malformed: %s', async (_how, spoil) => {
    const spoilt = [acme.botToken, slack.appToken, slack.signingSecret].map((token) =>
      scene.secrets.note('bot token', spoil(token)),
    );
    const [bot_token, app_token, signing_secret] = spoilt;
    for (const words of [
      { mode: 'socket', bot_token, app_token },
      { mode: 'http', bot_token, signing_secret },
    ]) {
      const platforms = { slack: { ...words, api_root: relay.root } };
      await scene.home.rewrite({ access: { users: [idOf(ana)] }, platforms, mcp_servers: {} });
      const program = new Program(['start', '--config', scene.home.config]);
      const ended = program.ended.then(() => true);
      await Promise.race([ended, program.untilSays('Ctrl-C stops it.').catch(() => undefined)]);
      await program.stop();
      scene.secrets.saw('verb', program.out + program.err);
      await scene.check();
    }
    scene.expectNoLeaks();
  });
});
