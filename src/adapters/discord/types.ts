import type { Actor } from '../../gateway/types.js';

/**
 * Where something was said. `dm`: the person's own chat with the bot. `elsewhere`: a private chat of others, where the
 * command was brought along by whoever installed the app.
 */
export interface Place {
  readonly kind: 'guild' | 'dm' | 'elsewhere';
  readonly channel: string;
  readonly guild?: string;
  /** The channel that a thread hangs on. */
  readonly parent?: string;
}

/** What allows an answer to an interaction for fifteen minutes: a capability, never logged. */
export interface InteractionKey {
  readonly application: string;
  readonly id: string;
  readonly token: string;
}

/** The message that a button is on, or a form was opened from. */
export interface PressedMessage {
  readonly id: string;
  /** Only one person sees it. */
  readonly ephemeral: boolean;
  /** Who gave the command that it answers, where Discord tells. */
  readonly owner?: string;
}

interface Asked {
  readonly key: InteractionKey;
  readonly actor: Actor;
  readonly place: Place;
}

/** What an event means for the gateway, if anything. Everything in it comes from the platform: data, never trusted. */
export type Inbound =
  /** `/mcp`. */
  | ({ readonly kind: 'command'; readonly words: readonly string[] } & Asked)
  /** An option of `/mcp` is being typed. */
  | ({ readonly kind: 'completion'; readonly typing: Typing } & Asked)
  /** A button of ours. */
  | ({ readonly kind: 'press'; readonly customId: string; readonly on: PressedMessage } & Asked)
  /** A form of ours was submitted. */
  | ({
      readonly kind: 'submission';
      readonly customId: string;
      readonly values: Readonly<Record<string, string>>;
      readonly on?: PressedMessage;
    } & Asked)
  /**
   * `/mcp …` typed into the DM, or `@bot mcp …`. `words` absent: any other text in the DM; `address` where it is that of a
   * page that did not open.
   */
  | {
      readonly kind: 'text';
      readonly message: string;
      readonly actor: Actor;
      readonly place: Place;
      readonly words?: readonly string[];
      readonly address?: string;
    };

export type Interaction = Exclude<Inbound, { readonly kind: 'text' }>;

/** What stands before the cursor, and what is offered in its place. */
export interface Typing {
  /** The words so far; the last one, perhaps '', is being typed. */
  readonly words: readonly string[];
  /** What the option held before that word: every choice begins so. */
  readonly before: string;
}

/** A first answer, as it travels (Interaction Response Structure). */
export interface Callback {
  readonly type: number;
  readonly data?: object;
}

/** The bot, as Discord knows it. */
export interface Me {
  /** The bot's user id. */
  readonly user: string;
  readonly application: string;
}
