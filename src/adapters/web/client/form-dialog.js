// @ts-check
import { byId, element } from './dom.js';

/** @typedef {Extract<import('../../../gateway/types.js').Action, { kind: 'form' }>} FormAction */

/**
 * @param {FormAction['fields'][number]} field
 * @param {number} index
 */
function fieldView({ name, label, secret, hint }, index) {
  const id = `field-${index}`;
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const input = element('input', {
    id,
    name,
    type: secret ? 'password' : 'text',
    required: '',
    autocomplete: 'off',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: 'false',
    'data-1p-ignore': '',
    'data-lpignore': 'true',
    'aria-describedby': hintId,
  });
  const note = hint === undefined ? undefined : element('small', { id: hintId }, hint);
  return element('div', { class: 'field' }, element('label', { for: id }, label), input, note);
}

/**
 * Asks for a form's fields in a dialog. Nothing typed here outlives it: its elements go when it closes.
 * @param {FormAction} action
 * @param {(fields: Record<string, string>) => Promise<boolean>} submit resolves to whether it was taken
 */
export function askForm(action, submit) {
  const dialog = byId('ask', HTMLDialogElement);
  const cancel = element('button', { type: 'button', class: 'button' }, 'Cancel');
  const send = element('button', { type: 'submit', class: 'button primary' }, action.label);
  const trouble = element('p', { class: 'trouble', role: 'alert', hidden: '' });
  const secret = action.fields.some((field) => field.secret);
  const form = element(
    'form',
    { autocomplete: 'off' },
    element('h2', { id: 'ask-title' }, action.title),
    ...action.fields.map(fieldView),
    secret
      ? element('p', { class: 'note' }, 'It goes to the gateway only and is never shown here.')
      : undefined,
    trouble,
    element('div', { class: 'actions' }, cancel, send),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    const inputs = [...form.querySelectorAll('input')];
    const taken = await submit(Object.fromEntries(inputs.map(({ name, value }) => [name, value])));
    if (taken) return dialog.close();
    send.disabled = false;
    trouble.textContent = 'This was not sent. Try again in a moment.';
    trouble.hidden = false;
  });
  cancel.addEventListener('click', () => dialog.close());
  const closed = () => {
    dialog.replaceChildren();
    // The browser gives the focus back to the button, unless an update has replaced it meanwhile.
    if (document.activeElement === document.body) byId('text', HTMLInputElement).focus();
  };
  dialog.addEventListener('close', closed, { once: true });
  dialog.replaceChildren(form);
  dialog.showModal();
}
