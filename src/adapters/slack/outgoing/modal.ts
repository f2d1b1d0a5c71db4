import type { Field } from '../../../gateway/types.js';
import type { KeptAction } from '../../common/kept-actions.js';
import { membersOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';
import {
  type Conversation,
  conversationRef,
  messageRef,
  readConversation,
  readMessageRef,
  type SentMessage,
} from '../refs.js';
import { exactly, FILL_IN, VISIBLE } from '../sentences.js';
import { FORM } from './button-data.js';
import { plain } from './mrkdwn.js';

type Form = Extract<KeptAction, { kind: 'form' }>;

/** What a form needs to know when it comes back. */
export interface Opened {
  readonly words: readonly string[];
  readonly fields: readonly { readonly name: string; readonly digits?: number }[];
  readonly message: SentMessage;
  readonly conversation: Conversation;
}

/** Block Kit: a view's title, and `private_metadata`. */
const LONGEST_TITLE = 24;
const FALLBACK_TITLE = 'Fill in';
const LONGEST_METADATA = 3000;
const LONGEST_ANSWER = 3000;
const LONGEST_CODE = 32;

/** Undefined: it is larger than Slack takes. */
export function modalOf(
  form: Form,
  label: string,
  opened: Omit<Opened, 'words' | 'fields'>,
): { readonly [name: string]: unknown } | undefined {
  const title = plainText(form.title, 150) || FALLBACK_TITLE;
  const metadata = JSON.stringify(contentOf(form, opened));
  if (metadata.length > LONGEST_METADATA) return undefined;
  const long = title.length > LONGEST_TITLE;
  return {
    type: 'modal',
    callback_id: FORM,
    private_metadata: metadata,
    // What does not fit stands below, in full.
    title: plain(long ? plainText(label, LONGEST_TITLE) || FALLBACK_TITLE : title),
    submit: plain('Submit'),
    close: plain('Cancel'),
    blocks: [...(long ? [{ type: 'section', text: plain(title) }] : []), ...form.fields.map(inputOf)],
  };
}

function contentOf({ words, fields }: Form, { message, conversation }: Omit<Opened, 'words' | 'fields'>) {
  return {
    words,
    fields: fields.map(({ name, digits }) => ({ name, ...(digits === undefined ? {} : { digits }) })),
    message: messageRef(message),
    conversation: conversationRef(withoutUrl(conversation)),
  };
}

/** What edits the message is kept by us (`ways.ts`): a form that others may look into holds no way to post as the bot. */
function withoutUrl({ url: _url, ...place }: Conversation): Conversation {
  return place;
}

function inputOf({ label, secret, hint = '', digits }: Field, nth: number) {
  // No platform masks what is typed.
  const example = plainText(hint, 150);
  const said = secret ? VISIBLE : '';
  return {
    type: 'input',
    block_id: fieldId(nth),
    label: plain(plainText(label, 200) || '–'),
    element: {
      type: 'plain_text_input',
      action_id: 'answer',
      focus_on_load: nth === 0,
      max_length: digits === undefined ? LONGEST_ANSWER : LONGEST_CODE,
      ...(example === '' ? {} : { placeholder: plain(example) }),
    },
    ...(said === '' ? {} : { hint: plain(said) }),
  };
}

function fieldId(nth: number): string {
  return `mcp:field:${nth}`;
}

/** Undefined: nothing that `modalOf` makes. */
export function readOpened(metadata: unknown): Opened | undefined {
  const { words, fields, message, conversation } = membersOf(metadata);
  const sent = readMessageRef(message);
  const place = readConversation(conversation);
  if (sent === undefined || place === undefined || !Array.isArray(words) || !Array.isArray(fields))
    return undefined;
  if (!words.every((word) => typeof word === 'string')) return undefined;
  const read = fields.flatMap((field) => {
    const { name, digits } = membersOf(field);
    if (typeof name !== 'string') return [];
    return [typeof digits === 'number' ? { name, digits } : { name }];
  });
  return { words, fields: read, message: sent, conversation: withoutUrl(place) };
}

/** A filled-in form: its fields, or what is wrong with each, to be said in place. */
export type Filled =
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> };

export function readFilled({ fields }: Opened, values: Readonly<Record<string, string>>): Filled {
  const answers = fields.map((field, nth) => ({
    ...field,
    id: fieldId(nth),
    answer: (values[fieldId(nth)] ?? '').trim(),
  }));
  const errors = answers.flatMap(({ id, answer, digits }) => {
    if (answer === '') return [[id, FILL_IN] as const];
    if (digits === undefined) return [];
    return new RegExp(`^\\d{${digits}}$`).test(answer.replaceAll(/\s/gu, ''))
      ? []
      : [[id, exactly(digits)] as const];
  });
  if (errors.length > 0) return { kind: 'errors', errors: Object.fromEntries(errors) };
  return { kind: 'fields', fields: Object.fromEntries(answers.map(({ name, answer }) => [name, answer])) };
}
