import { createInterface, type Interface, type ReadLineOptions } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { PromptLine } from './screen.js';
import { rowsOf } from './text.js';

/** What readline draws on: the terminal, or for a moment nothing. */
class Stage extends Writable {
  hidden = false;

  constructor(private readonly terminal: WriteStream) {
    super({ decodeStrings: false });
    terminal.on('resize', this.resized);
  }

  get columns(): number {
    return this.terminal.columns || 80;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    if (!this.hidden) this.terminal.write(chunk);
    done();
  }

  leave(): void {
    this.terminal.off('resize', this.resized);
  }

  private readonly resized = () => this.emit('resize');
}

/** A line editor whose line can be taken away and drawn again elsewhere, so that messages may come above it. */
export function openEditor(
  input: ReadStream,
  output: WriteStream,
  options: Omit<ReadLineOptions, 'input' | 'output' | 'terminal' | 'prompt'> & { readonly prompt: string },
): { readonly editor: Interface; readonly line: PromptLine } {
  const stage = new Stage(output);
  const editor = createInterface({ ...options, input, output: stage, terminal: true });
  editor.once('close', () => stage.leave());
  const line: PromptLine = {
    lift() {
      // After a paste readline has forgotten in which row it left the cursor; drawing makes it look.
      stage.hidden = true;
      editor.prompt(true);
      stage.hidden = false;
      return editor.getCursorPos().rows;
    },
    rows: () => rowsOf([`${options.prompt}${editor.line} `], stage.columns),
    draw: () => editor.prompt(true),
  };
  return { editor, line };
}
