import { checkBlocks } from './blocks.js';
import { Findings } from './findings.js';
import { refusedWith } from './refusal.js';
import { type Fields, objectsIn } from './shapes.js';

const PROPERTIES = [
  'type',
  'title',
  'submit',
  'close',
  'blocks',
  'private_metadata',
  'callback_id',
  'clear_on_close',
  'notify_on_close',
  'external_id',
  'submit_disabled',
];

/** Refuses a modal as Slack does: `invalid_arguments`, with the places. */
export function requireModal(view: Fields): void {
  const found = new Findings();
  if (view.type !== 'modal') found.add('/view/type', 'must be a valid enum value');
  found.only(view, '/view', PROPERTIES);
  found.text(view.title, '/view/title', { max: 24, plain: true });
  found.textIfAny(view.submit, '/view/submit', { max: 24, plain: true });
  found.textIfAny(view.close, '/view/close', { max: 24, plain: true });
  found.string(view.private_metadata, '/view/private_metadata', 3000);
  found.string(view.callback_id, '/view/callback_id', 255);
  found.string(view.external_id, '/view/external_id', 255);
  checkBlocks(view.blocks, 'modal', found, '/view/blocks');
  if (view.submit === undefined && objectsIn(view.blocks).some(({ type }) => type === 'input'))
    found.add('/view', 'missing required field: submit');
  if (found.messages.length > 0) throw refusedWith('invalid_arguments', found.messages);
}
