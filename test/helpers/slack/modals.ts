import type { ShownInput, ShownModal } from './face-shown.js';
import { joined } from './mrkdwn.js';
import type { Platform } from './platform.js';
import { buttonsIn, renderBlock, renderText } from './rendering.js';
import { type Fields, isFields, type OpenView, objectsIn, textIn } from './shapes.js';

const said = (value: unknown): string => renderText(value, () => undefined).text;

function shownInput(block: Fields, open: OpenView): ShownInput {
  const element = isFields(block.element) ? block.element : {};
  const [blockId, actionId] = [textIn(block.block_id), textIn(element.action_id)];
  const [hint, placeholder, error] = [said(block.hint), said(element.placeholder), open.errors[blockId]];
  return {
    label: said(block.label),
    blockId,
    actionId,
    ...(hint === '' ? {} : { hint }),
    ...(placeholder === '' ? {} : { placeholder }),
    value: open.values[blockId]?.[actionId] ?? textIn(element.initial_value),
    optional: block.optional === true,
    ...(error === undefined ? {} : { error }),
  };
}

/** A modal as the client shows it. */
export function shownModal(open: OpenView, { nameOf }: Platform): ShownModal {
  const blocks = objectsIn(open.view.blocks);
  const [submit, close] = [said(open.view.submit), said(open.view.close)];
  const { text } = joined([
    ...blocks.map((block) => renderBlock(block, nameOf)),
    ...Object.values(open.errors).map((error) => ({ text: error, links: [], mentions: [], styled: [] })),
  ]);
  return {
    id: open.id,
    title: said(open.view.title),
    ...(submit === '' ? {} : { submit }),
    ...(close === '' ? {} : { close }),
    text,
    inputs: blocks.filter(({ type }) => type === 'input').map((block) => shownInput(block, open)),
    buttons: buttonsIn(blocks),
  };
}

/** The values by block and action, from values by label, block id or action id. */
export function filled(modal: ShownModal, values: Readonly<Record<string, string>>): OpenView['values'] {
  for (const name of Object.keys(values))
    if (!modal.inputs.some(({ label, blockId, actionId }) => [label, blockId, actionId].includes(name)))
      throw new Error(`no field "${name}" in "${modal.title}"`);
  return Object.fromEntries(
    modal.inputs.map(({ label, blockId, actionId, value }) => [
      blockId,
      { [actionId]: values[label] ?? values[blockId] ?? values[actionId] ?? value },
    ]),
  );
}

/** What the client asks for before anything is sent. */
export function missing(modal: ShownModal, open: OpenView): Readonly<Record<string, string>> {
  const empty = modal.inputs.filter(
    ({ blockId, actionId, optional }) => !optional && (open.values[blockId]?.[actionId] ?? '') === '',
  );
  return Object.fromEntries(empty.map(({ label }) => [label, 'Please complete this required field.']));
}
