/** What became of a piece of text in the client. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'styled'; readonly style: Style; readonly inside: readonly Node[] }
  | { readonly kind: 'code'; readonly text: string; readonly block: boolean }
  /** `masked`: the person reads something else than the address. */
  | {
      readonly kind: 'link';
      readonly url: string;
      readonly inside: readonly Node[];
      readonly masked: boolean;
    }
  | {
      readonly kind: 'mention';
      readonly of: 'user' | 'role' | 'channel' | 'everyone' | 'here' | 'command' | 'guide';
      readonly id: string;
    }
  | { readonly kind: 'emoji'; readonly name: string }
  | { readonly kind: 'time'; readonly seconds: number };

export type Style =
  | 'bold'
  | 'italic'
  | 'underline'
  | 'strike'
  | 'spoiler'
  | 'heading'
  | 'subtext'
  | 'quote'
  | 'list';

/** Where a text stands: titles and field names know less. */
export type Dialect = 'full' | 'title';
