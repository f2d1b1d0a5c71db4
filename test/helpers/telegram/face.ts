/** What tests see of the fake: the platform, the people on it, and what they see. */

/** A message as one person's client shows it. */
export interface ShownMessage {
  readonly id: number;
  readonly ephemeralId?: number;
  readonly chat: number;
  readonly topic?: string;
  readonly from: 'bot' | number;
  readonly text: string;
  /** As the bot sent it, where it used HTML. */
  readonly html?: string;
  readonly buttons: readonly (readonly ShownButton[])[];
  readonly forceReply?: boolean;
  /** Whether the client shows a preview of the page behind a link in it. */
  readonly linkPreview: boolean;
  readonly edited: boolean;
  readonly replyTo?: number;
  readonly silent?: boolean;
}

export interface ShownButton {
  readonly label: string;
  readonly url?: string;
  readonly data?: string;
}

/** What came of a press. `url`: what the button or the answer opens; a link to the bot is already opened for a url button. */
export interface Pressed {
  /** The bot called `answerCallbackQuery` (never true for a url button). */
  readonly answered: boolean;
  readonly text?: string;
  readonly alert?: boolean;
  readonly url?: string;
}

/** The bot's standing in a group. */
export type BotStanding = 'member' | 'admin' | 'admin-without-delete' | 'kicked' | 'left';

export interface TelegramGroup {
  readonly id: number;
  readonly title: string;
  readonly kind: 'group' | 'supergroup';
  /** The `message_thread_id` of a topic. */
  thread(topic: string): number;
  removeTopic(topic: string): void;
  join(person: TelegramPerson): void;
  leave(person: TelegramPerson): void;
  /** Tells the bot with a `my_chat_member` update, as the platform does. */
  setBot(standing: BotStanding): void;
}

export interface Where {
  readonly chat?: TelegramGroup;
  readonly topic?: string;
  readonly replyTo?: ShownMessage;
  readonly forwardedFrom?: TelegramPerson;
  readonly asChannel?: boolean;
  readonly viaBot?: boolean;
}

export interface TelegramPerson {
  readonly id: number;
  readonly name: string;
  /**
   * Types into a chat as a client would (without `chat`: the bot's private chat). In a group a command is sent
   * ephemerally if the command list that applies there registers it so and the client is current.
   */
  type(text: string, where?: Where): Promise<void>;
  edit(message: ShownMessage, text: string): Promise<void>;
  /** Presses the newest visible button with that label; waits for the bot's answer. */
  press(label: string, chat?: TelegramGroup): Promise<Pressed>;
  /** A callback query with any data for any message, seen or not, as a hostile client can send it. */
  forgePress(message: ShownMessage, data: string): Promise<Pressed>;
  /** Taps a `t.me/<bot>?start=payload` link, and START. */
  openLink(url: string): Promise<void>;
  start(payload?: string): Promise<void>;
  /** Of the private chat. */
  removeTopic(topic: string): void;
  /** Takes away a message of their own, or any in the private chat. Bots are not told. */
  erase(message: ShownMessage): void;
  block(): void;
  unblock(): void;
  deactivate(): void;
  /** Ephemeral messages and edits sent meanwhile are lost. */
  goOffline(): void;
  comeOnline(): void;
  /** Ephemeral messages live in one client and are gone with it. */
  restartClient(): void;
  /** All that this person can see now, newest last: texts, labels, addresses of buttons and of links in texts. */
  sees(chat?: TelegramGroup): string;
  messages(chat?: TelegramGroup): readonly ShownMessage[];
}

export interface PersonOptions {
  readonly id?: number;
  readonly username?: string;
  /** The bot may write first. Default: true. */
  readonly started?: boolean;
  /** `old` knows nothing of ephemeral messages: it sends every command for all to see, and shows none. */
  readonly client?: 'current' | 'old';
  /** Of the private chat with the bot, which then has forum topic mode. */
  readonly topics?: readonly string[];
  /** Two letters. Default: en. */
  readonly language?: string;
}

export interface GroupOptions {
  readonly kind?: 'group' | 'supergroup';
  /** Makes it a forum (a supergroup). */
  readonly topics?: readonly string[];
  readonly bot?: BotStanding;
  readonly username?: string;
  readonly admins?: readonly TelegramPerson[];
}

export interface ApiCall {
  readonly method: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 0: the connection was cut before an answer. */
  readonly status: number;
  readonly atMs: number;
}

export type Failure =
  | { readonly errorCode: number; readonly description: string; readonly parameters?: object }
  /** The connection breaks, nothing was done. */
  | 'drop-before'
  /** It was done, the answer is lost. */
  | 'drop-after'
  /** It reaches the platform late. */
  | { readonly delayMs: number };

export interface BotApiOptions {
  readonly now?: () => number;
  /** Default: acme_mcp_bot. */
  readonly username?: string;
  /** Privacy mode off. */
  readonly canReadAllGroupMessages?: boolean;
  readonly token?: string;
  /** A Bot API server 10.2: it leaves out `ephemeral_message_parameters`. */
  readonly isOld?: boolean;
  /** Where webhooks of an origin really go: `{ 'https://gateway.example': 'http://127.0.0.1:8080' }`. */
  readonly webhookRoutes?: Readonly<Record<string, string>>;
  /** How long a press waits for the bot's answer. Default: 10000, for busy machines. */
  readonly pressPatienceMs?: number;
  /** The pause after a webhook's first failure; each later one is twice as long, up to 5 s. Default: 100. */
  readonly webhookRetryMs?: number;
  /** How long a webhook may take to answer. Default: 5000. */
  readonly webhookTimeoutMs?: number;
}

export interface BotApi {
  /** `apiRoot` for grammY, no trailing slash. */
  readonly root: string;
  readonly token: string;
  readonly bot: { readonly id: number; readonly username: string; readonly first_name: string };
  person(name: string, options?: PersonOptions): TelegramPerson;
  group(title: string, members: readonly TelegramPerson[], options?: GroupOptions): TelegramGroup;
  /** Every answered (or cut) call, in the order of the answers. The token is not part of it. */
  readonly calls: readonly ApiCall[];
  callsOf(method: string): readonly ApiCall[];
  /** Every update ever made for the bot, delivered or not. */
  readonly updates: readonly Readonly<Record<string, unknown>>[];
  /** The next `times` calls of `method` (`*`: any, `getUpdates` too) go wrong this way. Default: 1. */
  fail(method: string, how: Failure, times?: number): void;
  /** From now on: at most `count` sends and edits per chat within `perMs`, then 429. */
  floodAfter(count: number, perMs: number): void;
  revokeToken(): void;
  goDown(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  /** The group becomes a supergroup with another id; the old one only refers to it. */
  upgrade(group: TelegramGroup): TelegramGroup;
  /** A raw update. Gets an `update_id` unless it brings one. */
  push(update: object): number;
  /** Delivers once more what was delivered before. */
  redeliver(updateId: number): void;
  readonly pendingUpdates: number;
  close(): Promise<void>;
}
