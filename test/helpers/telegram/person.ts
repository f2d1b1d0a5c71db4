import { newest, onceShown } from '../once-shown.js';
import { payloadOf } from './bot-links.js';
import type { Pressed, ShownMessage, TelegramGroup, TelegramPerson, Where } from './face.js';
import type { Platform } from './platform.js';
import { pressData } from './pressing.js';
import type { Account, Chat, StoredMessage } from './shapes.js';
import { isGroup } from './shapes.js';
import { tellStanding } from './standing.js';
import { editText, typeText } from './typing.js';
import { asText, type Sight, sightsIn, visibleButtons } from './view.js';

/** One person, at their client. */
export class Person implements TelegramPerson {
  readonly #platform: Platform;
  readonly #account: Account;

  constructor(platform: Platform, account: Account) {
    this.#platform = platform;
    this.#account = account;
  }

  get id(): number {
    return this.#account.id;
  }

  get name(): string {
    return this.#account.name;
  }

  async type(text: string, where: Where = {}): Promise<void> {
    const { chat, topic, replyTo, forwardedFrom, ...marks } = where;
    const forwarded = forwardedFrom && this.#platform.chats.accounts.get(forwardedFrom.id);
    typeText(this.#platform, this.#account, text, {
      chat: this.#chat(chat),
      ...(topic === undefined ? {} : { thread: this.#thread(topic, chat) }),
      ...(replyTo === undefined ? {} : { replyTo: this.#stored(replyTo) }),
      ...(forwarded === undefined ? {} : { forwardedFrom: forwarded }),
      ...marks,
    });
  }

  async edit(message: ShownMessage, text: string): Promise<void> {
    editText(this.#platform, this.#account, this.#stored(message), text);
  }

  async press(label: string, chat?: TelegramGroup): Promise<Pressed> {
    const chats = () => (chat === undefined ? this.#platform.chats.all() : [this.#chat(chat)]);
    const buttons = () => visibleButtons(this.#account, chats());
    const { stored, button } = newest(buttons(), label) ?? (await onceShown(this.name, label, buttons));
    if (!this.#account.online) throw new Error(`${this.name} is offline`);
    if (button.url !== undefined) {
      if (payloadOf(button.url, this.#platform.bot.username) !== undefined) await this.openLink(button.url);
      return { answered: false, url: button.url };
    }
    if (button.data === undefined || stored.deleted) return { answered: false };
    return pressData(this.#platform, this.#account, stored, button.data);
  }

  forgePress(message: ShownMessage, data: string): Promise<Pressed> {
    return pressData(this.#platform, this.#account, this.#stored(message), data);
  }

  async openLink(url: string): Promise<void> {
    const payload = payloadOf(url, this.#platform.bot.username);
    if (payload === undefined) throw new Error(`no link to this bot that a client opens: ${url}`);
    await this.start(payload);
  }

  async start(payload = ''): Promise<void> {
    await this.type(`/start ${payload}`);
  }

  removeTopic(topic: string): void {
    this.#platform.chats.privateOf(this.#account).topics.delete(topic);
  }

  erase(message: ShownMessage): void {
    const stored = this.#stored(message);
    const mayErase = !isGroup(stored.chat) || stored.sender === this.#account;
    if (!mayErase) throw new Error(`${this.name} can't take that message away`);
    this.#platform.messages.delete(stored);
  }

  block(): void {
    this.#setBlocked(true);
  }

  unblock(): void {
    this.#setBlocked(false);
  }

  deactivate(): void {
    this.#account.deactivated = true;
  }

  goOffline(): void {
    this.#account.online = false;
  }

  comeOnline(): void {
    this.#account.online = true;
  }

  restartClient(): void {
    for (const chat of this.#platform.chats.all())
      for (const { stored } of sightsIn(this.#account, chat)) stored.copy = undefined;
  }

  sees(chat?: TelegramGroup): string {
    return this.#sights(chat)
      .map((sight) => asText(sight, this.#nameOf))
      .join('\n\n');
  }

  messages(chat?: TelegramGroup): readonly ShownMessage[] {
    return this.#sights(chat).map(({ message }) => message);
  }

  readonly #nameOf = (id: 'bot' | number): string =>
    id === 'bot' ? this.#platform.bot.username : (this.#platform.chats.accounts.get(id)?.name ?? String(id));

  #thread(topic: string, group: TelegramGroup | undefined): number {
    const thread = this.#chat(group).topics.get(topic);
    if (thread === undefined) throw new Error(`there is no topic "${topic}"`);
    return thread;
  }

  #chat(group: TelegramGroup | undefined): Chat {
    const { chats } = this.#platform;
    if (group === undefined) return chats.privateOf(this.#account);
    const chat = chats.byId(group.id);
    if (chat === undefined) throw new Error(`no such group: ${group.title}`);
    return chat;
  }

  #sights(group: TelegramGroup | undefined): readonly Sight[] {
    const chat = this.#chat(group);
    const before = this.#platform.chats.all().filter((one) => isGroup(one) && one.upgradedTo === chat);
    return sightsIn(this.#account, chat, before);
  }

  #stored({ chat, id, ephemeralId }: ShownMessage): StoredMessage {
    const found = this.#platform.chats.byId(chat);
    const message =
      ephemeralId === undefined
        ? found?.byId.get(id)
        : found?.log.findLast(({ ephemeral }) => ephemeral?.id === ephemeralId);
    if (message === undefined) throw new Error('the platform has no such message');
    return message;
  }

  #setBlocked(blocked: boolean): void {
    if (this.#account.blocked === blocked) return;
    this.#account.blocked = blocked;
    const change = blocked ? (['member', 'kicked'] as const) : (['kicked', 'member'] as const);
    tellStanding(this.#platform, this.#chat(undefined), this.#account, change);
  }
}
