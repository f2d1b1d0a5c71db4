import type { Findings } from './findings.js';
import { type Fields, isFields } from './shapes.js';

function webAddress(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return ['http:', 'https:', 'mailto:', 'slack:'].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

function confirmation(value: unknown, pointer: string, found: Findings): void {
  if (value === undefined) return;
  if (!isFields(value)) {
    found.add(pointer, 'must be an object');
    return;
  }
  found.text(value.title, `${pointer}/title`, { max: 100, plain: true });
  found.text(value.text, `${pointer}/text`, { max: 300 });
  found.text(value.confirm, `${pointer}/confirm`, { max: 30, plain: true });
  found.text(value.deny, `${pointer}/deny`, { max: 30, plain: true });
}

export function checkButton(button: Fields, pointer: string, found: Findings): void {
  const { text, action_id, url, value, style, confirm, accessibility_label } = button;
  found.only(button, pointer, [
    'type',
    'text',
    'action_id',
    'url',
    'value',
    'style',
    'confirm',
    'accessibility_label',
  ]);
  found.text(text, `${pointer}/text`, { max: 75, plain: true });
  found.string(action_id, `${pointer}/action_id`, 255, 1);
  found.string(value, `${pointer}/value`, 2000);
  found.string(url, `${pointer}/url`, 3000);
  if (url !== undefined && !webAddress(url)) found.add(`${pointer}/url`, 'must be a valid url');
  found.string(accessibility_label, `${pointer}/accessibility_label`, 75);
  found.oneOf(style, `${pointer}/style`, ['primary', 'danger']);
  confirmation(confirm, `${pointer}/confirm`, found);
}

const TYPED_INPUTS = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input'];

/** The element of an input block. Only those into which one types are known here. */
export function checkInputElement(value: unknown, pointer: string, found: Findings): void {
  if (!isFields(value)) {
    found.add(pointer, 'missing required field: element');
    return;
  }
  if (!TYPED_INPUTS.includes(String(value.type))) {
    found.add(pointer, 'unsupported type: element');
    return;
  }
  found.only(value, pointer, [
    'type',
    'action_id',
    'placeholder',
    'initial_value',
    'multiline',
    'min_length',
    'max_length',
    'focus_on_load',
    'dispatch_action_config',
    'is_decimal_allowed',
    'min_value',
    'max_value',
  ]);
  found.string(value.action_id, `${pointer}/action_id`, 255, 1);
  found.textIfAny(value.placeholder, `${pointer}/placeholder`, { max: 150, plain: true });
  found.string(value.initial_value, `${pointer}/initial_value`, 3000);
  for (const limit of ['min_length', 'max_length'])
    if (value[limit] !== undefined && !(Number(value[limit]) >= 0 && Number(value[limit]) <= 3000))
      found.add(`${pointer}/${limit}`, 'must be between 0 and 3000');
}
