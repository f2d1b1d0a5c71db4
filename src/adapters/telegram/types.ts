import type { Actor } from '../../gateway/types.js';
import type { ShownButtons } from './outgoing/shown-buttons.js';

/** A chat, and the topic in it: answers stay there. In a private chat `chat` is the person's own id. */
export interface Place {
  readonly kind: 'private' | 'group';
  readonly chat: number;
  readonly topic?: number;
}

/** A message of a person: a plain one, or an ephemeral command that only the bot sees (`message_id` is 0 there). */
export type TypedMessage = { readonly message: number } | { readonly ephemeral: number };

/** What an update means for the gateway, if anything. Everything in it comes from the platform: data, never trusted. */
export type Inbound =
  /** `/mcp …` or `/mcp@thisbot …`. */
  | {
      readonly kind: 'command';
      readonly updateId: number;
      readonly actor: Actor;
      readonly place: Place;
      readonly words: readonly string[];
      readonly typed: TypedMessage;
    }
  /** `/start payload` in the private chat: a deep link was tapped. Without a payload that such a link can have: ''. */
  | {
      readonly kind: 'start';
      readonly updateId: number;
      readonly actor: Actor;
      readonly place: Place;
      readonly payload: string;
      readonly typed: TypedMessage;
    }
  /**
   * Any other text of a person, as typed: perhaps the answer to a prompt for a key. In a group only a reply to us, or what
   * looks like a key.
   */
  | {
      readonly kind: 'text';
      readonly updateId: number;
      readonly actor: Actor;
      readonly place: Place;
      readonly text: string;
      readonly typed: TypedMessage;
      /** It replies to a message of this bot. */
      readonly repliesToUs: boolean;
      /** In a private chat: the message that it replies to. */
      readonly answers?: number;
      /** They said it elsewhere, or somebody else did. */
      readonly forwarded?: true;
      /** A file or a picture, with what stands below it: '' where nothing does. */
      readonly attached?: true;
    }
  /** An inline button of ours. */
  | {
      readonly kind: 'press';
      readonly updateId: number;
      readonly actor: Actor;
      readonly queryId: string;
      readonly data: string;
      /** Absent where Telegram no longer tells which message it was on (or it was sent through inline mode). */
      readonly place?: Place;
      readonly on?: TypedMessage;
      /** All that it has. */
      readonly buttons?: ShownButtons;
      /** The only person who can see the message: the other side of a private chat, or an ephemeral message's receiver. */
      readonly owner?: number;
    };
