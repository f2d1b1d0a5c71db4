import { afterEach, expect } from 'vitest';
import type { AuthorizationServerOptions } from '../helpers/authorization-server.js';
import type { KeyServer } from '../helpers/key-server.js';
import { startKeyServer } from '../helpers/key-server.js';
import type { GatewayOptions, RunningGateway } from '../helpers/running-gateway.js';
import { type ApiCall, type BotApi, type BotApiOptions, startBotApi } from '../helpers/telegram/bot-api.js';
import type { ShownMessage, TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { type Scene, useScene } from './scene.js';

/** What a group may see of the bot, and nothing else. */
export const NOTE = 'I answer this only in private.';

export interface TelegramScene {
  /** The web scene's MCP server, its authorization server, and gateways. */
  readonly scene: Scene;
  /** A platform of the test's own, closed after it. */
  platform(options?: BotApiOptions): Promise<BotApi>;
  /** A gateway whose bot polls that platform. The words are added to the config. */
  gateway(
    api: BotApi,
    words?: Readonly<Record<string, unknown>>,
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

/** Words that take the public URL away: keys are asked for in the chat then. */
export const NO_PUBLIC_URL = { public_url: undefined };

export function telegramWords({ token, root }: Pick<BotApi, 'token' | 'root'>, more: object = {}) {
  return { telegram: { token, api_root: root, ...more } };
}

export function useTelegram(provider: AuthorizationServerOptions = {}): TelegramScene {
  const scene = useScene(provider);
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return {
    scene,
    async platform(options) {
      const api = await startBotApi({ pressPatienceMs: 4_000, ...options });
      ends.push(() => api.close());
      return api;
    },
    async gateway(api, words = {}, rest = {}) {
      const gateway = await scene.gateway(
        { access: { users: '*' }, security: {}, platforms: telegramWords(api), ...words },
        rest,
      );
      // Before the platform goes: a poll that waits would be retried until the very end.
      ends.push(() => gateway.stop());
      // In a group `/mcp` is private only once it is registered as that.
      await expect.poll(() => isRegistered(api)).toBe(true);
      return gateway;
    },
    async keyServer(key) {
      const server = await startKeyServer(key);
      ends.push(() => server.close());
      return server;
    },
  };
}

const isRegistered = ({ calls }: BotApi): boolean =>
  calls.some(
    ({ method, status, payload }) =>
      method === 'setMyCommands' && status === 200 && JSON.stringify(payload).includes('all_group_chats'),
  );

/** Ids of the config. */
export const idOf = ({ id }: TelegramPerson): string => `telegram:${id}`;

/** Only these people, who may all write to each other's groups. */
export function onlyFor(...people: readonly TelegramPerson[]) {
  return { access: { users: people.map(idOf) } };
}

/** What nobody sees keeps data from becoming links. */
export const plain = (text: string): string => text.replaceAll('\u2060', '');

export async function untilSees(
  person: TelegramPerson,
  text: string | RegExp,
  chat?: TelegramGroup,
): Promise<void> {
  const seen = expect.poll(() => plain(person.sees(chat)));
  await (typeof text === 'string' ? seen.toContain(text) : seen.toMatch(text));
}

/** The newest message of the bot that this person sees. */
export function newest(person: TelegramPerson, chat?: TelegramGroup): ShownMessage {
  const message = person.messages(chat).findLast(({ from }) => from === 'bot');
  if (message === undefined) throw new Error(`${person.name} has heard nothing`);
  return message;
}

/** Waits until the bot has answered this person: on a busy machine “Working…” comes before. */
export async function answerTo(
  person: TelegramPerson,
  text: string,
  chat?: TelegramGroup,
): Promise<ShownMessage> {
  const heard = () => person.messages(chat).filter(({ from }) => from === 'bot');
  const before = heard().length;
  await person.type(text, chat === undefined ? {} : { chat });
  await expect.poll(() => heard().length > before && newest(person, chat).text !== 'Working…').toBe(true);
  return newest(person, chat);
}

export function linkIn({ buttons }: ShownMessage): string {
  const url = buttons.flat().find((button) => button.url !== undefined)?.url;
  if (url === undefined) throw new Error(`no link among ${JSON.stringify(buttons)}`);
  return url;
}

/** Calls that put something where a whole group can read it. */
export function publicCalls(api: BotApi): readonly ApiCall[] {
  return api.calls.filter(
    ({ method, payload }) =>
      Number(payload.chat_id) < 0 &&
      /^(send|edit|copy|forward|pin)/i.test(method) &&
      !/Ephemeral/.test(method) &&
      payload.ephemeral_message_parameters === undefined,
  );
}

/** The group sees the one note at most, with its one button, whose link says nothing. */
export function expectOnlyNotes(api: BotApi, group: TelegramGroup, ...others: TelegramPerson[]): void {
  for (const { payload } of publicCalls(api)) {
    expect(payload.text).toBe(NOTE);
    expect(JSON.stringify(payload.reply_markup)).toMatch(
      /^\{"inline_keyboard":\[\[\{"text":"Open our chat","url":"https:\/\/t\.me\/acme_mcp_bot\?start=mcp_r_[\w-]{22}"\}\]\]\}$/,
    );
  }
  for (const other of others) {
    const heard = other.messages(group).filter(({ from }) => from === 'bot');
    for (const { text } of heard) expect(text).toBe(NOTE);
  }
}

/** Types a command that is answered with a link, and waits for that. */
export async function askedFor(
  person: TelegramPerson,
  text: string,
  chat?: TelegramGroup,
): Promise<ShownMessage> {
  const { id, ephemeralId } = await answerTo(person, text, chat);
  const now = (): ShownMessage | undefined =>
    person.messages(chat).findLast((one) => one.id === id && one.ephemeralId === ephemeralId);
  const links = () =>
    now()
      ?.buttons.flat()
      .filter(({ url }) => url !== undefined).length ?? 0;
  // An edit that Telegram would not take is tried again after fifteen seconds.
  await expect.poll(links, { timeout: 40_000 }).toBeGreaterThan(0);
  return now() ?? newest(person, chat);
}
