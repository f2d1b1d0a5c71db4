import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GatewayEventName } from '../../src/gateway/notices/events.js';
import type { Actor } from '../../src/gateway/types.js';
import { postJson } from '../adapters/web-server.js';
import { Clock } from '../helpers/clock.js';
import { placeholder } from '../helpers/configured-server.js';
import { type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { openPage, pressConnect } from '../helpers/sign-in-browser.js';
import type { ShownMessage, WebVisitor } from '../helpers/web-visitor.js';
import { type EchoingServer, startEchoingServer } from './echoing-server.js';
import { IssuedSecrets } from './issued-secrets.js';
import { digitsOn } from './pages.js';
import { breakStore, everyRecord } from './records.js';

const ana: Actor = { platform: 'web', userId: 'ana', displayName: 'ana' };
const HOURS_2 = 7_200_000;
const EVENTS: readonly GatewayEventName[] = ['signedIn', 'signedOut', 'needsReauth', 'toolsChanged'];

let secrets: IssuedSecrets;
let echoing: EchoingServer;
let gateway: RunningGateway;
let visitor: WebVisitor;
let cookie: string;
const gateways = useGateways();

beforeEach(async () => {
  secrets = new IssuedSecrets();
  echoing = await startEchoingServer(secrets);
});
afterEach(() => echoing.close());

async function start(): Promise<void> {
  const { origin } = echoing;
  const secret = secrets.note('client secret', `s3cret with spaces/${randomUUID()}`);
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES256' };
  secrets.note('client key', jwk.d);
  const sealing = secrets.note('sealing key', randomUUID());
  gateway = await gateways({
    clock: new Clock(),
    words: {
      access: { users: ['web:ana'], admins: ['web:ana'] },
      platforms: { web: { people: ['ana'] } },
      security: { encryption_key: sealing },
      mcp_servers: {
        files: { url: `${origin}/files`, auth: 'oauth' },
        coded: { url: `${origin}/coded`, auth: 'oauth', oauth: { flow: 'device' } },
        pasted: { url: `${origin}/pasted`, auth: 'oauth', oauth: { flow: 'paste' } },
        keyed: { url: `${origin}/keyed`, headers: { 'X-Api-Key': placeholder('KEYED_KEY') } },
        robot: {
          url: `${origin}/robot`,
          auth: 'client_credentials',
          credentials: 'shared',
          oauth: { client_id: 'robot', client_secret: secret },
        },
        signed: {
          url: `${origin}/signed`,
          auth: 'oauth',
          oauth: {
            client_id: 'signed',
            token_endpoint_auth_method: 'private_key_jwt',
            private_key: JSON.stringify(jwk),
          },
        },
        posted: {
          url: `${origin}/posted`,
          auth: 'oauth',
          oauth: {
            client_id: 'posted',
            client_secret: secret,
            token_endpoint_auth_method: 'client_secret_post',
          },
        },
      },
    },
  });
  for (const name of EVENTS)
    gateway.app.gateway.events.on(name, (event) => secrets.saw('agent', JSON.stringify(event)));
  visitor = await gateway.visitor('ana');
  const picked = await postJson(`${gateway.localUrl}/chat/person`, { person: 'ana' });
  cookie = picked.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** From the link to the callback page, in the browser that pressed or in another one. */
async function browse({ link }: ShownMessage, sameBrowser = true): Promise<string> {
  secrets.note('sign-in link', new URL(link).pathname.split('/').at(-1));
  const page = await openPage(link);
  secrets.note('page token', page.fields.token);
  secrets.saw('page', page.html);
  const { location, cookies } = await pressConnect(link);
  secrets.note('browser cookie', cookies.split('=')[1]);
  const state = secrets.note('state', new URL(location).searchParams.get('state'));
  const code = secrets.note('authorization code', randomUUID());
  const callback = `${gateway.url}/oauth/callback?${new URLSearchParams({ code, state })}`;
  const back = await fetch(callback, { headers: sameBrowser ? { cookie: cookies } : {} });
  const text = await back.text();
  secrets.saw('page', text);
  return text;
}

async function signedIn(server: string): Promise<void> {
  const asked = await visitor.say(`/mcp auth ${server}`);
  await browse(asked);
  await visitor.untilSays(`${server} connected`, asked);
}

async function failedSignIn(asked: ShownMessage): Promise<void> {
  if (asked.links.length === 0) return;
  await browse(asked);
  await visitor.until(() => asked.links.length === 0 || undefined, 'its end is told');
}

async function call(server: string, tool: string): Promise<unknown> {
  const heard: unknown[] = [];
  const outcome = await gateway.app.mcp.withSession(
    ana,
    server,
    (session) => session.callTool(tool, {}, { onProgress: (told) => heard.push(told) }),
    { onMessage: (message) => heard.push(message) },
  );
  secrets.saw('agent', JSON.stringify([outcome, heard]));
  return outcome;
}

/** Everything that came out, looked through. */
async function expectNoLeaks(): Promise<void> {
  const get = async (path: string) => await (await fetch(`${gateway.localUrl}${path}`)).text();
  await visitor.say('/mcp users');
  await visitor.say('/mcp');
  secrets.saw('audit', (await visitor.say('/mcp audit')).text);
  secrets.saw('metrics', await get('/metrics'));
  secrets.saw('readiness', await get('/readyz'));
  secrets.saw('state', await everyRecord(gateway.stateFolder));
  await gateway.stop();
  secrets.saw('chat', visitor.everything);
  secrets.saw('log', gateway.log.join(''));
  expect(secrets.leaks()).toEqual([]);
}

it('threat 15: what a server repeats of a token or a key reaches no agent, no chat and no log', async () => {
  await start();
  await signedIn('files');
  const asked = await visitor.say('/mcp auth keyed');
  const fields = { KEYED_KEY: secrets.note('API key', 'wrong-key-1f6b2a7c') };
  const give = (given: object) =>
    postJson(
      `${gateway.localUrl}/chat/messages`,
      { as: 'ana', delivery: randomUUID(), words: ['auth', 'keyed'], message: asked.id, fields: given },
      { cookie },
    );
  await give(fields);
  await visitor.untilSays('did not accept this key', asked);
  await give({ KEYED_KEY: echoing.key });
  await visitor.untilSays('keyed connected', asked);
  for (const server of ['files', 'keyed', 'robot']) {
    const { mcp } = gateway.app;
    secrets.saw('agent', JSON.stringify(await mcp.listTools(ana, server)));
    secrets.saw('agent', JSON.stringify(await mcp.readResource(ana, server, 'x://y')));
    secrets.saw('agent', JSON.stringify(await mcp.getPrompt(ana, server, 'any')));
    expect(await call(server, 'fine')).toMatchObject({ kind: 'done' });
    for (const tool of ['fails', 'refuses', 'breaks', 'tells', 'cuts', 'babbles', 'denies', 'asks'])
      await call(server, tool);
    await visitor.say(`/mcp tools ${server}`);
    for (const tool of ['fine', 'refuses', 'breaks', 'asks', 'denies'])
      await visitor.say(`/mcp test ${server} ${tool}`);
    await visitor.say(`/mcp status ${server}`);
  }
  expect(secrets.count('access token')).toBeGreaterThan(1);
  await expectNoLeaks();
});

it('threat 15: a provider repeats codes, verifiers, refresh tokens, secrets and assertions in vain', async () => {
  await start();
  const servers = ['files', 'signed', 'posted'];
  for (const server of servers) await signedIn(server);
  await call('robot', 'fine');
  for (const mood of ['refuses', 'breaks', 'babbles', 'ends'] as const) {
    echoing.mood = mood;
    gateway.clock.advance(HOURS_2);
    for (const server of [...servers, 'robot']) await call(server, 'fine');
    for (const server of servers) {
      await visitor.say(`/mcp test ${server}`);
      await failedSignIn(await visitor.say(`/mcp auth ${server}`));
    }
  }
  for (const server of servers) await visitor.say(`/mcp logout ${server} yes`);
  await failedSignIn(await visitor.say('/mcp auth files'));
  expect(secrets.count('assertion')).toBeGreaterThan(3);
  expect(secrets.count('verifier')).toBeGreaterThan(5);
  expect(secrets.count('client secret')).toBeGreaterThan(1);
  await expectNoLeaks();
});

it('threat 15: nor is anything in what agents ask of people, in codes, pasted addresses, notices, and while the store is away', async () => {
  await start();
  const { mcp } = gateway.app;
  const asking = mcp.callTool(ana, 'files', 'asks', {}, { signIn: {} });
  const asked = await visitor.untilSays('To answer you I need files');
  const digits = secrets.note('digits', digitsOn(await browse(asked, false)));
  await visitor.untilSays('one step left', asked);
  await visitor.say('/mcp confirm 000001');
  await visitor.say(`/mcp confirm ${digits}`);
  // Its tool wants more access: the same person is asked again.
  secrets.saw('agent', JSON.stringify(await asking));
  const more = await visitor.say('/mcp auth files');
  await browse(more);
  await visitor.untilSays('files', more);

  const coded = await visitor.say('/mcp auth coded');
  await visitor.untilSays(/type \S+ at|code/, coded);
  echoing.mood = 'breaks';
  gateway.clock.advance(10_000);
  await expect.poll(() => echoing.requests('/token')).toBeGreaterThan(1);
  echoing.mood = 'works';
  gateway.clock.advance(60_000);
  await visitor.untilSays('coded connected', coded);

  const pasted = await visitor.say('/mcp auth pasted');
  const { searchParams } = new URL(pasted.link);
  const state = secrets.note('state of a pasted address', searchParams.get('state'));
  const code = secrets.note('authorization code', randomUUID());
  const address = `${searchParams.get('redirect_uri')}?${new URLSearchParams({ code, state })}`;
  for (const typed of [address.replace('state=', 'state=x'), `/mcp test ${address}`, address])
    await visitor.say(typed);
  await visitor.untilSays('pasted connected', pasted);

  echoing.mood = 'ends';
  gateway.clock.advance(HOURS_2);
  await call('coded', 'fine');
  await visitor.untilSays('coded: its provider ended your sign-in');
  secrets.saw('audit', (await visitor.say('/mcp audit')).text);
  secrets.saw('state', await everyRecord(gateway.stateFolder));
  const mend = await breakStore(gateway.stateFolder);
  for (const server of ['files', 'robot', 'keyed']) await call(server, 'fine');
  for (const typed of ['/mcp auth files', `/mcp confirm ${digits}`, address]) await visitor.say(typed);
  const ready = await fetch(`${gateway.localUrl}/readyz`);
  expect(ready.status).toBe(503);
  secrets.saw('readiness', await ready.text());
  await mend();
  for (const kind of ['device code', 'user code', 'digits', 'state of a pasted address'] as const)
    expect(secrets.count(kind)).toBeGreaterThan(0);
  await expectNoLeaks();
});
