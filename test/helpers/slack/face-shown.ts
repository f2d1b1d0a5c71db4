/** What a client shows. */

export interface ShownButton {
  readonly label: string;
  readonly url?: string;
  readonly value?: string;
  readonly actionId: string;
  readonly blockId: string;
  readonly style?: 'primary' | 'danger';
}

/** A message as one person's client shows it. */
export interface ShownMessage {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs?: string;
  /** `bot`, a user id, or Slackbot for what the client says of failed commands. */
  readonly from: string;
  /** Only this person sees it, until the client reloads. */
  readonly ephemeral: boolean;
  /** As shown: markup interpreted, entities decoded, buttons not included. */
  readonly text: string;
  /** The notification's text, and what screen readers say (`text` as sent). */
  readonly fallback: string;
  readonly buttons: readonly ShownButton[];
  /** Where links in the texts lead. */
  readonly links: readonly string[];
  /** Ids of the people, `@channel`, `@here` or `@everyone` whom it mentions. Not empty: somebody's client beeps. */
  readonly mentions: readonly string[];
  /** Addresses whose pages the platform fetched to show a preview. */
  readonly unfurled: readonly string[];
  /** The text (with its markup characters) that the client shows in bold, italics, strike or code. */
  readonly styled: readonly string[];
  readonly edited: boolean;
}

export interface ShownInput {
  readonly label: string;
  readonly blockId: string;
  readonly actionId: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly optional: boolean;
  readonly error?: string;
}

export interface ShownModal {
  readonly id: string;
  readonly title: string;
  readonly submit?: string;
  readonly close?: string;
  /** All texts in it, inputs' labels and errors included. */
  readonly text: string;
  readonly inputs: readonly ShownInput[];
  readonly buttons: readonly ShownButton[];
}
