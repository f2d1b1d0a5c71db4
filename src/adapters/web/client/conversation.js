// @ts-check
import { byId } from './dom.js';
import { messageView, spokenSummary } from './message-view.js';

/**
 * @typedef {import('../render.js').PageMessage} PageMessage
 * @typedef {import('../work.js').Running} Running
 */

/** As many as the server keeps: what is older goes, here too. */
const MOST_MESSAGES = 200;
const NEAR_THE_END_PX = 120;

/** Says it politely, and the last only when several come at once: tables fill in quickly. */
function createAnnouncer() {
  const region = byId('announcer', HTMLElement);
  let timer = 0;
  return (/** @type {string} */ text) => {
    if (text === '') return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      region.textContent = text;
    }, 300);
  };
}

/** Keeps the newest in sight, unless the reader has scrolled back. */
function createScroll() {
  const scroller = byId('scroller', HTMLElement);
  const latest = byId('latest', HTMLButtonElement);
  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END_PX;
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
    latest.hidden = true;
  };
  scroller.addEventListener('scroll', () => {
    if (atEnd()) latest.hidden = true;
  });
  latest.addEventListener('click', toEnd);
  return {
    toEnd,
    /**
     * @param {boolean} isNews
     * @param {() => void} change
     */
    around(isNews, change) {
      const follow = atEnd();
      change();
      if (follow) toEnd();
      else if (isNews) latest.hidden = false;
    },
  };
}

/**
 * The place of the focus within a message, to be found again in what replaces it.
 * @param {HTMLElement} old
 */
function focusWithin(old) {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !old.contains(focused)) return () => {};
  const label = focused.textContent;
  return (/** @type {HTMLElement} */ fresh) => {
    const buttons = [...fresh.querySelectorAll('button, a')];
    const same = buttons.find((one) => one.textContent === label);
    (same instanceof HTMLElement ? same : fresh).focus({ preventScroll: true });
  };
}

/**
 * The conversation on the page.
 * @param {Parameters<typeof messageView>[1]} press
 */
export function createConversation(press) {
  const log = byId('log', HTMLOListElement);
  const empty = byId('empty', HTMLElement);
  const workingRow = byId('working', HTMLElement);
  const announce = createAnnouncer();
  const scroll = createScroll();
  /** @type {readonly Running[]} */
  let running = [];

  const find = (/** @type {string} */ id) =>
    [...log.children].find((one) => one instanceof HTMLElement && one.dataset.id === id);

  function drawWork() {
    workingRow.hidden = !running.some((one) => one.message === undefined || find(one.message) === undefined);
    for (const one of log.children) {
      if (!(one instanceof HTMLElement)) continue;
      const busy = running.some(({ message }) => message === one.dataset.id);
      one.toggleAttribute('data-busy', busy);
      for (const button of one.querySelectorAll('button')) {
        // Not `disabled`: that would take the focus away from who pressed it.
        if (busy) button.setAttribute('aria-disabled', 'true');
        else for (const name of ['aria-disabled', 'data-pressed']) button.removeAttribute(name);
      }
    }
  }

  /** @param {PageMessage} message */
  function place(message) {
    const fresh = messageView(message, press);
    const old = find(message.id);
    if (old instanceof HTMLElement) {
      const restoreFocus = focusWithin(old);
      fresh.classList.add('changed');
      old.replaceWith(fresh);
      restoreFocus(fresh);
    } else {
      log.append(fresh);
    }
    if (log.children.length > MOST_MESSAGES) log.firstElementChild?.remove();
    empty.hidden = true;
  }

  return {
    toEnd: scroll.toEnd,
    /** @param {PageMessage} message */
    show(message) {
      const isNews = find(message.id) === undefined;
      // Its button has had its answer; what still runs is not to keep the new ones from being pressed.
      running = running.filter((one) => one.message !== message.id);
      scroll.around(isNews, () => {
        place(message);
        drawWork();
      });
      if (message.from === 'person') scroll.toEnd();
      announce(spokenSummary(message));
    },
    /** @param {string} id */
    remove(id) {
      const gone = find(id);
      const text = gone?.querySelector('.said bdi')?.textContent ?? undefined;
      gone?.remove();
      empty.hidden = log.children.length > 0;
      return text;
    },
    /**
     * Everything that the server knows. After its restart (`keep`) what stands here stays: the server has forgotten it.
     * @param {readonly PageMessage[]} messages
     * @param {boolean} keep
     */
    reset(messages, keep) {
      const known = new Set(messages.map(({ id }) => id));
      for (const one of [...log.children]) {
        if (!keep && one instanceof HTMLElement && !known.has(one.dataset.id ?? '')) one.remove();
      }
      scroll.around(false, () => {
        for (const message of messages) place(message);
      });
      for (const one of log.children) one.classList.remove('changed');
      empty.hidden = log.children.length > 0;
    },
    /** Takes back what a press that was not taken has marked. */
    settle: drawWork,
    /** @param {readonly Running[]} now */
    working(now) {
      const started = now.length > running.length;
      running = now;
      scroll.around(false, drawWork);
      if (started && !workingRow.hidden) announce('Working…');
    },
  };
}
