import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { launchChromium } from '../helpers/browser.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { PersonOptions, ShownMessage, TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';

type Words = Readonly<Record<string, unknown>>;

/** Telegram with Ana (an admin of the gateway) and Ben, a server to sign in to, its provider, and browsers. */
export interface TelegramScene {
  readonly provider: AuthorizationServer;
  /** server-everything behind a check of tokens: `everything` in the config; 13 tools. */
  readonly everything: ProtectedServer;
  readonly api: BotApi;
  readonly ana: TelegramPerson;
  readonly ben: TelegramPerson;
  /** Somebody else who may use the gateways that are started from now on. */
  member(name: string, options?: PersonOptions): TelegramPerson;
  /** A browser that nobody has used: its cookies end with the test. */
  browser(): Promise<BrowserContext>;
  /** The config's own words, but for addresses and storage. */
  words(more?: Words): Words;
  /** A gateway in this process that has put `/mcp` into the bot's command lists. */
  gateway(more?: Words, rest?: Omit<GatewayOptions, 'words'>): Promise<RunningGateway>;
  /** Resolves when `/mcp` is in the bot's command lists: from then on it is sent ephemerally in groups. */
  listed(): Promise<void>;
}

/** Of one `startBotApi` with its usual name. */
export const BOT_CHAT = 'https://t.me/acme_mcp_bot';
export const CONNECTED = '✓ everything connected · 13 tools';

export function useTelegramScene(chromium: string | undefined): TelegramScene {
  let chrome: Browser;
  let provider: AuthorizationServer;
  let everything: ProtectedServer;
  let api: BotApi;
  let ana: TelegramPerson;
  let ben: TelegramPerson;
  let members: readonly TelegramPerson[];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    chrome = await launchChromium(chromium ?? '');
    provider = await startAuthorizationServer();
    everything = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await chrome.close();
    await everything.close();
    await provider.close();
  });
  beforeEach(async () => {
    provider.resetCounts();
    everything.resetCounts();
    api = await startBotApi();
    members = [];
    ana = member('Ana', { username: 'ana' });
    ben = member('Ben', { username: 'ben' });
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await api.close();
  });
  // After the hooks above: gateways stop before their platform does.
  const start = useGateways();

  function member(name: string, options: PersonOptions = {}): TelegramPerson {
    const person = api.person(name, options);
    members = [...members, person];
    return person;
  }

  const words = (more: Words = {}): Words => ({
    access: { users: members.map(({ id }) => `telegram:${id}`), admins: [`telegram:${ana.id}`] },
    platforms: { telegram: { token: api.token, api_root: api.root } },
    mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
    ...more,
  });

  async function listed(): Promise<void> {
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThanOrEqual(2);
  }

  return {
    get provider() {
      return provider;
    },
    get everything() {
      return everything;
    },
    get api() {
      return api;
    },
    get ana() {
      return ana;
    },
    get ben() {
      return ben;
    },
    member,
    async browser() {
      const context = await chrome.newContext();
      contexts.push(context);
      return context;
    },
    words,
    async gateway(more, rest = {}) {
      const gateway = await start({ words: words(more), ...rest });
      await listed();
      return gateway;
    },
    listed,
  };
}

/** The newest message of the bot that somebody sees there. */
export function lastOf(person: TelegramPerson, chat?: TelegramGroup): ShownMessage {
  const last = person.messages(chat).findLast(({ from }) => from === 'bot');
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** What the newest message of the bot says; '' where there is none. */
export function saidTo(person: TelegramPerson, chat?: TelegramGroup): string {
  return person.messages(chat).findLast(({ from }) => from === 'bot')?.text ?? '';
}

/** The address behind the newest button with that label, once somebody sees one. */
export async function linkFor(
  person: TelegramPerson,
  chat?: TelegramGroup,
  label = 'Sign in',
): Promise<string> {
  const link = (): string | undefined =>
    person
      .messages(chat)
      .flatMap(({ buttons }) => buttons.flat())
      .findLast((button) => button.label === label && button.url !== undefined)?.url;
  await expect.poll(link).toBeDefined();
  return link() ?? '';
}
