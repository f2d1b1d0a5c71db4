import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Action } from '../../gateway/types.js';
import { completeLine } from './completion.js';
import { fillForm } from './form.js';
import { openPrompt, type Prompt } from './prompt.js';
import type { Screen } from './screen.js';

/** Where lines come from, until there are no more. */
export interface Session {
  /** Resolves when the last line was dealt with. */
  readonly ended: Promise<void>;
  /** Asks for a form's values. Undefined: cancelled, or nobody to ask. */
  fill(form: Extract<Action, { kind: 'form' }>): Promise<Readonly<Record<string, string>> | undefined>;
  close(): void;
}

/** Lines from a pipe or a file: each is dealt with before the next is read. */
export function pipedSession(input: Readable, deal: (line: string) => Promise<void>): Session {
  const reader = createInterface({ input, terminal: false, crlfDelay: Infinity });
  let closed = false;
  const run = async () => {
    for await (const line of reader) {
      if (!closed) await deal(line);
    }
  };
  return {
    ended: run(),
    fill: async () => undefined,
    close() {
      closed = true;
      reader.close();
    },
  };
}

/** One command, and nothing after it. */
export function commandSession(line: string, deal: (line: string) => Promise<void>): Session {
  return { ended: deal(line), fill: async () => undefined, close() {} };
}

export interface Keyboard {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly screen: Screen;
  readonly promptText: string;
  readonly suggest: (words: readonly string[]) => Promise<readonly string[]>;
}

/** A person at a keyboard: the prompt is always there, except while a form is filled in. */
export function typedSession(keyboard: Keyboard, deal: (line: string) => Promise<void>): Session {
  const { input, output, screen, promptText } = keyboard;
  const closing = new AbortController();
  const ended = new Promise<void>((resolve) => closing.signal.addEventListener('abort', () => resolve()));
  let prompt: Prompt | undefined;
  let history: readonly string[] = [];
  let filling = false;

  function open(): void {
    prompt = openPrompt(
      input,
      output,
      { prompt: promptText, history },
      {
        line(line) {
          screen.typed(promptText + line);
          void deal(line);
          prompt?.draw();
        },
        end: close,
        complete: (line) => completeLine(line, keyboard.suggest),
        candidates: (words) => screen.print([words.join('   ')]),
      },
    );
    screen.promptIs(prompt);
    prompt.draw();
  }

  /** Takes the prompt away, and with it every key pressed from now on. */
  function lift(): void {
    history = prompt?.history ?? history;
    screen.promptIs(undefined);
    prompt?.close();
    prompt = undefined;
  }

  function close(): void {
    if (closing.signal.aborted) return;
    if (prompt !== undefined) output.write('\n');
    lift();
    closing.abort();
  }

  open();
  return {
    ended,
    close,
    async fill(form) {
      if (filling || closing.signal.aborted) return undefined;
      filling = true;
      lift();
      const values = await fillForm(form, { input, output, screen, signal: closing.signal });
      filling = false;
      if (!closing.signal.aborted) open();
      return values;
    },
  };
}
