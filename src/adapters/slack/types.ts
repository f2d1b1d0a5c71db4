import type { KeptAction } from '../common/kept-actions.js';

/** Whose installation of the app a payload is about: what decides which token answers it. */
export interface Home {
  readonly team?: string;
  /** The Enterprise Grid organisation that the workspace belongs to. */
  readonly enterprise?: string;
  /** One installation for all workspaces of the organisation. */
  readonly orgWide: boolean;
}

/** Who did something, as Slack tells it. */
export interface Speaker {
  readonly userId: string;
  /** The handle, where the payload has it. */
  readonly name?: string;
  /** Their own workspace or organisation. Absent: that of `Home`, whose members alone can do this. */
  readonly team?: string;
}

interface Delivery {
  /** Repeated where Slack delivers the same thing again. */
  readonly deliveryId: string;
  readonly home: Home;
  readonly speaker: Speaker;
}

/** A message typed to the bot. */
export interface Typed {
  readonly channel: string;
  readonly ts: string;
  /** The thread it stands in. */
  readonly thread?: string;
  /** In the person's own DM with the bot. */
  readonly direct: boolean;
  /** The bot's user id that was mentioned: of several installations in one channel, this one is meant. */
  readonly bot?: string;
}

/** The message that a button is on. */
export interface Pressed {
  /** Our own id of it. */
  readonly id: string;
  /** For whom it was sent: `T1/U2`. */
  readonly owner: string;
  readonly channel: string;
  readonly ts: string;
  readonly thread?: string;
  readonly ephemeral: boolean;
}

/** What a pressed button says: a link opens by itself, and a long form is remembered under a key. */
export type Meaning =
  | { readonly kind: 'link' }
  | { readonly kind: 'kept'; readonly key: string }
  | KeptAction;

/** What a payload means for the gateway, if anything. Everything in it comes from the platform: data, never trusted. */
export type Inbound =
  /** The slash command. */
  | (Delivery & {
      readonly kind: 'command';
      readonly words: readonly string[];
      readonly channel: string;
      readonly responseUrl?: string;
    })
  /** `@bot mcp …`, or `mcp …` in the bot's DM. */
  | (Delivery & { readonly kind: 'typed'; readonly words: readonly string[]; readonly typed: Typed })
  /** Anything else that was said to the bot. `address`: in the DM, the address of a page that did not open. */
  | (Delivery & { readonly kind: 'text'; readonly typed: Typed; readonly address?: readonly string[] })
  | (Delivery & {
      readonly kind: 'press';
      readonly meaning: Meaning;
      /** What stands on the button. */
      readonly label: string;
      readonly message: Pressed;
      readonly triggerId: string;
      readonly responseUrl?: string;
    })
  | (Delivery & {
      readonly kind: 'submission';
      readonly viewId: string;
      /** What `modalOf` put into it. */
      readonly metadata: unknown;
      readonly values: Readonly<Record<string, string>>;
    })
  /** The app was removed, or a token revoked: to be looked at. */
  | { readonly kind: 'uninstalled'; readonly home: Home }
  /** Ours, and nothing to be done: an edited command, a closed form. */
  | { readonly kind: 'nothing' };
