import type { Findings } from './findings.js';
import { type Fields, isFields, objectsIn } from './shapes.js';

const GROUPS = ['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote'];

function checkPiece(piece: Fields, pointer: string, found: Findings): void {
  switch (piece.type) {
    case 'text': // Slack refuses an empty text here, which data brings easily.
      {
        found.string(piece.text ?? '', `${pointer}/text`, 12_000, 1);
        return;
      }
    case 'link':
      found.string(piece.url ?? '', `${pointer}/url`, 3000, 1);
      return;
    case 'user':
    case 'channel':
    case 'usergroup':
    case 'broadcast':
    case 'emoji':
    case 'date':
    case 'color':
      return;
    default:
      found.add(pointer, 'unsupported type: element');
  }
}

/** A `rich_text` block, or a cell of that kind. */
export function checkRichText(block: Fields, pointer: string, found: Findings): void {
  for (const [at, group] of (found.list(block.elements, `${pointer}/elements`, 100) ?? []).entries()) {
    const place = `${pointer}/elements/${at}`;
    if (!GROUPS.includes(String(group.type))) found.add(place, 'unsupported type: element');
    else if (group.type === 'rich_text_list') {
      for (const [nth, item] of objectsIn(group.elements).entries())
        for (const piece of objectsIn(item.elements)) checkPiece(piece, `${place}/elements/${nth}`, found);
    } else
      for (const [nth, piece] of objectsIn(group.elements).entries())
        checkPiece(piece, `${place}/elements/${nth}`, found);
  }
}

function checkCell(cell: unknown, pointer: string, found: Findings): void {
  if (!isFields(cell)) {
    found.add(pointer, 'must be an object');
    return;
  }
  if (cell.type === 'rich_text') {
    checkRichText(cell, pointer, found);
    return;
  }
  if (cell.type === 'raw_number') return;
  if (cell.type !== 'raw_text') {
    found.add(pointer, 'failed to match any allowed schemas');
    return;
  }
  found.string(cell.text ?? '', `${pointer}/text`, 10_000, 1);
}

/** A `table` block: 100 rows of 20 cells, 10 000 characters in all. */
export function checkTable(block: Fields, pointer: string, found: Findings): void {
  const { rows, column_settings } = block;
  found.only(block, pointer, ['type', 'block_id', 'rows', 'column_settings']);
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(Array.isArray)) {
    found.add(`${pointer}/rows`, 'missing required field');
    return;
  }
  if (rows.length > 100) found.add(`${pointer}/rows`, 'no more than 100 items allowed');
  for (const [row, cells] of rows.entries()) {
    if (cells.length > 20) found.add(`${pointer}/rows/${row}`, 'no more than 20 items allowed');
    if (cells.length !== rows[0]?.length)
      found.add(`${pointer}/rows/${row}`, 'all rows must have the same number of cells');
    for (const [at, cell] of cells.entries()) checkCell(cell, `${pointer}/rows/${row}/${at}`, found);
  }
  if (JSON.stringify(rows).length > 40_000)
    found.add(`${pointer}/rows`, 'must be less than 10001 characters');
  if (column_settings !== undefined) found.list(column_settings, `${pointer}/column_settings`, 20, 0);
}
