import type { WriteStream } from 'node:tty';
import type { Display, LookOf } from './display.js';
import { type Block, redraw } from './redraw.js';
import { renderReply } from './render.js';

/** The line that a person is typing, below everything else. */
export interface PromptLine {
  /** Readies it for being written over; gives how many rows below its first row the cursor stands. */
  lift(): number;
  /** Rows that it takes. */
  rows(): number;
  /** Draws it again; the cursor stands as many rows below where it starts as `lift` said. */
  draw(): void;
}

/** A terminal's screen: messages that change in place, and a line being typed below them. */
export interface Screen extends Display {
  /** A line that the person has typed and that the terminal has already echoed. */
  typed(line: string): void;
  /** Lines of our own, which are no message; the same again right after themselves are not repeated. */
  print(lines: readonly string[]): void;
  /** From now on this stands below the messages; undefined: nothing. */
  promptIs(prompt: PromptLine | undefined): void;
}

export type Terminal = Pick<WriteStream, 'write' | 'columns' | 'rows'>;

export function createScreen(output: Terminal, lookOf: LookOf): Screen {
  let blocks: readonly Block[] = [];
  let prompt: PromptLine | undefined;
  const size = () => ({ columns: output.columns || 80, rows: output.rows || 24 });

  /** Above the prompt: up to where it starts (and further, to an earlier message), erase, write, draw the prompt. */
  function place(block: Block): void {
    const plan = redraw(blocks, block, size(), prompt?.rows() ?? 1);
    const down = prompt?.lift() ?? 0;
    const up = plan.up + down;
    blocks = plan.blocks;
    const text = plan.lines.map((line) => `${line}\n`).join('');
    // readline moves up by `down` rows before it draws: it finds them there.
    output.write(`${up > 0 ? `\u001b[${up}A` : ''}\r\u001b[J${text}${'\n'.repeat(down)}`);
    prompt?.draw();
  }

  return {
    show({ message, reply }) {
      place({ message, lines: renderReply(reply, { ...lookOf(message), width: size().columns }) });
    },
    flush() {},
    typed(line) {
      blocks = redraw(blocks, { lines: [line] }, size(), 1).blocks;
    },
    print(lines) {
      const last = blocks.at(-1);
      const again = last?.message === undefined && last?.lines.join('\n') === lines.join('\n');
      if (!again) place({ lines });
    },
    promptIs(next) {
      prompt = next;
    },
  };
}
