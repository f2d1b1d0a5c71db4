import { withEmoji } from './emoji.js';
import { joined, NOTHING, type Rendered } from './mrkdwn.js';
import { type Fields, isFields, objectsIn, textIn } from './shapes.js';

type NameOf = (id: string) => string | undefined;

function renderPiece(piece: Fields, nameOf: NameOf): Rendered {
  const text = textIn(piece.text);
  const styled = isFields(piece.style) && Object.values(piece.style).includes(true) ? [text] : [];
  switch (piece.type) {
    case 'text':
      return { ...NOTHING, text, styled };
    case 'link':
      return { ...NOTHING, text: text || textIn(piece.url), links: [textIn(piece.url)] };
    case 'user':
      return { ...NOTHING, text: `@${nameOf(textIn(piece.user_id))}`, mentions: [textIn(piece.user_id)] };
    case 'broadcast':
      return { ...NOTHING, text: `@${piece.range}`, mentions: [`@${piece.range}`] };
    case 'usergroup':
      return { ...NOTHING, text: '@group', mentions: [textIn(piece.usergroup_id)] };
    case 'channel':
      return { ...NOTHING, text: `#${nameOf(textIn(piece.channel_id))}` };
    case 'emoji':
      return { ...NOTHING, text: withEmoji(`:${textIn(piece.name)}:`) };
    case 'date':
      return { ...NOTHING, text: textIn(piece.fallback) };
    default:
      return NOTHING;
  }
}

export const renderPieces = (pieces: readonly Fields[], nameOf: NameOf): Rendered =>
  joined(
    pieces.map((piece) => renderPiece(piece, nameOf)),
    '',
  );

/** Rich text says what is markup by structure: its texts are only texts. */
export function renderRichText(block: Fields, nameOf: NameOf): Rendered {
  return joined(
    objectsIn(block.elements).map((group) =>
      group.type === 'rich_text_list'
        ? joined(objectsIn(group.elements).map((item) => renderPieces(objectsIn(item.elements), nameOf)))
        : renderPieces(objectsIn(group.elements), nameOf),
    ),
  );
}
