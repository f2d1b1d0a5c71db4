import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../src/index.js';
import * as api from '../src/index.js';
import { RecordingAdapter } from './helpers/recording-adapter.js';
import { freePort } from './helpers/servers/free-port.js';

const ANA: Actor = { platform: 'web', userId: 'ana', displayName: 'ana' };

let folder: string;
const running: api.GatewayModule[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'module-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function words(more: Readonly<Record<string, unknown>> = {}) {
  return {
    listen: `127.0.0.1:${await freePort()}`,
    local_listen: `127.0.0.1:${await freePort()}`,
    storage: 'memory',
    access: { users: ['web:ana'], admins: ['web:ana'] },
    mcp_servers: { off: { url: 'http://127.0.0.1:9/mcp', enabled: false } },
    log: { level: 'silent' },
    ...more,
  };
}

async function started(
  config: string | Readonly<Record<string, unknown>>,
  options: api.CreateGatewayOptions = {},
  listeners: 'both' | 'none' = 'none',
): Promise<api.GatewayModule> {
  const gateway = await api.createGateway(config, options);
  running.push(gateway);
  await gateway.start({ listeners });
  return gateway;
}

describe('the module', () => {
  it('has one clock, that of its store, also for what is mounted into a host’s bot', async () => {
    const nowMs = 1_000_000_000_000;
    const gateway = await api.createGateway(await words(), { now: () => nowMs });
    running.push(gateway);
    gateway.telegram();
    gateway.discord({ rest: { request: async () => ({}) }, emit: () => true });
    const from = { id: 7, is_bot: false, first_name: 'Ana', username: 'ana' };
    const message = { message_id: 1, date: 1, chat: { id: 7, type: 'private' }, from, text: 'hello' };
    const callers = [
      await gateway.callerOf.telegram({ update: { update_id: 1, message }, me: { id: 99 } }),
      await gateway.callerOf.discord({
        type: 0,
        author: { id: '700000000000000001', username: 'ana', discriminator: '0' },
        channelId: '700000000000000002',
        channel: { type: 1 },
      }),
    ];
    expect(callers.map((caller) => caller?.conversation.atMs)).toEqual([nowMs, nowMs]);
  });

  it('exports what its documentation names, and nothing by accident', () => {
    expect(Object.keys(api).sort()).toEqual([
      'ConfigError',
      'ListenError',
      'SessionError',
      'StoreError',
      'VERSION',
      'createGateway',
      'formatMistakes',
      'loadConfig',
      'parseConfig',
    ]);
  });

  it('serves the public routes through the host’s own server, without a listener of its own', async () => {
    const config = await words();
    const gateway = await started(config);
    expect((await gateway.fetch(new Request('https://host.example/healthz'))).status).toBe(200);
    expect(
      (await gateway.fetch(new Request('https://host.example/oauth/callback?state=x&code=y'))).status,
    ).toBe(400);
    expect((await gateway.fetch(new Request('https://host.example/chat'))).status).toBe(404);
    await expect(fetch(`http://${config.listen}/healthz`)).rejects.toThrow();
  });

  it('answers in a chat of the host’s own', async () => {
    const chat = new RecordingAdapter();
    await started(await words(), { adapters: [chat] });
    await chat.type(ANA, '');
    expect(chat.text).toMatch(/off\s.*disabled/);
  });

  it('reads its config from a file again on /mcp reload; a broken one changes nothing and is named by line', async () => {
    const file = join(folder, 'config.yaml');
    const first = await words();
    await writeFile(file, JSON.stringify(first));
    const chat = new RecordingAdapter();
    await started(file, { adapters: [chat] });
    const two = { ...first.mcp_servers, second: { url: 'http://127.0.0.1:9/mcp', enabled: false } };
    await writeFile(file, JSON.stringify({ ...first, mcp_servers: two, listen: '127.0.0.1:1' }));
    await chat.type(ANA, 'reload');
    expect(chat.text).toMatch(/second/);
    expect(chat.text).toMatch(/listen/);
    await writeFile(file, 'mcp_servers:\n  second: { urll: http://127.0.0.1:9/mcp }\n');
    await chat.type(ANA, 'reload');
    expect(chat.text).toMatch(/mcp_servers\.second/);
    expect(chat.text).toMatch(/:2/);
    await chat.type(ANA, 'status');
    expect(chat.text).toMatch(/second\s.*disabled/);
  });

  it('refuses a config with mistakes by naming all of them', async () => {
    const mistakes = await words({ listen: 'nowhere', publik_url: 'https://x.example' });
    const refused = await api.createGateway(mistakes).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(api.ConfigError);
    expect((refused as api.ConfigError).mistakes.map(({ path }) => path).sort()).toEqual([
      'listen',
      'publik_url',
    ]);
    expect((refused as Error).message).toContain('public_url');
  });

  it('says which address is taken and which setting to change, and leaves nothing running', async () => {
    const config = await words();
    const squatter = createServer();
    const port = Number(config.listen.split(':')[1]);
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    try {
      const gateway = await api.createGateway(config);
      await expect(gateway.start()).rejects.toMatchObject({
        code: 'port_taken',
        message: expect.stringMatching(new RegExp(`${port}[\\s\\S]*"listen"`)),
      });
      await expect(fetch(`http://${config.local_listen}/readyz`)).rejects.toThrow();
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('may be stopped twice, and before it was started', async () => {
    const gateway = await api.createGateway(await words());
    await gateway.stop();
    await gateway.stop();
  });

  it('says on /readyz whether the store answers', async () => {
    const config = await words({ storage: `file:${join(folder, 'state')}` });
    await started(config, {}, 'both');
    const ready = await fetch(`http://${config.local_listen}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks: { store: 'ok' } }]);
    await rm(join(folder, 'state'), { recursive: true });
    await writeFile(join(folder, 'state'), 'not a folder');
    const broken = await fetch(`http://${config.local_listen}/readyz`);
    expect(broken.status).toBe(503);
    expect(await broken.json()).toMatchObject({ ready: false });
  });
});
