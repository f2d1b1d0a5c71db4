import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Credential } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { postJson, readEvents } from '../adapters/web-server.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { linkIn, PipedChat, Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { openPage, pressConnect, submit } from '../helpers/sign-in-browser.js';
import { type ShownMessage, WebVisitor } from '../helpers/web-visitor.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { IssuedSecrets, type SecretKind } from './issued-secrets.js';
import { digitsOn } from './pages.js';

const FORM: Readonly<Record<string, SecretKind>> = {
  code: 'authorization code',
  code_verifier: 'verifier',
  refresh_token: 'refresh token',
};

const GOOD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';
const BAD_KEY = 'sk-live-0000bad0key00nope9';

let upstream: V1Server;
let notes: V1Server;
let provider: AuthorizationServer;
let files: ProtectedServer;
let home: GatewayFolder;
let gateway: Program;
let store: Store;
let vic: WebVisitor;
let echoes = false;
const secrets = new IssuedSecrets();

/** As a debug page does: all that was sent, in HTML, with the status of a refusal. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!echoes || request.url !== '/token') return;
  let body = '';
  for await (const chunk of request) body += chunk;
  for (const [name, value] of new URLSearchParams(body)) {
    const kind = FORM[name];
    if (kind !== undefined) secrets.note(kind, value);
  }
  response.writeHead(400, { 'content-type': 'text/html' });
  response.end(`<pre>\n${body.replaceAll('&', '\n').replaceAll('=', ' is ')}\n${body}\n</pre>`);
}

beforeAll(async () => {
  upstream = await startV1Server();
  notes = await startV1Server({
    before(request, response) {
      const { authorization = '' } = request.headers;
      if (authorization === `Bearer ${GOOD_KEY}`) return false;
      response.writeHead(401, { 'www-authenticate': `Bearer error_description="${authorization}"` });
      response.end(`you said ${authorization}`);
      return true;
    },
  });
  // Shorter than the two minutes before its end at which a token is renewed: each use renews.
  provider = await startAuthorizationServer({ accessTokenTtlSeconds: 60, before: echo });
  files = await startProtectedServer(provider, { upstream });
});
afterAll(async () => {
  await files.close();
  await provider.close();
  await notes.close();
  await upstream.close();
});
beforeEach(async () => {
  home = await gatewayFolder({
    access: { users: ['web:vic'] },
    platforms: { web: { people: ['vic'] } },
    log: { level: 'trace' },
    mcp_servers: {
      files: { url: files.url, auth: 'oauth' },
      notes: { url: notes.url, headers: { Authorization: `Bearer ${placeholder('NOTES_KEY')}` } },
    },
  });
  gateway = new Program(['start', '--config', home.config]);
  await gateway.untilSays('Ctrl-C stops it.');
  store = (await openStore({ kind: 'file', folder: join(home.folder, 'state') })).store;
  vic = await WebVisitor.open(home.localUrl, 'vic');
});
afterEach(async () => {
  vic.close();
  await store.close();
  await gateway.stop();
  await home.remove();
});

/** The one record of a collection that is there now. */
async function only<T>(name: string): Promise<T | undefined> {
  const [key = ''] = await store.records<T>(name).keys();
  return store.records<T>(name).get(key);
}

async function noteTokens(): Promise<void> {
  const held = await store.records<Credential>('credentials').get('web%3Avic/files');
  if (held?.kind !== 'oauth') throw new Error('no tokens');
  secrets.note('access token', held.accessToken);
  secrets.note('refresh token', held.refreshToken);
}

/** From the link to the callback, everything noted on the way. */
async function callbackOf(message: ShownMessage) {
  secrets.note('page token', (await openPage(message.link)).fields.token);
  const { location, cookies } = await pressConnect(message.link);
  secrets.note('browser cookie', cookies.split('=')[1]);
  secrets.note('state', new URL(location).searchParams.get('state'));
  const pending = await only<{ way: { flow: { verifier: string } } }>('pending');
  secrets.note('verifier', pending?.way.flow.verifier);
  const callback = await consent(location, { login: 'vic' });
  secrets.note('authorization code', callback.searchParams.get('code'));
  return { callback, cookies };
}

async function quarantinedSignIn(): Promise<void> {
  const message = await vic.say('/mcp auth files');
  const { callback } = await callbackOf(message);
  const back = await fetch(callback);
  const cookie = back.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  secrets.note('browser cookie', cookie.split('=')[1]);
  const digits = secrets.note('digits', digitsOn(await back.text()));
  const again = await (await fetch(callback, { headers: { cookie } })).text();
  expect(digitsOn(again)).toBe(digits);
  await vic.untilSays('one step left', message);
  await vic.say('/mcp confirm 000001');
  await vic.say(`/mcp confirm ${digits}`);
  await vic.untilSays(/files connected/, message);
  await noteTokens();
}

async function renewals(): Promise<void> {
  await vic.say('/mcp test files');
  await noteTokens();
  echoes = true;
  await vic.say('/mcp test files');
  await vic.say('/mcp status files');
}

async function failedSignIns(): Promise<void> {
  const echoed = await vic.say('/mcp auth files');
  const { callback, cookies } = await callbackOf(echoed);
  await fetch(callback, { headers: { cookie: cookies } });
  await vic.untilSays('Try again', echoed);
  echoes = false;
  const declined = await vic.say('/mcp auth files');
  const back = await callbackOf(declined);
  const { searchParams } = back.callback;
  const code = searchParams.get('code') ?? '';
  searchParams.delete('code');
  searchParams.set('error', 'server_error');
  searchParams.set('error_description', `code=${code} state ${searchParams.get('state')} Bearer ${code}`);
  await fetch(back.callback);
  await vic.untilSays('Try again', declined);
}

async function keysInTheChat(): Promise<void> {
  const picked = await postJson(`${home.localUrl}/chat/person`, { person: 'vic' });
  const cookie = picked.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const give = async (message: ShownMessage, key: string, says: RegExp) => {
    const fields = { NOTES_KEY: secrets.note('API key', key) };
    const body = { as: 'vic', delivery: randomUUID(), words: ['auth', 'notes'], message: message.id, fields };
    await postJson(`${home.localUrl}/chat/messages`, body, { cookie });
    await vic.untilSays(says, message);
  };
  const message = await vic.say('/mcp auth notes');
  await give(message, BAD_KEY, /did not accept this key/);
  await give(message, GOOD_KEY, /notes connected/);
  await vic.say('/mcp status notes');
  await vic.say('/mcp logout notes yes');
  for (const typed of ['auth notes', 'confirm', 'status', '', 'tools notes', 'auth'])
    expect((await vic.say(`/mcp ${typed} ${GOOD_KEY}`)).text).toContain('The message was deleted.');
  const page = await fetch(`${home.localUrl}/chat/events`, { headers: { cookie } });
  for await (const event of readEvents(page)) {
    expect(JSON.stringify(event)).not.toContain(GOOD_KEY);
    break;
  }
}

async function keysOnAPage(chat: PipedChat): Promise<void> {
  const asked = await chat.ask('/mcp auth notes', 'give its key');
  const page = await openPage(linkIn(asked));
  secrets.note('page token', page.fields.token);
  secrets.note('browser cookie', page.cookies.split('=')[1]);
  await submit(page, { 'key:NOTES_KEY': BAD_KEY });
  await submit(page, { 'key:NOTES_KEY': `${GOOD_KEY}\u2028` });
  await submit(page, { 'key:NOTES_KEY': GOOD_KEY });
  await chat.untilLine((line) => JSON.stringify(line).includes('notes connected'), 'connected');
}

it('threat 15: no code, state, verifier, token, digit, cookie or key is in any output, at trace, whatever goes wrong', async () => {
  const chat = new PipedChat(home.config, 'ana');
  try {
    await quarantinedSignIn();
    await renewals();
    await failedSignIns();
    await keysInTheChat();
    await keysOnAPage(chat);
    await vic.say('/mcp logout files yes');
    chat.endInput();
    await chat.ended;
  } finally {
    await chat.stop();
  }
  await gateway.stop();
  expect(gateway.err).toContain('"level":20');
  expect(gateway.err).toMatch(/a sign-in failed/);
  expect(secrets.count()).toBeGreaterThan(20);
  secrets.saw('log', gateway.out + gateway.err + chat.err);
  secrets.saw('chat', chat.out + vic.everything);
  expect(secrets.leaks()).toEqual([]);
});
