import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Action, Field } from '../../gateway/types.js';
import { openEditor } from './editor.js';
import type { Screen } from './screen.js';
import { plain, wrap } from './text.js';

type Form = Extract<Action, { kind: 'form' }>;

/** The keyboard and screen that a form has to itself while it is filled in; `signal` takes them away. */
export interface FormPlace {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** The person's values by field name; undefined where they left a field with Ctrl-C, Ctrl-D or nothing in it. */
export async function fillForm(
  form: Form,
  place: FormPlace,
): Promise<Readonly<Record<string, string>> | undefined> {
  place.screen.print([plain(form.title), 'Ctrl-C cancels.']);
  const values: Record<string, string> = {};
  for (const field of form.fields) {
    const [text = '', ...above] = wrap(label(field), (place.output.columns || 80) - 2).toReversed();
    if (above.length > 0) place.screen.print(above.toReversed());
    const value = await (field.secret ? readUnseen(text, place) : readSeen(text, place));
    if (value === '') return undefined;
    values[field.name] = value;
  }
  return values;
}

function label(field: Field): string {
  const hint = field.hint === undefined || field.hint === '' ? '' : ` (${plain(field.hint)})`;
  return `${plain(field.label)}${hint}${field.secret ? ', typed unseen' : ''}: `;
}

/**
 * An editor of its own, without history, that draws into a void: neither arrow keys, undo nor yank bring a secret
 * back at the next prompt.
 */
async function readUnseen(text: string, { input, output, screen, signal }: FormPlace): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const draw = () => output.write(`\r\u001b[J${text}`);
  screen.promptIs({ lift: () => 0, rows: () => 1, draw });
  draw();
  const { value } = await answer(
    createInterface({ input, output: nowhere, terminal: true, historySize: 0, signal }),
  );
  screen.promptIs(undefined);
  output.write('\n');
  screen.typed(text);
  return value;
}

async function readSeen(text: string, { input, output, screen, signal }: FormPlace): Promise<string> {
  const { editor, line } = openEditor(input, output, { prompt: text, historySize: 0, signal });
  screen.promptIs(line);
  editor.prompt();
  const { value, entered } = await answer(editor);
  screen.promptIs(undefined);
  if (!entered) output.write('\n');
  screen.typed(text + value);
  return value;
}

/** The line that was entered, with Enter (which a visible editor echoes), or '' without. */
function answer(editor: Interface): Promise<{ readonly value: string; readonly entered: boolean }> {
  return new Promise((resolve) => {
    editor.once('line', (line) => {
      resolve({ value: line.trim(), entered: true });
      editor.close();
    });
    editor.once('SIGINT', () => editor.close());
    editor.once('close', () => resolve({ value: '', entered: false }));
  });
}
