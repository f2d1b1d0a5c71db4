import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/gateway/config.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor } from '../../src/gateway/types.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { actionsOf, asText, RecordingAdapter, replyOf } from '../helpers/recording-adapter.js';
import { freePort } from '../helpers/servers/free-port.js';
import { signIn } from '../helpers/sign-in-browser.js';

const PEOPLE = Array.from({ length: 20 }, (_, index) => `person${index}`);

let provider: AuthorizationServer;
let everything: ProtectedServer;
let folder: string;
let app: App;
let chat: RecordingAdapter;

function settingsOf(listen: string, localListen: string): Settings {
  const words = {
    public_url: `http://${listen}`,
    listen,
    local_listen: localListen,
    storage: `file:${join(folder, 'state')}`,
    access: { users: PEOPLE.map((name) => `web:${name}`) },
    mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
  };
  const outcome = parseConfig(JSON.stringify(words), { file: 'test', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twenty-'));
  provider = await startAuthorizationServer();
  everything = await startProtectedServer(provider);
  chat = new RecordingAdapter({ platform: 'web' });
  app = await createApp(settingsOf(`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`), {
    adapters: [chat],
  });
  await app.start();
});
afterAll(async () => {
  await app.stop();
  await everything.close();
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

const actorOf = (name: string): Actor => ({ platform: 'web', userId: name, displayName: name });

function messageOf(name: string) {
  const found = chat.messages.find(({ to }) => to.actor.userId === name);
  if (found === undefined) throw new Error(`nothing was said to ${name}`);
  return found;
}

describe('twenty people who sign in at once', () => {
  it('end up with a credential each, after one registration and twenty exchanges', async () => {
    await Promise.all(PEOPLE.map((name) => chat.type(actorOf(name), 'auth everything')));
    const links = PEOPLE.map((name) => {
      const link = actionsOf(replyOf(messageOf(name))).find(({ kind }) => kind === 'link');
      if (link?.kind !== 'link') throw new Error(`no link for ${name}:\n${asText(replyOf(messageOf(name)))}`);
      return link.url;
    });
    expect(new Set(links).size).toBe(PEOPLE.length);
    const pages = await Promise.all(links.map((link, index) => signIn(link, { login: PEOPLE[index] ?? '' })));
    expect(pages.map(({ status }) => status)).toEqual(PEOPLE.map(() => 200));
    for (const name of PEOPLE) {
      await expect.poll(() => asText(replyOf(messageOf(name)))).toMatch(/everything connected · 13 tools/);
    }
    expect(provider.counts).toMatchObject({ registration: 1, token: PEOPLE.length });
    expect(new Set(everything.callers)).toEqual(new Set(PEOPLE));
    for (const name of PEOPLE) {
      const messages = chat.messages.filter(({ to }) => to.actor.userId === name);
      expect(messages).toHaveLength(1);
      expect(messages[0]?.replies.length).toBeLessThanOrEqual(5);
    }
  }, 60_000);
});
