/**
 * The words that the gateway and its chat adapters share. Platform-neutral, plain data: everything here can be
 * stored as JSON, so that a sign-in that ends after a restart, or on another replica, still finds its message.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type Platform = 'telegram' | 'discord' | 'slack' | 'terminal' | 'web';

/** Who speaks. `tenant` is the Slack workspace; the other platforms have none. `displayName` is data, never markup. */
export interface Actor {
  readonly platform: Platform;
  readonly tenant?: string;
  readonly userId: string;
  readonly displayName: string;
}

/** Where something was said: opaque to all but the adapter that made it. Plain JSON; may hold a capability. */
export type ConversationRef = { readonly [key: string]: Json };

/** A message that the adapter sent: opaque to all but the adapter that made it. Plain JSON; may hold a capability. */
export type MessageRef = { readonly [key: string]: Json };

/**
 * One normalised command. Typing `/mcp auth linear`, pressing a command button and submitting a form all become
 * the same thing: `words: ['auth', 'linear']`, with `fields` where a form was filled in.
 */
export interface Invocation {
  /** Unique for one delivery by the platform: a repeated delivery repeats it. */
  readonly deliveryId: string;
  readonly actor: Actor;
  /** What followed `/mcp`, split at white space, as typed. */
  readonly words: readonly string[];
  /** A submitted form's values by field name. May hold secrets: never logged. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly conversation: ConversationRef;
  /** The platform tells the person that it failed where nothing is answered: a refusal is said however often it was said. */
  readonly awaited?: true;
  /** The message whose button was pressed: the answer replaces it. */
  readonly message?: MessageRef;
  /** The person's own message, where the platform kept it: what `remove` takes away if a secret was pasted into it. */
  readonly typed?: MessageRef;
  /** What they were asked for in the chat, and have not given, is asked no more: this command took it back. */
  readonly withdrawn?: true;
}

export interface Field {
  /** Key in `Invocation.fields`. */
  readonly name: string;
  readonly label: string;
  /** True: typed unseen where the platform can; never echoed or kept in a history. */
  readonly secret: boolean;
  readonly hint?: string;
  /** Exactly so many digits, spaces aside: said in place where the platform can. */
  readonly digits?: number;
}

/** A button. Pressing a command button *is* typing that command; submitting a form *is* typing it with fields. */
export type Action =
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  | { readonly kind: 'command'; readonly label: string; readonly words: readonly string[] }
  | {
      readonly kind: 'form';
      readonly label: string;
      readonly title: string;
      readonly words: readonly string[];
      readonly fields: readonly Field[];
    };

/** `ok` ✓, `attention` ●, `failed` ✗, `neutral` –. */
export type Mark = 'ok' | 'attention' | 'failed' | 'neutral';

/**
 * One row. The cells of consecutive lines with the same number of cells (more than one) form a table;
 * a line with one cell is a sentence. Cells are plain text and are escaped by the adapter.
 */
export interface Line {
  readonly mark?: Mark;
  readonly cells: readonly string[];
  /** The server that a sentence is about, and begins with: what a button that stands elsewhere is named after. */
  readonly subject?: string;
  readonly action?: Action;
}

/** Where a command was given, as the config and the audit name it. */
export type Place =
  | { readonly kind: 'private' }
  /** `ids`: the chat's own first (`telegram:-100123`, `slack:T1/C2`, `discord:G/C`), then what it is a part of (`discord:G/*`). */
  | { readonly kind: 'group'; readonly ids: readonly [string, ...string[]] };

/** What the bot says. Always for the person who asked, and for nobody else. */
export interface Reply {
  /** One line, plain text. Empty when the lines say it all. */
  readonly title: string;
  /** Set beside the title: "3 of 5 ready". */
  readonly aside?: string;
  readonly lines: readonly Line[];
  readonly actions: readonly Action[];
  /** More is to come soon: a platform that counts its edits may leave this one out. */
  readonly passing?: true;
  /**
   * What it answers held a key. Where that stands for others to read and this comes to `no-private-way`, the adapter warns
   * of it there, in a sentence of its own that is the same for everybody.
   */
  readonly exposed?: true;
}

/** To whom a Reply goes. Without a conversation: the actor's private chat. */
export interface Recipient {
  readonly actor: Actor;
  readonly conversation?: ConversationRef;
}

/** Somebody who said something to a host's bot, and where: whoever answers them calls on their behalf. */
export interface Caller {
  readonly actor: Actor;
  readonly conversation: ConversationRef;
}

export type Delivery =
  | { readonly kind: 'delivered'; readonly message: MessageRef }
  /** The platform has no way to say it to this person alone. Nothing was sent. */
  | { readonly kind: 'no-private-way' }
  /** The message, chat or person is no longer there, or belongs to another process. Nothing was sent. */
  | { readonly kind: 'gone' };

/**
 * What an adapter keeps beyond its own process, on every replica: which deliveries it has taken, what a short link or
 * a prompt stands for. Sealed, expiring, and its own: no other adapter sees it. Rejects while the store is down.
 */
export interface AdapterMemory {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json, ttlMs: number): Promise<void>;
  /** Reads and forgets: of several callers, in whatever process, one gets it. */
  take(key: string): Promise<Json | undefined>;
  /**
   * True for the first who asks about this key, in whatever process; false for all others until it expires.
   *
   * @param value what `get` then answers, to all of them. @default true
   */
  first(key: string, ttlMs: number, value?: Json): Promise<boolean>;
  /** Of what is kept under `prefix/…`, what follows the prefix. */
  keys(prefix: string): Promise<readonly string[]>;
}

/**
 * Of all replicas, one at a time runs `work`; another takes over once it is gone. `turn` aborts when this replica is to
 * let go: `ending` did, or its turn was lost. Resolves when `work` has ended by itself, or after `ending`. Never rejects.
 */
export type InTurn = (work: (turn: AbortSignal) => Promise<void>, ending: AbortSignal) => Promise<void>;

/** What an adapter is given: no more than it needs. */
export interface ChatGateway {
  /** Runs one command; its Reply comes back through the adapter's own `send` or `update`. Never rejects. */
  handle(invocation: Invocation): Promise<void>;
  /** Autocompletion for the word being typed (the last of `words`, perhaps ''). No network, no I/O. */
  complete(actor: Actor, words: readonly string[]): Promise<readonly string[]>;
  readonly memory: AdapterMemory;
  /** There where other replicas may serve the same bot: for a connection that only one of them is to have. */
  readonly inTurn?: InTurn;
}

/** One chat platform. The required members stand in the order of their life; the optional ones are capabilities. */
export interface ChatAdapter {
  readonly platform: Platform;
  start(gateway: ChatGateway): Promise<void>;
  send(to: Recipient, reply: Reply): Promise<Delivery>;
  update(message: MessageRef, reply: Reply): Promise<Delivery>;
  stop(): Promise<void>;
  /** Routes of its own below `path`: on the public listener (webhooks), or on the local one (the web chat). */
  readonly http?: {
    readonly path: string;
    readonly audience: 'public' | 'local';
    handle(request: Request): Promise<Response>;
  };
  /** Takes a message away (a pasted secret). False where it could not. */
  remove?(message: MessageRef): Promise<boolean>;
  /** True where the platform shows `form` actions privately by itself; elsewhere keys go through the gateway's form page. */
  readonly forms?: boolean;
  /** True where the person's browser is on the gateway's own machine: links to that machine work. Absent: it is elsewhere. */
  readonly local?: boolean;
  /**
   * Whether what a person says there in plain words comes to the gateway, unseen by others: they may send the address of a
   * page that did not open. Absent: nowhere; the form asks for it.
   */
  hears?(conversation: ConversationRef): boolean;
  /** Which chat that is. Absent, or undefined: a private one. */
  place?(conversation: ConversationRef): Place | undefined;
  /** Whether an answer to this can be brought up to date later, by itself. Absent: always. */
  editable?(invocation: Invocation): boolean;
  /** A URL that opens this person's chat: the done page's way back. */
  chatUrl?(to: Recipient): string | undefined;
  /** A URL that says `/mcp confirm` in this person's private chat with one tap; `{digits}` stands for the six digits. */
  confirmUrl?(to: Recipient): string | undefined;
  /** What keeps it from working just now, in one sentence for operators (`/readyz`). Undefined: nothing. */
  trouble?(): string | undefined;
}

const ANSWERED = /[?&](?:code|error)=[^&#]/;
const WITH_STATE = /[?&]state=[^&#]/;
/** What is left of one where only a part was copied: a code in it is still a code. */
const PART = /^(?:https?:\/\/)?(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?\/\S*[?&](?:code|state)=[^&#]/i;

/**
 * The address with which a provider sent a browser back (RFC 6749 §4.1.2), in whatever was said around it, whole or the
 * first part of it. It holds a code: it is used, taken away where that can be done, and never repeated.
 */
export function returnAddress(text: string): string | undefined {
  const words = text.split(/[\s<>"'`]+/u);
  const isWhole = (word: string): boolean => ANSWERED.test(word) && WITH_STATE.test(word);
  return words.find(isWhole) ?? words.find((word) => PART.test(word));
}

/** `telegram:123`, `slack:T1/U2`: the one spelling of an actor in config, messages and records. */
export function actorId(actor: Actor): string {
  return `${actor.platform}:${actor.tenant === undefined ? '' : `${actor.tenant}/`}${actor.userId}`;
}
