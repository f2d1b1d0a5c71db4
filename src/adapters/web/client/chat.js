// @ts-check
import { createComposer } from './composer.js';
import { connect, post } from './connection.js';
import { createConversation } from './conversation.js';
import { byId, randomId } from './dom.js';
import { askForm } from './form-dialog.js';

/**
 * @typedef {import('../events.js').PageEvent} PageEvent
 * @typedef {Extract<PageEvent, { type: 'hello' }>} Hello
 */

const banner = byId('banner', HTMLElement);
const trouble = byId('trouble', HTMLElement);
const picker = document.querySelector('select');
let boot = '';
/** @type {Hello['you']} */
let you = { person: '', name: '' };
/** @type {(() => void)[]} */
let waiting = [];

/** A line may be typed before the page has heard who is there. Resolves when it has, or cannot hear it now. */
function greeted() {
  if (you.person !== '') return Promise.resolve();
  return new Promise((/** @type {(value: void) => void} */ resolve) => waiting.push(resolve));
}

function letGo() {
  const all = waiting;
  waiting = [];
  for (const go of all) go();
}

/** @param {string} text */
function complain(text) {
  trouble.textContent = text;
  trouble.hidden = text === '';
}

/** @param {{ text: string } | { words: readonly string[], message: string, fields?: Record<string, string> }} what */
async function submit(what) {
  await greeted();
  const sent = { as: you.person, delivery: randomId(), ...what };
  const { status } =
    you.person === '' ? { status: 0 } : await post('messages', sent).catch(() => ({ status: 0 }));
  if (status === 409) connection.again();
  complain(status === 202 ? '' : troubleOf(status));
  return status === 202;
}

/** @param {number} status */
function troubleOf(status) {
  if (status === 409)
    return 'Not sent: this page was showing someone else. Check who you are above, then send it again.';
  if (status === 0 || status === 503)
    return 'Not sent: the gateway cannot be reached. Try again in a moment.';
  return 'Not sent: the gateway could not read it. Reload the page and try again.';
}

const composer = createComposer({
  say: (text) => submit({ text }),
  async complete(words) {
    const { body } = await post('complete', { words });
    return Array.isArray(body.completions) ? body.completions.filter((one) => typeof one === 'string') : [];
  },
});

const conversation = createConversation((message, action, button) => {
  if (button.getAttribute('aria-disabled') === 'true') return;
  const { words } = action;
  if (action.kind === 'form') return askForm(action, (fields) => submit({ words, message, fields }));
  button.setAttribute('data-pressed', '');
  submit({ words, message }).then((taken) => {
    if (!taken) conversation.settle();
  });
});

/** @param {Hello} hello */
function begin(hello) {
  const samePerson = hello.you.person === you.person;
  const restarted = hello.boot !== boot;
  conversation.reset(hello.messages, samePerson && restarted);
  conversation.working(hello.working);
  if (!samePerson) conversation.toEnd();
  boot = hello.boot;
  you = hello.you;
  byId('initial', HTMLElement).textContent = you.name.slice(0, 1).toUpperCase();
  if (picker !== null) picker.value = you.person;
  else byId('you', HTMLElement).textContent = you.name;
  letGo();
}

/** @param {PageEvent} event */
function hear(event) {
  switch (event.type) {
    case 'hello':
      return begin(event);
    case 'message':
      return conversation.show(event.message);
    case 'remove': {
      const text = conversation.remove(event.id);
      if (text !== undefined) composer.forget(text);
      return;
    }
    case 'working':
      return conversation.working(event.working);
  }
}

const connection = connect({
  event: hear,
  connected() {
    banner.hidden = true;
    banner.textContent = '';
  },
  lost() {
    banner.hidden = false;
    banner.textContent = 'Connection lost. Reconnecting…';
    letGo();
  },
});

picker?.addEventListener('change', async () => {
  const { status } = await post('person', { person: picker.value }).catch(() => ({ status: 0 }));
  if (status !== 200) {
    picker.value = you.person;
    return complain(troubleOf(status));
  }
  connection.again();
  composer.focus();
});

for (const chip of document.querySelectorAll('.chip')) {
  if (!(chip instanceof HTMLElement)) continue;
  chip.addEventListener('click', () => {
    composer.focus();
    void submit({ text: chip.dataset.say ?? '' });
  });
}

// A desktop reader types at once; on a phone the keyboard would cover the page.
if (matchMedia('(pointer: fine)').matches) composer.focus();
