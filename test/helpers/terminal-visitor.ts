import { PassThrough } from 'node:stream';
import { createTerminalAdapter, type TerminalAdapter } from '../../src/adapters/terminal/adapter.js';
import { type ChatLine, hasText } from './program.js';

const PATIENCE_MS = 25_000;

/** One person at a piped terminal in this process, `--json`: the adapter that has no private forms. */
export class TerminalVisitor {
  readonly adapter: TerminalAdapter;
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  #out = '';

  constructor(as: string) {
    this.adapter = createTerminalAdapter({ input: this.#input, output: this.#output, as, json: true });
    this.#output.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#output.emit('said');
    });
  }

  get everything(): string {
    return this.#out;
  }

  said(): readonly ChatLine[] {
    return this.#out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as ChatLine);
  }

  /** Types a line, and waits for one that says `text` after it. */
  async ask(line: string, text: string | RegExp): Promise<ChatLine> {
    const from = this.said().length;
    this.#input.write(`${line}\n`);
    return await this.untilSays(text, from);
  }

  untilSays(text: string | RegExp, from = 0): Promise<ChatLine> {
    return new Promise((resolve, reject) => {
      const hear = () => {
        const found = this.said()
          .slice(from)
          .find((line) => hasText(line, text));
        if (found === undefined) return;
        this.#output.off('said', hear);
        clearTimeout(limit);
        resolve(found);
      };
      const limit = setTimeout(() => {
        this.#output.off('said', hear);
        reject(new Error(`${PATIENCE_MS} ms went by before "${text}":\n${this.#out}`));
      }, PATIENCE_MS);
      this.#output.on('said', hear);
      hear();
    });
  }
}
