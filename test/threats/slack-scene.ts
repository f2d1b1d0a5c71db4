import { afterEach, expect } from 'vitest';
import type { AuthorizationServerOptions } from '../helpers/authorization-server.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import type { GatewayOptions, RunningGateway } from '../helpers/running-gateway.js';
import type {
  ApiCall,
  ShownButton,
  ShownMessage,
  SlackOptions,
  SlackPerson,
  SlackWorkspace,
  Where,
} from '../helpers/slack/face.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { type Scene, useScene } from './scene.js';

type Words = Readonly<Record<string, unknown>>;

export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
/** What a channel may see of the bot, and nothing else. */
export const NOTE = 'I answer this only in private. Write to me in our direct messages.';
export const WEBHOOK = '/webhooks/slack';
/** Signs of work, which say nothing of what is worked on. */
const SIGNS: readonly string[] = ['Working…', 'One moment: I answer below.'];

export interface SlackScene {
  /** The web scene's MCP server, its authorization server, and gateways. */
  readonly scene: Scene;
  /** A platform of the test's own, closed after it. */
  platform(options?: SlackOptions): Promise<Slack>;
  /** A gateway which that platform reaches by a socket. The words are added to the config. */
  gateway(
    slack: Slack,
    workspaces: readonly SlackWorkspace[],
    words?: Words,
    rest?: Omit<GatewayOptions, 'words'>,
  ): Promise<RunningGateway>;
  /** A gateway to which that platform sends signed requests, from now on. */
  hooked(
    slack: Slack,
    workspaces: readonly SlackWorkspace[],
    words?: Words,
    rest?: Omit<GatewayOptions, 'words'>,
  ): Promise<RunningGateway>;
  /** An MCP server that takes one API key: `configuredKey` for the config. */
  keyServer(key?: string): Promise<KeyServer>;
}

/** Entry of `mcp_servers` for a server whose key each person gives. */
export const configuredKey = ({ url }: KeyServer, name = 'NOTES_KEY'): object => ({
  url,
  headers: { Authorization: `Bearer \${${name}}` },
});

/** `platforms` of a config. */
export function slackWords(
  slack: Slack,
  workspaces: readonly SlackWorkspace[],
  mode: 'socket' | 'http' = 'socket',
  more: object = {},
) {
  return {
    slack: {
      mode,
      bot_token: workspaces.map(({ botToken }) => botToken),
      ...(mode === 'socket' ? { app_token: slack.appToken } : { signing_secret: slack.signingSecret }),
      api_root: slack.apiUrl.replace(/\/$/, ''),
      ...more,
    },
  };
}

export function useSlack(provider: AuthorizationServerOptions = {}): SlackScene {
  const scene = useScene(provider);
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function started(words: Words, rest: Omit<GatewayOptions, 'words'>): Promise<RunningGateway> {
    const gateway = await scene.gateway(words, rest);
    // Before the platform goes.
    ends.push(() => gateway.stop());
    return gateway;
  }

  return {
    scene,
    async platform(options) {
      const slack = await startSlack(options);
      ends.push(() => slack.close());
      return slack;
    },
    async gateway(slack, workspaces, words = {}, rest = {}) {
      const before = slack.sockets.open;
      const platforms = slackWords(slack, workspaces);
      const gateway = await started({ access: { users: '*' }, security: {}, platforms, ...words }, rest);
      await slack.sockets.untilOpen(before + 1);
      return gateway;
    },
    async hooked(slack, workspaces, words = {}, rest = {}) {
      const platforms = slackWords(slack, workspaces, 'http');
      const gateway = await started({ access: { users: '*' }, security: {}, platforms, ...words }, rest);
      slack.deliverTo([`${gateway.url}${WEBHOOK}`]);
      await expect.poll(() => slack.callsOf('auth.test').length).toBeGreaterThanOrEqual(workspaces.length);
      return gateway;
    },
    async keyServer(key) {
      const server = await startKeyServer(key);
      ends.push(() => server.close());
      return server;
    },
  };
}

/** Ids of the config. */
export const idOf = ({ id, workspace }: SlackPerson): string =>
  `slack:${workspace.enterpriseId ?? workspace.id}/${id}`;

export function onlyFor(...people: readonly SlackPerson[]) {
  return { access: { users: people.map(idOf) } };
}

/** Anywhere, unless a place is named. */
export async function untilSees(person: SlackPerson, text: string | RegExp, where?: Where): Promise<void> {
  const sight = () => (where === undefined ? person.seesAnywhere() : person.sees(where));
  const seen = expect.poll(sight);
  await (typeof text === 'string' ? seen.toContain(text) : seen.toMatch(text));
}

/** All that the bot said to this person there, but for signs of work. */
export function heard(person: SlackPerson, where?: Where): readonly ShownMessage[] {
  return person.messages(where).filter(({ from, text }) => from === 'bot' && !SIGNS.includes(text));
}

/** The newest message of the bot that this person sees. */
export function newest(person: SlackPerson, where?: Where): ShownMessage {
  const message = heard(person, where).at(-1);
  if (message === undefined) throw new Error(`${person.name} has heard nothing`);
  return message;
}

/** Types, and waits until the bot has said something new to this person there. */
export async function answerTo(person: SlackPerson, text: string, where?: Where): Promise<ShownMessage> {
  const before = heard(person, where).length;
  await person.types(text, where);
  await expect.poll(() => heard(person, where).length).toBeGreaterThan(before);
  return newest(person, where);
}

export function linkIn({ buttons }: ShownMessage): string {
  const url = buttons.find((button) => button.url !== undefined)?.url;
  if (url === undefined) throw new Error(`no link among ${JSON.stringify(buttons)}`);
  return url;
}

/** Types a command that is answered with a link, and waits for that. */
export async function askedFor(person: SlackPerson, text: string, where?: Where): Promise<ShownMessage> {
  const { ts } = await answerTo(person, text, where);
  const now = (): ShownMessage | undefined => person.messages(where).findLast((one) => one.ts === ts);
  const links = () => now()?.buttons.filter(({ url }) => url !== undefined).length ?? 0;
  await expect.poll(links).toBeGreaterThan(0);
  return now() ?? newest(person, where);
}

/** As the button is, for `forgesPress`. */
export const asPressed = ({ actionId, blockId, value, url }: ShownButton) => ({
  action_id: actionId,
  block_id: blockId,
  ...(value === undefined ? {} : { value }),
  ...(url === undefined ? {} : { url }),
});

/** Calls that put something where everybody in a channel can read it. */
export function publicCalls(slack: Slack): readonly ApiCall[] {
  return slack.calls.filter(({ method, params }) => {
    if (method === 'response_url') return params.response_type === 'in_channel';
    return (
      /^chat\.(postMessage|update|scheduleMessage|meMessage)/.test(method) &&
      !`${params.channel}`.startsWith('D')
    );
  });
}

/** The others heard nothing of the bot, anywhere. */
export function expectSilenceFor(...others: readonly SlackPerson[]): void {
  for (const other of others) expect(other.seesAnywhere()).not.toContain('acmemcp: ');
}
