import { Params } from './params.js';
import { badRequest } from './refusal.js';
import type { Button, Fields, Markup } from './shapes.js';
import { addressFault } from './web-address.js';

const MAX_BUTTONS = 100;
const STYLES: readonly (string | undefined)[] = [undefined, 'danger', 'success', 'primary'];

/** Exactly one of these says what a button does. */
const KINDS = [
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
  'disabled',
] as const;

export interface MarkupRules {
  readonly privateChat: boolean;
  /** Ephemeral messages take no `login_url` buttons. */
  readonly ephemeral: boolean;
  /** Edits take inline keyboards only. */
  readonly inlineOnly: boolean;
}

function checkKind(button: Params, kind: (typeof KINDS)[number], rules: MarkupRules): void {
  if (kind === 'callback_data') {
    const bytes = Buffer.byteLength(button.requiredText(kind));
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  if (kind === 'url') {
    const url = button.requiredText(kind);
    const fault = addressFault(url);
    if (fault !== undefined) throw badRequest(`inline keyboard button URL '${url}' is invalid: ${fault}`);
  }
  if (kind === 'login_url' && rules.ephemeral) throw badRequest('BUTTON_TYPE_INVALID');
  if (kind === 'web_app' && !rules.privateChat) throw badRequest('BUTTON_TYPE_INVALID');
}

function readButton(given: unknown, rules: MarkupRules): Button {
  if (typeof given !== 'object' || given === null)
    throw badRequest("can't parse inline keyboard button: expected an Object");
  const button = new Params({ ...given });
  const text = button.requiredText('text');
  if (text.trim() === '') throw badRequest("can't parse inline keyboard button: text must be non-empty");
  if (!STYLES.includes(button.text('style'))) throw badRequest('invalid button style specified');
  const [kind, another] = KINDS.filter((name) => button.has(name));
  if (kind === undefined || another !== undefined)
    throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  checkKind(button, kind, rules);
  const [url, data] = [
    button.has('url') && button.text('url'),
    button.has('callback_data') && button.text('callback_data'),
  ];
  return { text, ...(url ? { url } : {}), ...(data ? { data } : {}) };
}

function inlineMarkup(params: Params, wire: Fields, rules: MarkupRules): Markup | undefined {
  const rows = (params.list('inline_keyboard') ?? []).map((row) => {
    if (!Array.isArray(row)) throw badRequest("can't parse inline keyboard: expected an Array of Arrays");
    return row.map((button: unknown) => readButton(button, rules));
  });
  const filled = rows.filter((row) => row.length > 0);
  if (filled.flat().length > MAX_BUTTONS) throw badRequest('REPLY_MARKUP_TOO_LONG');
  return filled.length === 0 ? undefined : { kind: 'inline', rows: filled, wire };
}

/** The `reply_markup` of a call; undefined where there is none, or an empty keyboard. */
export function readMarkup(params: Params, rules: MarkupRules): Markup | undefined {
  const wire = params.fields('reply_markup');
  if (wire === undefined) return undefined;
  const markup = new Params(wire);
  if (markup.has('inline_keyboard')) return inlineMarkup(markup, wire, rules);
  if (rules.inlineOnly) throw badRequest('inline keyboard expected');
  if (markup.flag('force_reply')) return { kind: 'force-reply' };
  if (markup.flag('remove_keyboard')) return { kind: 'remove' };
  if (markup.list('keyboard') !== undefined) return { kind: 'keyboard' };
  throw badRequest('object expected as reply markup');
}
