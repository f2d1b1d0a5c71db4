import type { ReadStream, WriteStream } from 'node:tty';
import type { Completion } from './completion.js';
import { openEditor } from './editor.js';
import { isAddress } from './read.js';
import type { PromptLine } from './screen.js';

export interface PromptEvents {
  line(line: string): void;
  /** Ctrl-D, Ctrl-C on an empty line, or the terminal went away. */
  end(): void;
  complete(line: string): Promise<Completion>;
  /** Several words fit: they are to be shown. */
  candidates(words: readonly string[]): void;
}

export interface Prompt extends PromptLine {
  /** What was typed so far, newest first: for the prompt that follows this one. */
  readonly history: readonly string[];
  close(): void;
}

/** A line editor with history and completion. Everything that it draws stands below the messages. */
export function openPrompt(
  input: ReadStream,
  output: WriteStream,
  start: { readonly prompt: string; readonly history: readonly string[] },
  events: PromptEvents,
): Prompt {
  const { editor, line } = openEditor(input, output, {
    prompt: start.prompt,
    history: [...start.history],
    removeHistoryDuplicates: true,
    completer: completer(events),
  });
  let typed = start.history;
  let open = true;
  editor.on('history', (lines) => {
    // What holds a code does not come back with the arrow keys.
    const kept = lines.filter((line) => !isAddress(line));
    lines.splice(0, lines.length, ...kept);
    typed = kept;
  });
  editor.on('line', events.line);
  editor.on('SIGINT', () => {
    if (editor.line === '') return editor.close();
    editor.write(null, { ctrl: true, name: 'e' });
    editor.write(null, { ctrl: true, name: 'u' });
  });
  editor.on('close', () => {
    if (open) events.end();
  });
  return {
    ...line,
    get history() {
      return typed;
    },
    close() {
      open = false;
      editor.close();
    },
  };
}

/** readline gets only what it is to insert: the list of candidates is drawn by the screen, which must know of it. */
function completer(events: PromptEvents) {
  return (line: string, done: (error: null, found: [string[], string]) => void): void => {
    events.complete(line).then(
      ({ insert, typed, candidates }) => {
        if (candidates.length > 0) events.candidates(candidates);
        done(null, [insert === undefined ? [] : [insert], typed]);
      },
      () => done(null, [[], line]),
    );
  };
}
