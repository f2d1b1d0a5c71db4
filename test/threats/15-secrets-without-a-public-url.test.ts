import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, expect, it } from 'vitest';
import type { OAuthCredential } from '../../src/auth/types.js';
import { consent, typeCode } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { IssuedSecrets } from './issued-secrets.js';
import { askedFor, linkIn, NO_PUBLIC_URL, onlyFor, plain, untilSees, useTelegram } from './telegram-scene.js';

/** How often the token endpoint answers with a page that repeats all that it was sent. */
let echoes = 0;
let secrets: IssuedSecrets;
beforeEach(() => {
  echoes = 0;
  secrets = new IssuedSecrets();
});

async function before(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (echoes === 0 || request.url !== '/token') return;
  echoes -= 1;
  let body = '';
  for await (const chunk of request) body += chunk;
  response.writeHead(echoes % 2 === 0 ? 503 : 200, { 'content-type': 'text/html' });
  response.end(`<pre>${body} {"device_code": "${body}"}</pre>`);
}

const telegram = useTelegram({ device: true, before });

interface Pending {
  readonly way: {
    readonly flow: { readonly deviceCode?: string; readonly verifier?: string; readonly state?: string };
  };
}

/** All that is secret about what is pending and kept now. */
async function noteRecords({ store: open }: RunningGateway): Promise<void> {
  const store = await open();
  const pending = store.records<Pending>('pending');
  for (const key of await pending.keys()) {
    const { deviceCode, verifier, state } = (await pending.get(key))?.way.flow ?? {};
    if (deviceCode !== undefined) secrets.note('device code', deviceCode);
    if (verifier !== undefined) secrets.note('verifier', verifier);
    if (state !== undefined) secrets.note('state of a pasted address', state);
  }
  const kept = store.records<OAuthCredential>('credentials');
  for (const key of await kept.keys()) {
    const held = await kept.get(key);
    secrets.note('access token', held?.accessToken);
    if (held?.refreshToken !== undefined) secrets.note('refresh token', held.refreshToken);
  }
}

async function scene(flow: 'device' | 'paste'): Promise<{ gateway: RunningGateway; ana: TelegramPerson }> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const files = { url: telegram.scene.files.url, auth: 'oauth', oauth: { flow } };
  const gateway = await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(ana), mcp_servers: { files } });
  return { gateway, ana };
}

async function expectNoLeaks(gateway: RunningGateway, ana: TelegramPerson): Promise<void> {
  await noteRecords(gateway);
  secrets.saw('log', gateway.log.join(''));
  secrets.saw('chat', ana.sees());
  expect(secrets.leaks()).toEqual([]);
}

it('threat 15: no log line at trace holds a device code, a user code or a token', async () => {
  const { gateway, ana } = await scene('device');
  const asked = await askedFor(ana, '/mcp auth files');
  const userCode = secrets.note('user code', /type (\S+) at/.exec(plain(asked.text))?.[1]);
  await noteRecords(gateway);
  expect(secrets.count('device code')).toBe(1);
  // 503 with everything in it: asked again later.
  echoes = 1;
  gateway.clock.advance(5_000);
  await expect.poll(() => telegram.scene.provider.counts.token).toBe(1);
  await typeCode(linkIn(asked), userCode);
  gateway.clock.advance(10_000);
  await untilSees(ana, 'files connected');
  await expectNoLeaks(gateway, ana);
  expect(secrets.count('access token')).toBe(1);
});

it('threat 15: a provider that answers nonsense with everything in it ends the sign-in, and the log has nothing of it', async () => {
  const { gateway, ana } = await scene('device');
  await askedFor(ana, '/mcp auth files');
  await noteRecords(gateway);
  echoes = 2;
  gateway.clock.advance(5_000);
  await untilSees(ana, '✗ files:');
  await expectNoLeaks(gateway, ana);
});

it('threat 15: no log line at trace holds what a pasted address holds', async () => {
  const { gateway, ana } = await scene('paste');
  const link = linkIn(await askedFor(ana, '/mcp auth files'));
  const address = await consent(link);
  secrets.note('authorization code', address.searchParams.get('code'));
  await noteRecords(gateway);
  expect(secrets.count()).toBe(3);
  await ana.type(address.href.replace('state=', 'state=x'));
  await ana.type(`/mcp test ${address.href.replace('code=', 'kode=')}`);
  await ana.type(address.href);
  await untilSees(ana, 'files connected');
  await ana.type(`here: ${address.href}`);
  await expect
    .poll(() =>
      ana
        .messages()
        .filter(({ from }) => from !== 'bot')
        .map(({ text }) => text),
    )
    .toEqual(['/mcp auth files']);
  await expectNoLeaks(gateway, ana);
});
