import type { Action } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { plainText } from '../../common/text.js';
import type { ActionRow, Button } from './components.js';
import { encodeAction } from './custom-ids.js';
import { linkWay } from './links.js';

export interface MadeButton {
  readonly button: Button;
  /** To be remembered before the message is sent. */
  readonly kept?: Kept;
}

/** "Buttons: labels up to 80 characters". */
const LONGEST_LABEL = 80;
const BESIDE = 5;
const STYLES = { command: 2, form: 1, link: 5 } as const;

/** Undefined: a link that is no button. */
export function madeButton(action: Action): MadeButton | undefined {
  const label = plainText(action.label, LONGEST_LABEL) || '–';
  const style = STYLES[action.kind];
  if (action.kind === 'link')
    return linkWay(action.url) === 'button'
      ? { button: { type: 2, style, label, url: action.url } }
      : undefined;
  const { customId, kept } = encodeAction(action);
  const button = { type: 2, style, label, custom_id: customId } as const;
  return kept === undefined ? { button } : { button, kept };
}

/** What makes two buttons one: Discord refuses a message in which a custom id comes twice. */
export function sameness({ custom_id, url }: Button): string {
  return custom_id ?? url ?? '';
}

export function inRows(buttons: readonly Button[]): readonly ActionRow[] {
  return Array.from({ length: Math.ceil(buttons.length / BESIDE) }, (_, row) => ({
    type: 1,
    components: buttons.slice(row * BESIDE, (row + 1) * BESIDE),
  }));
}
