import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import type { OAuthCredential } from '../../src/auth/types.js';
import { consent, typeCode } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { askedFor, linkIn, NO_PUBLIC_URL, onlyFor, plain, untilSees, useTelegram } from './telegram-scene.js';

/** How often the token endpoint answers with a page that repeats all that it was sent. */
let echoes = 0;
afterEach(() => {
  echoes = 0;
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
async function secretsIn(gateway: RunningGateway): Promise<readonly string[]> {
  const store = await gateway.store();
  const pending = store.records<Pending>('pending');
  const flows = await Promise.all(
    (await pending.keys()).map(async (key) => (await pending.get(key))?.way.flow),
  );
  const kept = store.records<OAuthCredential>('credentials');
  const held = await Promise.all((await kept.keys()).map((key) => kept.get(key)));
  return [
    ...flows.flatMap((flow) => [flow?.deviceCode, flow?.verifier, flow?.state]),
    ...held.flatMap((one) => [one?.accessToken, one?.refreshToken]),
  ].filter((secret) => secret !== undefined);
}

async function scene(flow: 'device' | 'paste'): Promise<{ gateway: RunningGateway; ana: TelegramPerson }> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const files = { url: telegram.scene.files.url, auth: 'oauth', oauth: { flow } };
  const gateway = await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(ana), mcp_servers: { files } });
  return { gateway, ana };
}

function expectNone(gateway: RunningGateway, secrets: readonly string[]): void {
  const log = gateway.log.join('\n');
  expect(log.length).toBeGreaterThan(100);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(8);
    for (const spelt of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ])
      expect(log).not.toContain(spelt);
  }
}

it('threat 15: no log line at trace holds a device code, a user code or a token', async () => {
  const { gateway, ana } = await scene('device');
  const asked = await askedFor(ana, '/mcp auth files');
  const userCode = /type (\S+) at/.exec(plain(asked.text))?.[1] ?? '';
  const secrets = [userCode, ...(await secretsIn(gateway))];
  expect(secrets).toHaveLength(2);
  // 503 with everything in it: asked again later.
  echoes = 1;
  gateway.clock.advance(5_000);
  await expect.poll(() => telegram.scene.provider.counts.token).toBe(1);
  await typeCode(linkIn(asked), userCode);
  gateway.clock.advance(10_000);
  await untilSees(ana, 'files connected');
  expectNone(gateway, [...secrets, ...(await secretsIn(gateway))]);
});

it('threat 15: a provider that answers nonsense with everything in it ends the sign-in, and the log has nothing of it', async () => {
  const { gateway, ana } = await scene('device');
  await askedFor(ana, '/mcp auth files');
  const secrets = await secretsIn(gateway);
  echoes = 2;
  gateway.clock.advance(5_000);
  await untilSees(ana, '✗ files:');
  expectNone(gateway, secrets);
  expect(ana.sees()).not.toContain(secrets[0]);
});

it('threat 15: no log line at trace holds what a pasted address holds', async () => {
  const { gateway, ana } = await scene('paste');
  const link = linkIn(await askedFor(ana, '/mcp auth files'));
  const address = await consent(link);
  const code = address.searchParams.get('code') ?? '';
  const secrets = [code, ...(await secretsIn(gateway))];
  expect(secrets).toHaveLength(3);
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
  expectNone(gateway, [...secrets, ...(await secretsIn(gateway))]);
  expect(ana.sees()).not.toContain(code);
});
