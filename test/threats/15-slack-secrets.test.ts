import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import type { ShownMessage, SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { digitsOn, wrong } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  idOf,
  linkIn,
  slackWords,
  untilSees,
  WEBHOOK,
} from './slack-scene.js';

const GOOD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';
const BAD_KEY = 'sk-live-0000bad0key00nope9';
const TYPED_KEY = 'sk-live-typed1e5b2d8f406c';
const MENTIONED_KEY = 'sk-live-pasted5b2d8f406d';

let upstream: V1Server;
let provider: AuthorizationServer;
let files: ProtectedServer;
let notes: KeyServer;
let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
let here: Where;
let relay: Relay;
let home: GatewayFolder;
let secrets: Map<string, string>;

const note = (what: string, secret: unknown): string => {
  if (typeof secret !== 'string' || secret === '') throw new Error(`no ${what}`);
  secrets.set(`${what} ${secrets.size}`, secret);
  return secret;
};

interface Relay {
  readonly root: string;
  /** Answers the next calls of this method as a proxy's debug page does: with all that it was sent, in HTML. */
  echo(method: string, status: number): void;
  close(): Promise<void>;
}

/** What stands between a gateway and Slack: it passes everything on, until it is told to talk. */
async function startRelay(): Promise<Relay> {
  const echoes: { method: string; status: number }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const at = echoes.findIndex(({ method }) => request.url?.endsWith(`/${method}`));
    const [echo] = at < 0 ? [] : echoes.splice(at, 1);
    if (echo !== undefined) {
      response.writeHead(echo.status, { 'content-type': 'text/html' });
      const headers = JSON.stringify(request.headers);
      return void response.end(
        `<pre>${request.method} http://relay${request.url}\n${headers}\n${body}</pre>`,
      );
    }
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
    const headers = { authorization, 'content-type': type };
    const answer = await fetch(new URL(`${request.url}`.slice(1), slack.apiUrl), {
      method: 'POST',
      headers,
      body,
    }).catch(() => undefined);
    if (answer === undefined) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    echo: (method, status) => void echoes.push({ method, status }),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

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
  slack = await startSlack();
  acme = slack.workspace('Acme');
  relay = await startRelay();
  ana = acme.person('Ana');
  here = { channel: acme.channel('team', [ana]) };
  home = await gatewayFolder({});
  note('bot token', acme.botToken);
  note('bot token', acme.botToken.split('-')[2]);
  note('app token', slack.appToken);
  note('app token', slack.appToken.split('-').at(-1));
  note('signing secret', slack.signingSecret);
});
afterEach(async () => {
  await relay.close();
  await slack.close();
  await home.remove();
});

async function configured(mode: 'socket' | 'http', words: object = {}): Promise<void> {
  await home.rewrite({
    access: { users: [idOf(ana)], admins: [idOf(ana)] },
    platforms: slackWords(slack, [acme], mode, { api_root: relay.root }),
    log: { level: 'trace' },
    mcp_servers: { files: { url: files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    ...words,
  });
}

async function started(): Promise<Program> {
  const gateway = new Program(['start', '--config', home.config]);
  await gateway.untilSays('Ctrl-C stops it.');
  await expect.poll(() => slack.callsOf('auth.test').length).toBeGreaterThan(0);
  return gateway;
}

/** As it is, and as it would stand in a URL, a header or a dump. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [secret, encodeURIComponent(secret), base64, bytes.toString('base64url'), bytes.toString('hex')];
}

function leaks(text: string, allowed: RegExp = /^$/): readonly string[] {
  return [...secrets]
    .filter(([what]) => !allowed.test(what))
    .filter(([, secret]) => spellings(secret).some((one) => text.includes(one)))
    .map(([what]) => what);
}

/** What Slack handed over that is worth something by itself. */
function noteCapabilities(): void {
  for (const { payload } of slack.deliveries) {
    const { response_url: url, trigger_id: trigger, token } = payload;
    if (typeof url === 'string') note('response_url', new URL(url).pathname.split('/').at(-1));
    if (typeof trigger === 'string') note('trigger', trigger);
    if (typeof token === 'string') note('verification token', token);
  }
}

async function readiness(): Promise<string> {
  return await (await fetch(`${home.localUrl}/readyz`)).text();
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
  const asked = await askedFor(ana, '/mcp auth files', here);
  note('connect id', connectId(asked));
  await ana.presses('Sign in', here);
  const { location, cookies } = await pressConnect(linkIn(asked));
  note('cookie', cookies.split('=')[1]);
  note('state', new URL(location).searchParams.get('state'));
  await verifierOf();
  const callback = await consent(location);
  note('code', callback.searchParams.get('code'));
  const digits = note('digits', digitsOn((await comeBack(callback)).text));
  note('digits', `${digits.slice(0, 3)} ${digits.slice(3)}`);
  await untilSees(ana, 'one step left', here);
  await ana.fills('Enter code', { 'Six digits': wrong(digits) }, here);
  await untilSees(ana, 'that was not the code', here);
  await ana.types(`/mcp confirm ${digits}`, here);
  await untilSees(ana, 'files connected', here);
}

async function keysInAForm(): Promise<void> {
  await answerTo(ana, '/mcp auth notes', here);
  await ana.fills('Add key', { NOTES_KEY: note('key', BAD_KEY) }, here);
  await untilSees(ana, 'did not accept this key', here);
  await ana.fills('Try again', { NOTES_KEY: note('key', GOOD_KEY) }, here);
  await untilSees(ana, 'notes connected', here);
}

async function keyWhereItDoesNotBelong(): Promise<void> {
  await answerTo(ana, `/mcp auth notes ${note('key', TYPED_KEY)}`, here);
  await answerTo(ana, `/mcp ${TYPED_KEY}`, here);
  await answerTo(ana, `mcp auth notes ${note('key', MENTIONED_KEY)}`);
  await answerTo(ana, `@acmemcp mcp auth notes ${MENTIONED_KEY}`, here);
  await ana.types(MENTIONED_KEY);
}

/** What Slack says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = note('connect id', 'planted-connect-id-8d1f6b2a7c');
  const said = `bad url ${home.publicUrl}/connect/${planted} in block`;
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
      relay.echo(method, status);
    await ana.types('mcp auth files');
    await ana.types('/mcp auth notes', here);
    await ana.presses('Add key', here).catch(() => undefined);
  }
  await answerTo(ana, '/mcp help', here);
  const next = await askedFor(ana, '/mcp auth files');
  note('connect id', connectId(next));
}

async function checked(): Promise<string> {
  const check = new Program(['check', '--config', home.config]);
  await check.ended;
  return check.out + check.err;
}

describe('threat 15: with Slack, no secret is in anything that is written, said or asked', () => {
  it('by Socket Mode, whatever goes wrong', async () => {
    await configured('socket');
    relay.echo('apps.connections.open', 502);
    relay.echo('auth.test', 502);
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
      const ready = await readiness();
      slack.sockets.drop();
      await expect.poll(() => slack.sockets.opened).toBeGreaterThan(1);
      slack.revokeAppToken();
      await acme.revokeToken();
      await ana.types('/mcp', here).catch(() => undefined);
      await gateway.until(
        () => (/refuses the app-level token/.test(gateway.err) ? true : undefined),
        'refused',
      );
      expect(leaks(ready + (await readiness()))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    noteCapabilities();
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(secrets.size).toBeGreaterThan(60);
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    expect(leaks(await checked())).toEqual([]);
    // Tokens go in headers, and no key, code or digit goes back to Slack.
    expect(leaks(JSON.stringify(slack.calls), /^(connect id|trigger)/)).toEqual([]);
  });

  it('by signed HTTP: neither the signing secret nor what a forger sends', async () => {
    await configured('http');
    slack.deliverTo([`${home.publicUrl}${WEBHOOK}`]);
    const gateway = await started();
    try {
      for (const headers of [{}, slack.sign('{}'), { 'x-slack-signature': slack.signingSecret }])
        await fetch(`${home.publicUrl}${WEBHOOK}?secret=${slack.signingSecret}`, {
          method: 'POST',
          body: `text=${note('forged', 'planted-in-a-forged-body-8d1f6b')}`,
          headers,
        });
      await signInWithCode();
      await keysInAForm();
      await keyWhereItDoesNotBelong();
      expect(leaks((await readiness()) + (await checked()))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    noteCapabilities();
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    expect(leaks(JSON.stringify(slack.calls), /^(connect id|trigger)/)).toEqual([]);
  });

  it.each([
    ['with quotes left around them', (token: string) => `"${token}"`],
    ['cut', (token: string) => token.slice(0, -10)],
    ['without what they begin with', (token: string) => token.replace(/^\w+-|^./, '')],
    ['with a space in them', (token: string) => `${token.slice(0, 12)} ${token.slice(12)}`],
    ['with the word before them', (token: string) => `Bearer ${token}`],
  ])('in the mistakes of a config whose tokens are malformed: %s', async (_how, spoil) => {
    const spoilt = [acme.botToken, slack.appToken, slack.signingSecret].map((token) =>
      note('spoilt', spoil(token)),
    );
    const [bot_token, app_token, signing_secret] = spoilt;
    for (const words of [
      { mode: 'socket', bot_token, app_token },
      { mode: 'http', bot_token, signing_secret },
    ]) {
      const platforms = { slack: { ...words, api_root: relay.root } };
      await home.rewrite({ access: { users: [idOf(ana)] }, platforms, mcp_servers: {} });
      const program = new Program(['start', '--config', home.config]);
      const ended = program.ended.then(() => true);
      await Promise.race([ended, program.untilSays('Ctrl-C stops it.').catch(() => undefined)]);
      await program.stop();
      expect(leaks(program.out + program.err + (await checked()))).toEqual([]);
    }
  });
});
