import { afterEach, expect } from 'vitest';
import type { AuthorizationServerOptions } from '../helpers/authorization-server.js';
import { Clock } from '../helpers/clock.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type {
  Discord,
  DiscordChannel,
  DiscordOptions,
  DiscordPerson,
  Outcome,
  RestCall,
  ShownMessage,
  ShownModal,
} from '../helpers/discord/face.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import type { GatewayOptions, RunningGateway } from '../helpers/running-gateway.js';
import { type Scene, useScene } from './scene.js';

/** What a channel may see of the bot, and nothing else. */
export const NOTE = 'I answer this only in private: type /mcp here.';
export const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
export const NOTHING_WAITS = 'No sign-in of yours waits for a code';

export interface DiscordThreats {
  /** The web scene's MCP server, its authorization server, and gateways. */
  readonly scene: Scene;
  /** The time of platforms and gateways. */
  readonly clock: Clock;
  /** A platform of the test's own, closed after it. */
  platform(options?: DiscordOptions): Promise<Discord>;
  /** A gateway that is connected to that platform, and whose `/mcp` is registered. The words are added to the config. */
  gateway(
    discord: Discord,
    words?: Readonly<Record<string, unknown>>,
    rest?: Omit<GatewayOptions, 'words' | 'clock'>,
  ): Promise<RunningGateway>;
  /** One that Discord's signed requests reach. */
  hooked(
    discord: Discord,
    words?: Readonly<Record<string, unknown>>,
    rest?: Omit<GatewayOptions, 'words' | 'clock'>,
  ): Promise<RunningGateway>;
  /** An MCP server that takes one API key: `configuredKey` for the config. */
  keyServer(key?: string): Promise<KeyServer>;
}

/** Entry of `mcp_servers` for a server whose key each person gives. */
export const configuredKey = ({ url }: KeyServer, name = 'NOTES_KEY'): object => ({
  url,
  headers: { Authorization: `Bearer \${${name}}` },
});

export function discordWords({ token, api }: Pick<Discord, 'token' | 'api'>, more: object = {}) {
  return { discord: { token, api_root: api, ...more } };
}

export function useDiscord(provider: AuthorizationServerOptions = {}): DiscordThreats {
  const scene = useScene(provider);
  const clock = new Clock();
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const start: DiscordThreats['gateway'] = async (discord, words = {}, rest = {}) => {
    const gateway = await scene.gateway(
      { access: { users: '*' }, security: {}, platforms: discordWords(discord), ...words },
      { ...rest, clock },
    );
    // Before the platform goes: what is not answered would be tried again until the very end.
    ends.push(() => gateway.stop());
    await expect.poll(() => discord.commands().length).toBeGreaterThan(0);
    return gateway;
  };

  return {
    scene,
    clock,
    async platform(options) {
      // Many tests at a time keep a small machine busy: the deadline itself is a matter of threat 24's.
      const discord = await startDiscord({
        now: clock.now,
        deadlineMs: 10_000,
        patienceMs: 15_000,
        ...options,
      });
      ends.push(() => discord.close());
      return discord;
    },
    async gateway(discord, words, rest) {
      const before = discord.gateway.identifies;
      const gateway = await start(discord, words, rest);
      await expect.poll(() => discord.gateway.identifies > before && discord.gateway.ready > 0).toBe(true);
      return gateway;
    },
    async hooked(discord, words, rest) {
      const byHttp = { platforms: discordWords(discord, { mode: 'http' }) };
      const gateway = await start(discord, { ...byHttp, ...words }, rest);
      const save = () => discord.interactions.setUrl(`${gateway.url}/webhooks/discord`);
      await expect.poll(save).toEqual({ saved: true });
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
export const idOf = ({ id }: Pick<DiscordPerson, 'id'>): string => `discord:${id}`;

/** Only these people. */
export function onlyFor(...people: readonly DiscordPerson[]) {
  return { access: { users: people.map(idOf) } };
}

/** What nobody sees keeps data from becoming links. */
export const plain = (text: string): string => text.replaceAll('\u2060', '');

export async function untilSees(
  person: DiscordPerson,
  text: string | RegExp,
  where?: DiscordChannel,
): Promise<void> {
  const seen = expect.poll(() => plain(person.sees(where)));
  await (typeof text === 'string' ? seen.toContain(text) : seen.toMatch(text));
}

export const heard = (person: DiscordPerson, where?: DiscordChannel): readonly ShownMessage[] =>
  person.messages(where).filter(({ from }) => from === 'bot');

/** The newest message of the bot that this person sees. */
export function newest(person: DiscordPerson, where?: DiscordChannel): ShownMessage {
  const message = heard(person, where).at(-1);
  if (message === undefined) throw new Error(`${person.name} has heard nothing`);
  return message;
}

/** Types `/mcp …`, and gives the answer once it is one. */
export async function answerTo(
  person: DiscordPerson,
  words: string,
  where?: DiscordChannel,
): Promise<ShownMessage> {
  const before = heard(person, where).length;
  await person.types('/mcp', words === '' ? {} : { command: words }, where);
  await expect
    .poll(() => heard(person, where).filter(({ state }) => state !== 'thinking').length)
    .toBeGreaterThan(before);
  return newest(person, where);
}

/** Types a command that is answered with a link, and waits for that. */
export async function askedFor(
  person: DiscordPerson,
  words: string,
  where?: DiscordChannel,
): Promise<ShownMessage> {
  const { id } = await answerTo(person, words, where);
  const now = (): ShownMessage | undefined => person.messages(where).find((one) => one.id === id);
  const links = () =>
    now()
      ?.buttons.flat()
      .filter(({ url }) => url !== undefined).length ?? 0;
  await expect.poll(links).toBeGreaterThan(0);
  return now() ?? newest(person, where);
}

export function linkIn({ buttons }: ShownMessage): string {
  const url = buttons.flat().find((button) => button.url !== undefined)?.url;
  if (url === undefined) throw new Error(`no link among ${JSON.stringify(buttons)}`);
  return url;
}

export const customIds = ({ buttons }: ShownMessage): readonly string[] =>
  buttons.flat().flatMap(({ customId }) => (customId === undefined ? [] : [customId]));

export function modalOf(outcome: Outcome): ShownModal {
  if (outcome.kind !== 'modal') throw new Error(`no modal, but: ${outcome.kind}`);
  return outcome.modal;
}

/** What the first answer says where it is a message. */
export function saidBy(outcome: Outcome): string {
  return outcome.kind === 'message' || outcome.kind === 'updated' ? outcome.message.text : outcome.kind;
}

/** Calls that put something where a whole channel can read it. */
export function publicCalls(discord: Discord, ...channels: readonly DiscordChannel[]): readonly RestCall[] {
  const ids = new Set(channels.map(({ id }) => id));
  const inChannel = ({ path }: RestCall): boolean =>
    ids.has(/\/channels\/(\d+)\/messages/.exec(path)?.[1] ?? '');
  return discord.calls.filter(({ route }) => /^(POST|PATCH)/.test(route)).filter(inChannel);
}

/** Waits until nothing more is said by itself: a command of somebody else's has come through, and then silence. */
export async function calm(discord: Discord, by: DiscordPerson): Promise<void> {
  await answerTo(by, 'help');
  let before = -1;
  const isStill = (): boolean => {
    const still = discord.calls.length === before;
    before = discord.calls.length;
    return still;
  };
  await expect.poll(isStill, { interval: 400 }).toBe(true);
}
