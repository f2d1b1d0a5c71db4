import type { Field } from '../../../gateway/types.js';
import { plainText } from '../../common/text.js';
import { VISIBLE_WHILE_TYPED } from '../sentences.js';
import { line, plain } from './markdown.js';

export interface Form {
  readonly title: string;
  readonly fields: readonly Field[];
}

const LONGEST_TITLE = 45;
const LONGEST_LABEL = 45;
const LONGEST_PLACEHOLDER = 100;
const LONGEST_VALUE = 4_000;
/** "Between 1 and 5 components". */
const MOST_PARTS = 5;
/** A code may be typed with spaces, as it is shown. */
const SPACES = 4;
const LONGEST_ID = 100;

/** A form as a modal: the first answer to the press that opens it. */
export function modalOf({ title, fields }: Form, customId: string): object {
  const asked = fields.slice(0, MOST_PARTS);
  const warned = asked.some(({ secret }) => secret) && asked.length < MOST_PARTS;
  return {
    custom_id: customId,
    title: plainText(title, LONGEST_TITLE) || '–',
    components: [
      ...(warned ? [{ type: 10, content: line(plain(VISIBLE_WHILE_TYPED)) }] : []),
      ...asked.map(inputOf),
    ],
  };
}

function inputOf(field: Field, nth: number): object {
  const { label, hint, digits } = field;
  const placeholder = hint === undefined ? '' : plainText(hint, LONGEST_PLACEHOLDER);
  return {
    type: 18,
    label: plainText(label, LONGEST_LABEL) || '–',
    component: {
      type: 4,
      custom_id: inputId(field, nth),
      style: 1,
      required: true,
      ...(placeholder === '' ? {} : { placeholder }),
      ...(digits === undefined
        ? { max_length: LONGEST_VALUE }
        : { min_length: digits, max_length: digits + SPACES }),
    },
  };
}

function inputId({ name }: Field, nth: number): string {
  return name.length > 0 && name.length <= LONGEST_ID ? name : `field-${nth}`;
}

/** What was submitted, by field name; undefined for the field that is no code as it should be. */
export function fieldsOf(
  fields: readonly Field[],
  values: Readonly<Record<string, string>>,
): { readonly given: Readonly<Record<string, string>>; readonly wrong?: Field } {
  const entries = fields.flatMap((field, nth) => {
    const id = inputId(field, nth);
    const value = Object.hasOwn(values, id) ? values[id] : undefined;
    return value === undefined ? [] : [[field.name, value] as const];
  });
  const given = Object.fromEntries(entries);
  const wrong = fields.find(({ name, digits }) => digits !== undefined && !hasDigits(given[name], digits));
  return { given, ...(wrong === undefined ? {} : { wrong }) };
}

function hasDigits(value: string | undefined, digits: number): boolean {
  return new RegExp(`^\\d{${digits}}$`).test((value ?? '').replaceAll(/[\s-]/gu, ''));
}
