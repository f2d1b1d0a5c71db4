import type { Action } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { plainText } from '../../common/text.js';
import { buttonValue } from './button-data.js';
import { plain, type TextObject } from './mrkdwn.js';

export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: TextObject;
  readonly url?: string;
  readonly value?: string;
  readonly style?: 'primary';
}

export interface Made {
  readonly button: Button;
  /** To be remembered before the message is sent. */
  readonly kept?: Kept;
}

const LONGEST_LABEL = 75;
const LONGEST_URL = 3000;

/** `nth` of its message. Undefined: Slack would refuse the whole message for it. */
export function buttonOf(action: Action, nth: number): Made | undefined {
  const text = plain(plainText(action.label, LONGEST_LABEL) || '–');
  const named = { type: 'button', action_id: `mcp:${nth}`, text } as const;
  if (action.kind === 'link')
    return isOpenable(action.url) ? { button: { ...named, url: action.url, style: 'primary' } } : undefined;
  const { value, kept } = buttonValue(action);
  return { button: { ...named, value }, ...(kept === undefined ? {} : { kept }) };
}

function isOpenable(url: string): boolean {
  if (url.length > LONGEST_URL || /[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(url) || !URL.canParse(url)) return false;
  return /^https?:$/.test(new URL(url).protocol);
}
