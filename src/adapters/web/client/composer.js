// @ts-check
import { byId } from './dom.js';
import { createSuggestions } from './suggestions.js';

const MOST_REMEMBERED = 100;

/** The lines typed since the page was opened, to be fetched back with the arrow keys. In memory only. */
function createHistory() {
  /** @type {string[]} */
  let lines = [];
  let at = 0;
  return {
    /** @param {string} line */
    add(line) {
      lines = [...lines.filter((one) => one !== line), line].slice(-MOST_REMEMBERED);
      at = lines.length;
    },
    /** @param {string} line */
    forget(line) {
      lines = lines.filter((one) => one !== line);
      at = lines.length;
    },
    /** @param {string} shown what stands in the field */
    isBrowsed: (shown) => shown === '' || lines[at] === shown,
    /** @param {number} step */
    move(step) {
      at = Math.min(Math.max(at + step, 0), lines.length);
      return lines[at] ?? '';
    },
  };
}

/**
 * The command line.
 * @param {{ say(text: string): Promise<boolean>, complete: import('./suggestions.js').Complete }} to
 *   `say` resolves to whether the line was taken; else it stays in the field
 */
export function createComposer({ say, complete }) {
  const form = byId('composer', HTMLFormElement);
  const input = byId('text', HTMLInputElement);
  const suggestions = createSuggestions(input, complete);
  const history = createHistory();

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === '') return;
    suggestions.close();
    input.value = '';
    history.add(text);
    if (!(await say(text)) && input.value === '') input.value = text;
  });

  input.addEventListener('keydown', (event) => {
    const { key } = event;
    if (event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    if (suggestions.takeKey(key)) return event.preventDefault();
    if ((key !== 'ArrowUp' && key !== 'ArrowDown') || !history.isBrowsed(input.value)) return;
    event.preventDefault();
    input.value = history.move(key === 'ArrowUp' ? -1 : 1);
    input.setSelectionRange(input.value.length, input.value.length);
  });

  return { focus: () => input.focus(), forget: history.forget };
}
