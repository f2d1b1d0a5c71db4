import { freePort } from '../servers/free-port.js';
import { ApiServer } from './api-server.js';
import type {
  ApiCall,
  BotApi,
  BotApiOptions,
  Failure,
  GroupOptions,
  PersonOptions,
  TelegramGroup,
  TelegramPerson,
} from './face.js';
import { Group } from './group.js';
import { HttpDoor } from './http-door.js';
import { Person } from './person.js';
import { createPlatform, type Platform } from './platform.js';
import { Refusal } from './refusal.js';
import type { Account, GroupChat } from './shapes.js';

export type * from './face.js';

/** Shaped like a real one: the bot's id, and 35 characters. */
const TOKEN = '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yi';
/** Beyond 32 bits, as new accounts are. */
const FIRST_PERSON = 6_900_000_001;
const FIRST_GROUP = -4_900_000_001;
const FIRST_SUPERGROUP = -1_002_900_000_001;

class LocalBotApi implements BotApi {
  readonly #platform: Platform;
  readonly #server: ApiServer;
  readonly #door: HttpDoor;
  readonly token: string;
  #people = 0;
  #groups = 0;

  constructor(options: BotApiOptions, port: number) {
    const { token = TOKEN, username = 'acme_mcp_bot', now = Date.now } = options;
    this.token = token;
    const bot = { id: Number(token.split(':')[0]), is_bot: true, first_name: 'Acme MCP', username } as const;
    this.#platform = createPlatform({
      bot,
      now,
      readsAllMessages: options.canReadAllGroupMessages ?? false,
      isOld: options.isOld ?? false,
      pressPatienceMs: options.pressPatienceMs ?? 10_000,
    });
    this.#server = new ApiServer(this.#platform, token, {
      routes: options.webhookRoutes ?? {},
      retryMs: options.webhookRetryMs ?? 100,
      timeoutMs: options.webhookTimeoutMs ?? 5000,
    });
    this.#door = new HttpDoor(port, (request) => this.#server.serve(request));
  }

  get root(): string {
    return `http://127.0.0.1:${this.#door.port}`;
  }

  get bot() {
    return this.#platform.bot;
  }

  person(name: string, options: PersonOptions = {}): TelegramPerson {
    const { id = FIRST_PERSON + this.#people, username, started = true, client = 'current' } = options;
    this.#people += 1;
    const account: Account = {
      id,
      name,
      ...(username === undefined ? {} : { username }),
      language: options.language ?? 'en',
      client,
      started,
      blocked: false,
      deactivated: false,
      online: true,
    };
    const chat = this.#platform.chats.addAccount(account);
    for (const topic of options.topics ?? []) chat.topics.set(topic, this.#platform.messages.nextIdIn(chat));
    return new Person(this.#platform, account);
  }

  group(title: string, members: readonly TelegramPerson[], options: GroupOptions = {}): TelegramGroup {
    const { topics = [], username, admins = [] } = options;
    const { kind = topics.length > 0 || username !== undefined ? 'supergroup' : 'group' } = options;
    if (kind === 'group' && (topics.length > 0 || username !== undefined))
      throw new Error('topics and public names are for supergroups');
    const chat = this.#addGroup(kind, {
      title,
      ...(username === undefined ? {} : { username }),
      members: new Set([...members, ...admins].map((person) => this.#account(person))),
      admins: new Set(admins.map((person) => this.#account(person))),
      forum: topics.length > 0,
      bot: options.bot ?? 'member',
    });
    for (const topic of topics) chat.topics.set(topic, this.#platform.messages.nextIdIn(chat));
    return new Group(this.#platform, chat);
  }

  upgrade(group: TelegramGroup): TelegramGroup {
    const old = this.#platform.chats.byId(group.id);
    if (old === undefined || old.kind !== 'group') throw new Error('only a basic group becomes a supergroup');
    const { title, members, admins, bot } = old;
    const successor = this.#addGroup('supergroup', {
      title,
      members: new Set(members),
      admins: new Set(admins),
      forum: false,
      bot,
    });
    new Group(this.#platform, old).upgradeTo(successor);
    return new Group(this.#platform, successor);
  }

  get calls(): readonly ApiCall[] {
    return this.#server.calls;
  }

  callsOf(method: string): readonly ApiCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  get updates() {
    return this.#platform.updates.history;
  }

  fail(method: string, how: Failure, times = 1): void {
    this.#server.faults.plan(method, how, times);
  }

  floodAfter(count: number, perMs: number): void {
    this.#server.flood.set(count, perMs);
  }

  revokeToken(): void {
    this.#server.token = undefined;
    this.#server.polling.end(new Refusal(401, 'Unauthorized'));
  }

  async goDown(): Promise<void> {
    this.#server.webhook.pause();
    await this.#door.close();
  }

  async comeBack(): Promise<void> {
    await this.#door.open();
    this.#server.webhook.resume();
  }

  push(update: object): number {
    return this.#platform.updates.push({ ...update });
  }

  redeliver(updateId: number): void {
    this.#platform.updates.redeliver(updateId);
  }

  get pendingUpdates(): number {
    return this.#platform.updates.size;
  }

  async close(): Promise<void> {
    this.#server.webhook.close();
    await this.#door.close();
  }

  open(): Promise<void> {
    return this.#door.open();
  }

  #addGroup(
    kind: 'group' | 'supergroup',
    rest: Pick<GroupChat, 'title' | 'members' | 'admins' | 'forum' | 'bot' | 'username'>,
  ): GroupChat {
    const id = (kind === 'group' ? FIRST_GROUP : FIRST_SUPERGROUP) - this.#groups;
    this.#groups += 1;
    return this.#platform.chats.addGroup({ kind, id, ...rest });
  }

  #account(person: TelegramPerson): Account {
    const account = this.#platform.chats.accounts.get(person.id);
    if (account === undefined) throw new Error(`${person.name} is not on this platform`);
    return account;
  }
}

/** Telegram's Bot API on a port of 127.0.0.1, and the people and groups behind it. */
export async function startBotApi(options: BotApiOptions = {}): Promise<BotApi> {
  const api = new LocalBotApi(options, await freePort());
  await api.open();
  return api;
}
