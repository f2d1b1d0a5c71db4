// @ts-check
import { byId, element } from './dom.js';

/** @typedef {(words: readonly string[]) => Promise<readonly string[]>} Complete */

/**
 * What may follow what was typed: whole lines, to be put into the field.
 * @param {string} text
 * @param {Complete} complete
 */
async function linesFor(text, complete) {
  const command = /^\/mcp\s/i.exec(text);
  if (command === null) return text !== '' && '/mcp'.startsWith(text.toLowerCase()) ? ['/mcp '] : [];
  const words = text.slice(command[0].length).trimStart().split(/\s+/);
  const before = ['/mcp', ...words.slice(0, -1)].join(' ');
  const known = await complete(words);
  return known.map((word) => `${before} ${word} `).filter((line) => line.trimEnd() !== text.trimEnd());
}

/**
 * The list above the command line (the ARIA combobox pattern: the focus stays in the field).
 * @param {HTMLInputElement} input
 * @param {Complete} complete
 */
export function createSuggestions(input, complete) {
  const list = byId('suggestions', HTMLUListElement);
  /** @type {readonly string[]} */
  let lines = [];
  let active = -1;
  let asked = 0;

  function draw() {
    const options = lines.map((line, index) =>
      element(
        'li',
        { role: 'option', id: `suggestion-${index}`, 'aria-selected': String(index === active) },
        line.trimEnd(),
      ),
    );
    list.replaceChildren(...options);
    list.hidden = lines.length === 0;
    input.setAttribute('aria-expanded', String(lines.length > 0));
    if (active < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `suggestion-${active}`);
    list.children[active]?.scrollIntoView({ block: 'nearest' });
  }

  function close() {
    asked += 1;
    lines = [];
    active = -1;
    draw();
  }

  async function refresh() {
    asked += 1;
    const turn = asked;
    const found = await linesFor(input.value, complete).catch(() => []);
    if (turn !== asked) return;
    lines = found;
    active = -1;
    draw();
  }

  /** @param {number} index */
  function accept(index) {
    const line = lines[index];
    if (line === undefined) return;
    input.value = line;
    input.focus();
    void refresh();
  }

  // Pointer down, not click: a click would first blur the field, which closes the list.
  list.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    if (event.target instanceof Element) accept([...list.children].indexOf(event.target));
  });
  input.addEventListener('input', refresh);
  input.addEventListener('blur', close);

  return {
    close,
    /**
     * True where the key was for the list.
     * @param {string} key
     */
    takeKey(key) {
      if (lines.length === 0) return false;
      if (key === 'Escape') close();
      else if (key === 'Tab') accept(Math.max(active, 0));
      else if (key === 'Enter' && active >= 0) accept(active);
      else if (key === 'ArrowDown' || key === 'ArrowUp') {
        const step = key === 'ArrowDown' ? 1 : -1;
        active = (Math.max(active, step < 0 ? 0 : -1) + step + lines.length) % lines.length;
        draw();
      } else return false;
      return true;
    },
  };
}
