// @ts-check
/**
 * @typedef {import('../events.js').PageEvent} PageEvent
 * @typedef {{ event(event: PageEvent): void, connected(): void, lost(): void }} Listener
 */

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 4000;
const TYPES = ['hello', 'message', 'remove', 'working', 'beat'];

/**
 * The gateway's events, for as long as the page is open: a lost connection is made anew, and begins with `hello`.
 * @param {Listener} listener
 */
export function connect(listener) {
  /** @type {EventSource | undefined} */
  let source;
  let waitMs = FIRST_WAIT_MS;
  let retry = 0;
  let watch = 0;

  function again() {
    clearTimeout(retry);
    clearTimeout(watch);
    source?.close();
    source = new EventSource('/chat/events');
    for (const type of TYPES) source.addEventListener(type, heard);
    source.onerror = lose;
  }

  /** @param {MessageEvent<string>} message */
  function heard({ data, currentTarget }) {
    if (currentTarget !== source) return;
    /** @type {PageEvent} */
    const event = JSON.parse(data);
    if (event.type === 'hello') {
      waitMs = FIRST_WAIT_MS;
      listener.connected();
    }
    if (event.type === 'beat') {
      clearTimeout(watch);
      watch = setTimeout(lose, event.everyMs * 3);
    }
    listener.event(event);
  }

  function lose() {
    source?.close();
    source = undefined;
    clearTimeout(watch);
    clearTimeout(retry);
    retry = setTimeout(again, waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    listener.lost();
  }

  const wake = () => {
    if (source === undefined && document.visibilityState === 'visible') again();
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  again();
  return { again };
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<{ status: number, body: Record<string, unknown> }>} rejects when the gateway cannot be reached
 */
export async function post(path, body) {
  const response = await fetch(`/chat/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mcp-chat': '1' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}
