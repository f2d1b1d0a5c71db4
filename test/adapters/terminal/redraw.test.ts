import { describe, expect, it } from 'vitest';
import { type Block, redraw } from '../../../src/adapters/terminal/redraw.js';

const size = { columns: 20, rows: 10 };
const blocks: readonly Block[] = [
  { lines: ['> /mcp'] },
  { message: 1, lines: ['MCP servers', '● linear'] },
  { lines: ['> mcp auth'] },
  { message: 2, lines: ['sign in'] },
];

describe('a message that changes', () => {
  it('is drawn in its place, with what stands below it', () => {
    const plan = redraw(blocks, { message: 1, lines: ['MCP servers', '✓ linear', '✓ files'] }, size, 1);
    expect(plan.up).toBe(4);
    expect(plan.lines).toEqual(['MCP servers', '✓ linear', '✓ files', '> mcp auth', 'sign in']);
  });

  it('counts the rows that a long line takes at this width', () => {
    const long = [{ message: 1, lines: ['x'.repeat(41)] }, { lines: ['日'.repeat(11)] }];
    expect(redraw(long, { message: 1, lines: ['short'] }, size, 1).up).toBe(5);
  });

  it('is drawn anew at the end when its place has scrolled away, and from then on there', () => {
    const tall = [...blocks, { message: 3, lines: Array.from({ length: 6 }, () => 'row') }];
    const plan = redraw(tall, { message: 1, lines: ['✓ linear'] }, size, 1);
    expect(plan).toMatchObject({ up: 0, lines: ['✓ linear'] });
    const again = redraw(plan.blocks, { message: 1, lines: ['✓ linear', 'done'] }, size, 1);
    expect(again).toMatchObject({ up: 1, lines: ['✓ linear', 'done'] });
  });

  it('is drawn anew when the prompt takes the room of its first row', () => {
    const full = [{ message: 1, lines: Array.from({ length: 8 }, () => 'row') }];
    expect(redraw(full, { message: 1, lines: ['x'] }, size, 2).up).toBe(8);
    expect(redraw(full, { message: 1, lines: ['x'] }, size, 3).up).toBe(0);
  });

  it('leaves nothing remembered that is out of sight', () => {
    let held: readonly Block[] = [];
    for (let message = 1; message <= 100; message += 1)
      held = redraw(held, { message, lines: ['one', 'two'] }, size, 1).blocks;
    expect(held).toHaveLength(5);
  });
});
