import { rowsOf } from './text.js';

/** Something on the screen: a message, or (without one) a typed line. */
export interface Block {
  readonly message?: number;
  readonly lines: readonly string[];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Redraw {
  /** What the screen holds from now on. */
  readonly blocks: readonly Block[];
  /** How many rows above the prompt the writing starts: what stands there is erased. */
  readonly up: number;
  readonly lines: readonly string[];
}

/**
 * How a message comes to stand on the screen: in the place of its earlier text, with all below it drawn again, when
 * that place is still in sight above `promptRows`; else at the end.
 */
export function redraw(blocks: readonly Block[], block: Block, size: Size, promptRows: number): Redraw {
  const index = block.message === undefined ? -1 : blocks.findIndex((one) => one.message === block.message);
  if (index === -1) return append(blocks, block, size);
  const below = blocks.slice(index);
  const up = rowsOf(
    below.flatMap((one) => one.lines),
    size.columns,
  );
  if (up + promptRows > size.rows)
    return append(blocks.toSpliced(index, 1, forgotten(blocks[index])), block, size);
  const now = [block, ...below.slice(1)];
  return {
    blocks: inSight([...blocks.slice(0, index), ...now], size),
    up,
    lines: now.flatMap((one) => one.lines),
  };
}

function append(blocks: readonly Block[], block: Block, size: Size): Redraw {
  return { blocks: inSight([...blocks, block], size), up: 0, lines: block.lines };
}

/** Its rows still count, but it is nobody's message any more. */
function forgotten(block: Block | undefined): Block {
  return { lines: block?.lines ?? [] };
}

/** What has scrolled away needs no memory. */
function inSight(blocks: readonly Block[], size: Size): readonly Block[] {
  let rows = 0;
  const from = blocks.findLastIndex((block) => {
    rows += rowsOf(block.lines, size.columns);
    return rows > size.rows;
  });
  return blocks.slice(from + 1);
}
