/** Message components as they travel (Discord, "Component Reference"), as far as they are needed. */

export interface Button {
  readonly type: 2;
  readonly style: 1 | 2 | 5;
  readonly label: string;
  readonly custom_id?: string;
  readonly url?: string;
}

export interface TextDisplay {
  readonly type: 10;
  readonly content: string;
}

/** Text with a button beside it. */
export interface Section {
  readonly type: 9;
  readonly components: readonly [TextDisplay];
  readonly accessory: Button;
}

export interface ActionRow {
  readonly type: 1;
  readonly components: readonly Button[];
}

export type Part = TextDisplay | Section | ActionRow;

export interface Container {
  readonly type: 17;
  readonly components: readonly Part[];
}

export function text(content: string): TextDisplay {
  return { type: 10, content };
}

export function section(content: string, accessory: Button): Section {
  return { type: 9, components: [text(content)], accessory };
}
