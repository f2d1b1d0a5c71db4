/** What people see. */

/** JSON as it travels. */
export type Fields = Readonly<Record<string, unknown>>;

/** What of a text the client shows as more than text: how an injected `[x](https://…)`, `# x` or `<@1>` gives itself away. */
export interface Markup {
  readonly kind:
    | 'bold'
    | 'italic'
    | 'underline'
    | 'strike'
    | 'spoiler'
    | 'heading'
    | 'subtext'
    | 'quote'
    | 'list'
    | 'code'
    | 'code-block'
    /** The address is what the person reads. */
    | 'link'
    | 'masked-link'
    | 'mention'
    | 'emoji'
    | 'time';
  readonly text: string;
  readonly url?: string;
}

export interface ShownButton {
  readonly label: string;
  /** A link button's address. */
  readonly url?: string;
  readonly customId?: string;
  readonly disabled?: boolean;
}

/** A message as one person's client shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly channel: string;
  readonly from: 'bot' | (string & {});
  /** Only this person sees it. */
  readonly ephemeral: boolean;
  /** All of it, markdown interpreted: content, embeds, text of components. What a link leads to stands after it: `docs (https://…)`. */
  readonly text: string;
  readonly markup: readonly Markup[];
  /** The content as it was sent. */
  readonly content: string;
  /** The embeds as they were sent, without those that Discord made of links. */
  readonly embeds: readonly Fields[];
  readonly buttons: readonly (readonly ShownButton[])[];
  /** `thinking`: deferred, "Acme MCP is thinking…". `unanswered`: "The application did not respond". */
  readonly state: 'sent' | 'thinking' | 'unanswered';
  /** Whom it pinged: user ids, `role:<id>`, `everyone`, `here`. */
  readonly pings: readonly string[];
  /** Pages behind links in its content that Discord fetched for a preview. */
  readonly previews: readonly string[];
  readonly edited: boolean;
  readonly replyTo?: string;
}

export interface ShownInput {
  readonly customId: string;
  readonly label: string;
  readonly description?: string;
  readonly style: 'short' | 'paragraph';
  readonly required: boolean;
  readonly placeholder?: string;
  readonly value?: string;
}

export interface ShownModal {
  readonly title: string;
  readonly customId: string;
  readonly inputs: readonly ShownInput[];
  /** Text Display components between the inputs. */
  readonly texts: readonly string[];
  /** The interaction that opened it. */
  readonly interactionId: string;
}

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

/** The app's first answer to an interaction, as the person notices it. */
export type Outcome =
  /** Type 4. */
  | { readonly kind: 'message'; readonly message: ShownMessage }
  /** Type 5: "Acme MCP is thinking…". */
  | { readonly kind: 'thinking' }
  /** Type 6: the button's spinner ends. */
  | { readonly kind: 'acknowledged' }
  /** Type 7: the message of the button is another one now. */
  | { readonly kind: 'updated'; readonly message: ShownMessage }
  /** Type 9. */
  | { readonly kind: 'modal'; readonly modal: ShownModal }
  /** Type 8. */
  | { readonly kind: 'choices'; readonly choices: readonly Choice[] }
  /** A link button: nothing was sent to the app. */
  | { readonly kind: 'opened'; readonly url: string }
  /**
   * No answer within three seconds: "The application did not respond" for a command, "This interaction failed" for
   * a button, "Something went wrong. Try again." in a modal.
   */
  | { readonly kind: 'failed'; readonly says: string };
