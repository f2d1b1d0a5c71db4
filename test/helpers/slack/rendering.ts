import { withEmoji } from './emoji.js';
import type { ShownButton } from './face-shown.js';
import { decoded, joined, NOTHING, type Rendered, renderMrkdwn } from './mrkdwn.js';
import { renderRichText } from './rendering-rich-text.js';
import { type Content, type Fields, isFields, objectsIn, textIn } from './shapes.js';

export type NameOf = (id: string) => string | undefined;

const plain = (text: string): Rendered => ({ ...NOTHING, text });

/** A text object as a client shows it. In plain text nothing is markup. */
export function renderText(value: unknown, nameOf: NameOf): Rendered {
  if (!isFields(value)) return NOTHING;
  const text = textIn(value.text);
  if (value.type === 'plain_text') return plain(value.emoji === false ? text : withEmoji(text));
  const open = value.verbatim !== true;
  return renderMrkdwn(text, { nameOf, autoLinks: open, linkNames: open });
}

/** Enough of Markdown to see that somebody's data became markup. */
function renderMarkdown(source: string, nameOf: NameOf): Rendered {
  const asMrkdwn = source
    .replace(/\[([^\]\n]+)\]\(([^)\s]+)\)/g, '<$2|$1>')
    .replace(/\*\*([^*\n]+)\*\*/g, '*$1*')
    .replace(/^#+ +(.*)$/gm, '*$1*');
  return renderMrkdwn(asMrkdwn, { nameOf, autoLinks: true, linkNames: false });
}

function renderCell(cell: Fields, nameOf: NameOf): Rendered {
  if (cell.type === 'rich_text') return renderRichText(cell, nameOf);
  return plain(textIn(cell.text) || String(cell.value ?? ''));
}

function renderTable(block: Fields, nameOf: NameOf): Rendered {
  const rows = Array.isArray(block.rows) ? block.rows : [];
  return joined(
    rows.map((row) =>
      joined(
        objectsIn(row).map((cell) => renderCell(cell, nameOf)),
        ' | ',
      ),
    ),
  );
}

export function renderBlock(block: Fields, nameOf: NameOf): Rendered {
  switch (block.type) {
    case 'section':
      return joined([block.text, ...objectsIn(block.fields)].map((one) => renderText(one, nameOf)));
    case 'header':
      return renderText(block.text, nameOf);
    case 'context':
      return joined(
        objectsIn(block.elements).map((one) => renderText(one, nameOf)),
        ' ',
      );
    case 'rich_text':
      return renderRichText(block, nameOf);
    case 'table':
      return renderTable(block, nameOf);
    case 'markdown':
      return renderMarkdown(textIn(block.text), nameOf);
    case 'input':
      return joined([renderText(block.label, nameOf), renderText(block.hint, nameOf)]);
    default:
      return NOTHING;
  }
}

export function buttonsIn(blocks: readonly Fields[]): readonly ShownButton[] {
  return blocks.flatMap((block) =>
    [...objectsIn(block.type === 'actions' ? block.elements : []), ...objectsIn([block.accessory])]
      .filter(({ type }) => type === 'button')
      .map((button) => shownButton(button, textIn(block.block_id))),
  );
}

function shownButton(button: Fields, blockId: string): ShownButton {
  const { text, url, value, style, action_id } = button;
  return {
    label: renderText(text, () => undefined).text,
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof value === 'string' ? { value } : {}),
    ...(style === 'primary' || style === 'danger' ? { style } : {}),
    actionId: textIn(action_id),
    blockId,
  };
}

/** A message as a client shows it; a mention counts wherever it stands, in the notification's text too. */
export function renderContent(content: Content, nameOf: NameOf): Rendered {
  const { text, blocks, autoLinks, linkNames, mrkdwn } = content;
  const asText = mrkdwn ? renderMrkdwn(text, { nameOf, autoLinks, linkNames }) : plain(decoded(text));
  if (blocks.length === 0) return asText;
  const shown = joined(blocks.map((block) => renderBlock(block, nameOf)));
  return { ...shown, mentions: [...shown.mentions, ...asText.mentions] };
}
