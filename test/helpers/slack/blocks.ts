import { checkButton, checkInputElement } from './block-elements.js';
import { checkRichText, checkTable } from './block-rich-text.js';
import { Findings } from './findings.js';
import { refusedWith } from './refusal.js';
import { type Fields, isFields, objectsIn } from './shapes.js';

export type Surface = 'message' | 'modal';

function checkSection(block: Fields, pointer: string, found: Findings): void {
  found.only(block, pointer, ['type', 'block_id', 'text', 'fields', 'accessory', 'expand']);
  const { text, fields, accessory } = block;
  if (text === undefined && fields === undefined) found.add(pointer, 'missing required field: text');
  found.textIfAny(text, `${pointer}/text`, { max: 3000 });
  if (fields !== undefined)
    for (const [at, field] of (found.list(fields, `${pointer}/fields`, 10) ?? []).entries())
      found.text(field, `${pointer}/fields/${at}`, { max: 2000 });
  if (accessory !== undefined) checkPressable(accessory, `${pointer}/accessory`, found);
}

function checkPressable(element: unknown, pointer: string, found: Findings): void {
  if (isFields(element) && element.type === 'button') checkButton(element, pointer, found);
  else found.add(pointer, 'unsupported type: element');
}

function checkActions(block: Fields, pointer: string, found: Findings): void {
  found.only(block, pointer, ['type', 'block_id', 'elements']);
  const elements = found.list(block.elements, `${pointer}/elements`, 25) ?? [];
  for (const [at, element] of elements.entries()) checkPressable(element, `${pointer}/elements/${at}`, found);
  found.unique(
    elements.map(({ action_id }) => action_id),
    `${pointer}/elements`,
    'action_id',
  );
}

function checkContext(block: Fields, pointer: string, found: Findings): void {
  found.only(block, pointer, ['type', 'block_id', 'elements']);
  for (const [at, element] of (found.list(block.elements, `${pointer}/elements`, 10) ?? []).entries())
    if (element.type !== 'image') found.text(element, `${pointer}/elements/${at}`, { max: 2000 });
}

function checkInput(block: Fields, pointer: string, found: Findings): void {
  found.only(block, pointer, ['type', 'block_id', 'label', 'element', 'hint', 'optional', 'dispatch_action']);
  found.text(block.label, `${pointer}/label`, { max: 2000, plain: true });
  found.textIfAny(block.hint, `${pointer}/hint`, { max: 2000, plain: true });
  checkInputElement(block.element, `${pointer}/element`, found);
}

function checkBlock(block: Fields, pointer: string, surface: Surface, found: Findings): void {
  found.string(block.block_id, `${pointer}/block_id`, 255, 1);
  switch (block.type) {
    case 'section':
      checkSection(block, pointer, found);
      break;
    case 'header':
      found.text(block.text, `${pointer}/text`, { max: 150, plain: true });
      break;
    case 'divider':
      found.only(block, pointer, ['type', 'block_id']);
      break;
    case 'actions':
      checkActions(block, pointer, found);
      break;
    case 'context':
      checkContext(block, pointer, found);
      break;
    case 'input':
      checkInput(block, pointer, found);
      break;
    case 'rich_text':
      checkRichText(block, pointer, found);
      break;
    case 'markdown':
      if (surface === 'modal') found.add(pointer, 'unsupported type: markdown');
      found.string(block.text ?? '', `${pointer}/text`, 12_000, 1);
      break;
    case 'table':
      if (surface === 'modal') found.add(pointer, 'unsupported type: table');
      checkTable(block, pointer, found);
      break;
    default:
      found.add(pointer, `unsupported type: ${typeof block.type === 'string' ? 'block' : 'none'}`);
  }
}

/** All that is wrong with these blocks. */
export function checkBlocks(value: unknown, surface: Surface, found: Findings, pointer = '/blocks'): void {
  const blocks =
    found.list(value, pointer, surface === 'modal' ? 100 : 50, surface === 'modal' ? 1 : 0) ?? [];
  for (const [at, block] of blocks.entries()) checkBlock(block, `${pointer}/${at}`, surface, found);
  found.unique(
    blocks.map(({ block_id }) => block_id),
    pointer,
    'block_id',
  );
  if (blocks.filter(({ type }) => type === 'table').length > 1) found.add(pointer, 'only_one_table_allowed');
}

/** Refuses a message's blocks as Slack does: `invalid_blocks`. */
export function requireMessageBlocks(blocks: readonly Fields[]): void {
  const found = new Findings();
  checkBlocks(blocks, 'message', found);
  if (found.messages.length > 0) throw refusedWith('invalid_blocks', found.messages);
}

/** The ids that Slack gives to blocks and elements without one. */
export function withIds(blocks: readonly Fields[], newId: () => string): readonly Fields[] {
  const identified = (element: unknown): unknown =>
    isFields(element) && 'type' in element && element.type !== 'image'
      ? { ...element, action_id: element.action_id ?? newId() }
      : element;
  return blocks.map((block) => ({
    ...block,
    block_id: block.block_id ?? newId(),
    ...(block.type === 'actions' ? { elements: objectsIn(block.elements).map(identified) } : {}),
    ...(isFields(block.accessory) ? { accessory: identified(block.accessory) } : {}),
    ...(block.type === 'input' ? { element: identified(block.element) } : {}),
  }));
}
