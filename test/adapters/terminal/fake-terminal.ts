import { PassThrough, Writable } from 'node:stream';

/** A keyboard and a screen as node:readline expects them, for tests without a pseudo-terminal. */
export interface FakeTerminal {
  readonly keyboard: PassThrough & { readonly isTTY: true; readonly raw: boolean };
  readonly output: Writable & { readonly isTTY: true; columns: number; rows: number };
  /** Every byte that was ever written to it. */
  written(): string;
  /** What a person sees, rows without trailing spaces, from the first row that is not scrolled away. */
  visible(): string;
  /** The same with what has scrolled away. */
  everything(): string;
}

class Keyboard extends PassThrough {
  readonly isTTY = true as const;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

class Grid extends Writable {
  readonly isTTY = true as const;
  readonly cells: string[][] = [[]];
  text = '';
  row = 0;
  column = 0;
  constructor(
    public columns: number,
    public rows: number,
  ) {
    super({ decodeStrings: false });
  }

  get top(): number {
    return Math.max(0, this.cells.length - this.rows);
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    this.text += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
    for (const [piece, args, command] of text.matchAll(/\u001b\[([\d;?]*)([A-Za-z])|[\s\S]/gu)) {
      if (command !== undefined) this.obey(command, Number(args === '' ? Number.NaN : args));
      else this.put(piece);
    }
    done();
  }

  private obey(command: string, argument: number): void {
    const count = Number.isNaN(argument) ? 1 : argument;
    if (command === 'A') this.row = Math.max(this.top, this.row - count);
    else if (command === 'B') this.row = Math.min(this.cells.length - 1, this.row + count);
    else if (command === 'C') this.column += count;
    else if (command === 'D') this.column = Math.max(0, this.column - count);
    else if (command === 'G') this.column = count - 1;
    else if (command === 'K') this.line().splice(this.column);
    else if (command === 'J') {
      this.line().splice(this.column);
      this.cells.splice(this.row + 1);
    } else if (command !== 'm' && command !== 'h' && command !== 'l')
      throw new Error(`The fake terminal does not know CSI ${command}.`);
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.down();
    else {
      if (this.column >= this.columns) this.down();
      const line = this.line();
      while (line.length < this.column) line.push(' ');
      line[this.column++] = character;
    }
  }

  private down(): void {
    this.row += 1;
    this.column = 0;
    this.line();
  }

  private line(): string[] {
    while (this.cells.length <= this.row) this.cells.push([]);
    return this.cells[this.row] ?? [];
  }
}

export function fakeTerminal(columns = 80, rows = 24): FakeTerminal {
  const grid = new Grid(columns, rows);
  const text = (from: number) =>
    grid.cells
      .slice(from)
      .map((cells) => cells.join('').trimEnd())
      .join('\n');
  return {
    keyboard: new Keyboard(),
    output: grid,
    written: () => grid.text,
    visible: () => text(grid.top),
    everything: () => text(0),
  };
}
