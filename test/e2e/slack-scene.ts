import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { launchChromium } from '../helpers/browser.js';
import { Clock } from '../helpers/clock.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import type {
  PersonOptions,
  ShownMessage,
  Slack,
  SlackChannel,
  SlackOptions,
  SlackPerson,
  SlackWorkspace,
  Where,
} from '../helpers/slack/face.js';
import { startSlack } from '../helpers/slack/slack.js';

type Words = Readonly<Record<string, unknown>>;

/** Slack with the workspace Acme, Ana (an admin of the gateway) and Ben in its channel #team, a server to sign in to, its provider, and browsers. */
export interface SlackScene {
  readonly provider: AuthorizationServer;
  /** server-everything behind a check of tokens: `everything` in the config; 13 tools. */
  readonly everything: ProtectedServer;
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly ana: SlackPerson;
  readonly ben: SlackPerson;
  readonly team: SlackChannel;
  /** Slack's, and that of the gateways that are started in this process. */
  readonly clock: Clock;
  /** Somebody else who may use the gateways that are started from now on. */
  member(name: string, options?: PersonOptions): SlackPerson;
  /** A browser that nobody has used: its cookies end with the test. */
  browser(): Promise<BrowserContext>;
  /** `platforms.slack`, to which `more` is added. */
  platform(more?: Words): Words;
  /** The config's own words, but for addresses and storage. */
  words(more?: Words): Words;
  /** A gateway in this process. */
  start(options: GatewayOptions): Promise<RunningGateway>;
  /** A gateway in this process that Slack can reach by a socket. */
  gateway(more?: Words, rest?: Omit<GatewayOptions, 'words'>): Promise<RunningGateway>;
}

export const CONNECTED = '✓ everything connected · 13 tools';

/** `slack:T1/U2`: as `access.users` names a person. */
export function idOf({ id, workspace }: SlackPerson): string {
  return `slack:${workspace.enterpriseId ?? workspace.id}/${id}`;
}

export function useSlackScene(chromium: string | undefined, options: SlackOptions = {}): SlackScene {
  let chrome: Browser;
  let provider: AuthorizationServer;
  let everything: ProtectedServer;
  let slack: Slack;
  let clock: Clock;
  let acme: SlackWorkspace;
  let ana: SlackPerson;
  let ben: SlackPerson;
  let team: SlackChannel;
  let members: readonly SlackPerson[];
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
    slack = await startSlack({ now: clock.now, ...options });
    acme = slack.workspace('Acme');
    members = [];
    ana = member('Ana');
    ben = member('Ben');
    team = acme.channel('team', [ana, ben]);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await slack.close();
  });
  // After the hooks above: gateways stop before their platform does.
  const start = useGateways();

  function member(name: string, more: PersonOptions = {}): SlackPerson {
    const person = acme.person(name, more);
    members = [...members, person];
    return person;
  }

  const platform = (more: Words = {}): Words => ({
    slack: {
      bot_token: acme.botToken,
      app_token: slack.appToken,
      api_root: slack.apiUrl.replace(/\/$/, ''),
      ...more,
    },
  });

  const words = (more: Words = {}): Words => ({
    access: { users: members.map(idOf), admins: [idOf(ana)] },
    platforms: platform(),
    mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
    ...more,
  });

  return {
    get provider() {
      return provider;
    },
    get everything() {
      return everything;
    },
    get slack() {
      return slack;
    },
    get acme() {
      return acme;
    },
    get ana() {
      return ana;
    },
    get ben() {
      return ben;
    },
    get team() {
      return team;
    },
    get clock() {
      return clock;
    },
    member,
    async browser() {
      const context = await chrome.newContext();
      contexts.push(context);
      return context;
    },
    platform,
    words,
    start,
    async gateway(more, rest = {}) {
      const before = slack.sockets.open;
      const gateway = await start({ words: words(more), clock, ...rest });
      await slack.sockets.untilOpen(before + 1);
      return gateway;
    },
  };
}

/** What a slow machine says first, and what stands there for good. */
export const ONE_MOMENT = 'One moment: I answer below.';

/** All that the bot says to them there, but for that: in their DM with it, unless another place is named. */
export function answersTo(person: SlackPerson, where?: Where): readonly ShownMessage[] {
  return person.messages(where).filter(({ from, text }) => from === 'bot' && text !== ONE_MOMENT);
}

/** The newest answer that somebody sees there. */
export function lastOf(person: SlackPerson, where?: Where): ShownMessage {
  const last = answersTo(person, where).at(-1);
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** What the newest answer says; '' where there is none. */
export function saidTo(person: SlackPerson, where?: Where): string {
  return answersTo(person, where).at(-1)?.text ?? '';
}

/** The address behind the newest button with that label, once somebody sees one: copied, so that Slack hears of no press. */
export async function linkFor(person: SlackPerson, where?: Where, label = 'Sign in'): Promise<string> {
  const link = (): string | undefined =>
    person
      .messages(where)
      .flatMap(({ buttons }) => buttons)
      .findLast((button) => button.label === label && button.url !== undefined)?.url;
  await expect.poll(link).toBeDefined();
  return link() ?? '';
}

/** Presses that button as a person does: the client opens its address, and Slack tells the app. */
export async function pressLink(person: SlackPerson, where?: Where, label = 'Sign in'): Promise<string> {
  await linkFor(person, where, label);
  const { acknowledged, url } = await person.presses(label, where);
  expect(acknowledged).toBe(true);
  return url ?? '';
}
