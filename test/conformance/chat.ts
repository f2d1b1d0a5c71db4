import { type ChatLine, PipedChat, textOf } from '../helpers/program.js';

/** Still to be edited: "connecting…", "finishing…". */
function isPassing(line: ChatLine): boolean {
  return textOf(line)
    .split('\n')
    .some((text) => text.trimEnd().endsWith('…'));
}

const isSame = (one: ChatLine, other: ChatLine): boolean =>
  JSON.stringify(one.ref) === JSON.stringify(other.ref);

/** A person's words to the gateway and its answers, each in the state in which it comes to rest. */
export class Conversation {
  readonly #chat: PipedChat;

  constructor(config: string) {
    this.#chat = new PipedChat(config, 'ana', ['--wait', '0']);
  }

  /** Types it, and reads the answer. */
  async say(words: string): Promise<ChatLine> {
    const from = this.#chat.said().length;
    process.stderr.write(`> /mcp ${words}\n`);
    this.#chat.type(`/mcp ${words}`);
    const first = await this.#chat.untilLine(({ type }) => type === 'reply', `an answer to ${words}`, from);
    return this.#atRest((line) => isSame(line, first), from);
  }

  /** What the message says once it no longer says what it said: what became of a sign-in. */
  async news(of: ChatLine): Promise<ChatLine> {
    const before = textOf(of);
    return this.#atRest((line) => isSame(line, of) && textOf(line) !== before, 0);
  }

  async #atRest(matches: (line: ChatLine) => boolean, from: number): Promise<ChatLine> {
    const rests = (line: ChatLine) => matches(line) && !isPassing(line);
    const line = await this.#chat.untilLine(rests, 'it came to rest', from);
    process.stderr.write(`${textOf(line)}\n`);
    return line;
  }

  async leave(): Promise<void> {
    await this.#chat.stop();
    process.stderr.write(this.#chat.err);
  }
}
