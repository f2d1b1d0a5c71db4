import type { Form } from '../form.js';
import { checkUrl } from './embeds.js';

export const LINK_STYLE = 5;
const PREMIUM_STYLE = 6;

/** A custom id: there, 1 to 100 characters, and not used before in the same message or modal. */
export function checkCustomId(component: Form, seen: Set<string>): void {
  const id = component.at('custom_id');
  if (!id.required()) return;
  const text = id.text({ min: 1, max: 100 });
  if (text === undefined) return;
  if (seen.has(text))
    id.complain('COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated');
  seen.add(text);
}

export function checkButton(button: Form, seen: Set<string>): void {
  const style = button.at('style');
  if (!style.required()) return;
  style.oneOf([1, 2, 3, 4, LINK_STYLE, PREMIUM_STYLE]);
  button.at('label').text({ max: 80 });
  button.at('disabled').flag();
  const named = button.at('label').value !== '' && button.at('label').given;
  if (!named && !button.at('emoji').given && style.value !== PREMIUM_STYLE)
    button.complain('BUTTON_COMPONENT_LABEL_REQUIRED', 'A button must have a label or emoji');
  if (style.value === LINK_STYLE) checkLink(button);
  else checkPress(button, seen);
}

function checkLink(button: Form): void {
  const url = button.at('url');
  if (button.at('custom_id').given)
    button.complain(
      'BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE',
      'A custom id and url cannot both be specified',
    );
  if (!url.given) {
    url.complain('BUTTON_COMPONENT_URL_REQUIRED', 'A url is required');
    return;
  }
  const text = url.text({ max: 512 });
  if (text !== undefined) checkUrl(url, text, ['http', 'https', 'discord']);
}

function checkPress(button: Form, seen: Set<string>): void {
  if (button.at('url').given)
    button.complain(
      'BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE',
      'A custom id and url cannot both be specified',
    );
  checkCustomId(button, seen);
}
