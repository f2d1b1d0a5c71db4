// @ts-check
import { element, glyph } from './dom.js';

/**
 * @typedef {import('../../../gateway/types.js').Action} Action
 * @typedef {import('../render.js').Block} Block
 * @typedef {import('../render.js').PageLine} PageLine
 * @typedef {import('../render.js').PageMessage} PageMessage
 * @typedef {import('../render.js').PageReply} PageReply
 * @typedef {(action: Exclude<Action, { kind: 'link' }>, button: HTMLButtonElement) => void} Press
 */

/** @type {Record<string, string>} */
const MARKS = { ok: 'OK', attention: 'Needs attention', failed: 'Failed', neutral: '' };

/** @param {PageLine['mark']} mark */
function markOf(mark) {
  if (mark === undefined) return undefined;
  const name = MARKS[mark] ?? '';
  const spoken = name === '' ? undefined : element('span', { class: 'unseen' }, `${name}: `);
  return element('span', { class: `mark ${mark}` }, glyph(mark), spoken);
}

/**
 * @param {Action} action
 * @param {Press} press
 * @param {string} [about] what the button is for, where its label alone does not say it
 */
function button(action, press, about) {
  const spoken = about === undefined ? undefined : element('span', { class: 'unseen' }, ` ${about}`);
  if (action.kind === 'link') {
    const safe = { href: action.url, target: '_blank', rel: 'noopener noreferrer' };
    return element('a', { class: 'button primary', ...safe }, action.label, spoken, glyph('out'));
  }
  // The way to a sign-in stands out; everything else is an offer.
  const leads = action.kind === 'form' || action.words[0] === 'auth';
  const kind = leads ? 'button primary' : 'button';
  const made = element('button', { type: 'button', class: kind }, action.label, spoken);
  if (action.kind === 'form') made.setAttribute('aria-haspopup', 'dialog');
  made.addEventListener('click', () => press(action, made));
  return made;
}

/**
 * Roles are spelled out: on a narrow page the rows are laid out as a grid, which would take their meaning away.
 * @param {PageLine} line
 * @param {boolean} facts
 * @param {{ marks: boolean, actions: boolean }} has
 * @param {Press} press
 */
function row(line, facts, has, press) {
  const [name = '', ...rest] = line.cells;
  const mark = has.marks ? (markOf(line.mark) ?? element('span', { class: 'mark' })) : undefined;
  const named = element('span', { class: 'name' }, facts ? undefined : mark, element('bdi', {}, name));
  const head = element('th', { scope: 'row', role: 'rowheader' }, named);
  const cells = rest.map((text) => {
    // An empty cell stays without a child: the narrow layout leaves it out.
    if (text === '') return element('td', { role: 'cell' });
    const value = element('bdi', {}, text);
    // Of a fact, it is the value that is good or bad.
    const marked = facts && line.mark !== undefined;
    return element('td', { role: 'cell' }, marked ? element('span', { class: 'name' }, mark, value) : value);
  });
  const shown = line.action && button(line.action, press, facts ? undefined : name);
  const last = has.actions ? [element('td', { role: 'cell', class: 'act' }, shown)] : [];
  return element('tr', { role: 'row' }, head, ...cells, ...last);
}

/**
 * @param {Extract<Block, { kind: 'table' }>} table
 * @param {string} label
 * @param {Press} press
 */
function tableOf({ lines, facts }, label, press) {
  const has = {
    marks: lines.some((line) => line.mark !== undefined),
    actions: lines.some((line) => line.action !== undefined),
  };
  const rows = lines.map((line) => row(line, facts, has, press));
  const body = element('tbody', { role: 'rowgroup' }, ...rows);
  const named = { role: 'table', 'aria-label': label === '' ? undefined : label };
  return element('table', { class: facts ? 'facts' : 'rows', ...named }, body);
}

/**
 * @param {PageLine} line
 * @param {Press} press
 */
function sentence({ mark, cells, action }, press) {
  const text = element('bdi', {}, cells.join(' '));
  const shown = action && button(action, press);
  return element('div', { class: 'sentence' }, element('p', {}, markOf(mark), text), shown);
}

/** @param {number} ms */
function clock(ms) {
  const time = new Date(ms);
  const text = time.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
  return element('time', { datetime: time.toISOString() }, text);
}

/**
 * @param {PageReply} reply
 * @param {Press} press
 */
function card({ title, aside, blocks, actions }, press) {
  const heading = title === '' ? undefined : element('h2', {}, title);
  const beside = aside === undefined ? undefined : element('p', { class: 'aside' }, aside);
  const head = heading || beside ? element('div', { class: 'head' }, heading, beside) : undefined;
  const drawn = blocks.map((block) =>
    block.kind === 'table' ? tableOf(block, title, press) : sentence(block.line, press),
  );
  const buttons = actions.map((action) => button(action, press));
  const below = buttons.length > 0 ? element('div', { class: 'actions' }, ...buttons) : undefined;
  return element('div', { class: 'card' }, head, ...drawn, below);
}

/**
 * One entry of the conversation.
 * @param {PageMessage} message
 * @param {(message: string, ...pressed: Parameters<Press>) => void} press
 */
export function messageView(message, press) {
  const frame = { 'data-id': message.id, tabindex: '-1' };
  if (message.from === 'person') {
    const said = element('p', { class: 'said' }, element('bdi', {}, message.text));
    const speaker = element('span', { class: 'unseen' }, 'You: ');
    said.prepend(speaker);
    return element('li', { ...frame, class: 'message person' }, said);
  }
  const { atMs, updatedAtMs } = message;
  const changed = updatedAtMs === undefined ? undefined : element('span', {}, 'updated ', clock(updatedAtMs));
  const meta = element('p', { class: 'meta' }, element('b', {}, 'Gateway'), clock(atMs), changed);
  const face = element('span', { class: 'face', 'aria-hidden': 'true' }, glyph('plug'));
  const shown = card(message.reply, (...pressed) => press(message.id, ...pressed));
  return element('li', { ...frame, class: 'message gateway' }, face, meta, shown);
}

/**
 * What a screen reader says of a new or changed message.
 * @param {PageMessage} message
 */
export function spokenSummary(message) {
  if (message.from === 'person') return '';
  const { title, aside, blocks } = message.reply;
  const [first] = blocks;
  const line = first?.kind === 'sentence' ? first.line.cells.join(' ') : undefined;
  return [title, aside, line].filter((part) => part !== undefined && part !== '').join('. ');
}
