import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { launchChromium } from '../helpers/browser.js';
import { Clock } from '../helpers/clock.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type {
  Discord,
  DiscordChannel,
  DiscordGuild,
  DiscordPerson,
  PersonOptions,
  DiscordOptions as PlatformOptions,
  RestCall,
  ShownMessage,
} from '../helpers/discord/face.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

type Words = Readonly<Record<string, unknown>>;

/** Discord with Ana (an admin of the gateway) and Ben in a guild, a server to sign in to, its provider, and browsers. */
export interface DiscordScene {
  readonly provider: AuthorizationServer;
  /** server-everything behind a check of tokens: `everything` in the config; 13 tools. */
  readonly everything: ProtectedServer;
  readonly discord: Discord;
  /** The platform's, and that of the gateways. */
  readonly clock: Clock;
  readonly ana: DiscordPerson;
  readonly ben: DiscordPerson;
  readonly guild: DiscordGuild;
  readonly general: DiscordChannel;
  /** Somebody else of the guild who may use the gateways that are started from now on. */
  member(name: string, options?: PersonOptions): DiscordPerson;
  /** A browser that nobody has used: its cookies end with the test. */
  browser(): Promise<BrowserContext>;
  /** The config's own words, but for addresses and storage. */
  words(more?: Words): Words;
  /** The config's words for the platform, with more of them. */
  platforms(more?: Words): Words;
  /** A gateway in this process, connected, whose `/mcp` is registered. */
  gateway(more?: Words, rest?: Omit<GatewayOptions, 'words' | 'clock'>): Promise<RunningGateway>;
  /** Resolves when `/mcp` is registered. */
  registered(): Promise<void>;
}

export const CONNECTED = '✓ everything connected · 13 tools';

export function useDiscordScene(
  chromium: string | undefined,
  platform: PlatformOptions | (() => PlatformOptions) = {},
): DiscordScene {
  let chrome: Browser;
  let provider: AuthorizationServer;
  let everything: ProtectedServer;
  let discord: Discord;
  let clock: Clock;
  let ana: DiscordPerson;
  let ben: DiscordPerson;
  let guild: DiscordGuild;
  let general: DiscordChannel;
  let members: readonly DiscordPerson[];
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
    clock = new Clock();
    const options = typeof platform === 'function' ? platform() : platform;
    // Browsers beside it keep a small machine busy: the deadline itself is a matter of the adapter's own tests.
    discord = await startDiscord({ now: clock.now, deadlineMs: 10_000, patienceMs: 15_000, ...options });
    guild = discord.guild('Acme', []);
    general = guild.channel('general');
    members = [];
    ana = member('Ana');
    ben = member('Ben');
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await discord.close();
  });
  // After the hooks above: gateways stop before their platform does.
  const start = useGateways();

  function member(name: string, options: PersonOptions = {}): DiscordPerson {
    const person = discord.person(name, options);
    guild.join(person);
    members = [...members, person];
    return person;
  }

  const platforms = (more: Words = {}): Words => ({
    platforms: { discord: { token: discord.token, api_root: discord.api, ...more } },
  });

  const words = (more: Words = {}): Words => ({
    access: { users: members.map(idOf), admins: [idOf(ana)] },
    mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
    ...platforms(),
    ...more,
  });

  async function registered(): Promise<void> {
    await expect.poll(() => discord.commands().length + discord.commands(guild).length).toBeGreaterThan(0);
  }

  return {
    get provider() {
      return provider;
    },
    get everything() {
      return everything;
    },
    get discord() {
      return discord;
    },
    get clock() {
      return clock;
    },
    get ana() {
      return ana;
    },
    get ben() {
      return ben;
    },
    get guild() {
      return guild;
    },
    get general() {
      return general;
    },
    member,
    async browser() {
      const context = await chrome.newContext();
      contexts.push(context);
      return context;
    },
    words,
    platforms,
    async gateway(more, rest = {}) {
      const before = discord.gateway.identifies;
      const gateway = await start({ words: words(more), ...rest, clock });
      await registered();
      if (isByGateway(more)) await expect.poll(() => discord.gateway.identifies).toBe(before + 1);
      if (isByGateway(more)) await expect.poll(() => discord.gateway.ready).toBeGreaterThan(0);
      return gateway;
    },
    registered,
  };
}

function isByGateway(words: Words | undefined): boolean {
  return !JSON.stringify(words ?? {}).includes('"mode":"http"');
}

/** Of the config. */
export const idOf = ({ id }: DiscordPerson): string => `discord:${id}`;

/** What nobody sees keeps data from becoming links. */
export const plain = (text: string): string => text.replaceAll('\u2060', '');

/** The newest message of the bot that somebody sees there; without a place, in the DM. */
export function lastOf(person: DiscordPerson, where?: DiscordChannel): ShownMessage {
  const last = person.messages(where).findLast(({ from }) => from === 'bot');
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** What the newest message of the bot says; '' where there is none. */
export function saidTo(person: DiscordPerson, where?: DiscordChannel): string {
  return plain(person.messages(where).findLast(({ from }) => from === 'bot')?.text ?? '');
}

/** Labels of the buttons of the newest message of the bot. */
export function buttonsOf(person: DiscordPerson, where?: DiscordChannel): readonly string[] {
  return lastOf(person, where)
    .buttons.flat()
    .map(({ label }) => label);
}

/** The address behind the newest button with that label, once somebody sees one. */
export async function linkFor(
  person: DiscordPerson,
  where?: DiscordChannel,
  label = 'Sign in',
): Promise<string> {
  const link = (): string | undefined =>
    person
      .messages(where)
      .flatMap(({ buttons }) => buttons.flat())
      .findLast((button) => button.label === label && button.url !== undefined)?.url;
  await expect.poll(link).toBeDefined();
  return link() ?? '';
}

/** `/mcp …`, as the client sends it with its two options filled in or not. */
export async function command(person: DiscordPerson, words = '', where?: DiscordChannel): Promise<void> {
  await person.types('/mcp', words === '' ? {} : { command: words }, where);
}

/** From a link of the chat through login and consent to the last page. */
export async function signIn(browser: BrowserContext, link: string, login?: string): Promise<Page> {
  const page = await openConnect(browser, link);
  await goOn(page);
  await agree(page, login);
  return page;
}

/** Where the last page's way back leads. */
export async function wayBack(page: Page): Promise<string | null> {
  return page.getByRole('link', { name: 'Back to Discord' }).getAttribute('href');
}

/** First answers to interactions. */
export const callbacks = (discord: Discord): readonly RestCall[] => discord.callsOf('POST /interactions');

/** Edits of what an interaction made. */
export const edits = (discord: Discord): readonly RestCall[] => discord.callsOf('PATCH ');

/** Messages into channels: DMs, and what everybody reads. */
export const posts = (discord: Discord): readonly RestCall[] =>
  discord.callsOf('POST /channels/:id/messages');
