import { setMaxListeners } from 'node:events';
import { AuthError } from '../auth/errors.js';
import type { Server } from '../auth/types.js';

/** Where it goes, for messages. */
const nameOf = (server: Server): string =>
  server.kind === 'stdio' ? server.command : new URL(server.url).hostname;

/** The end of many things that are under way at once: that many listen to it is no leak. */
export function endOfMany(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Rejects with the signal's reason once it aborts, whatever the work then still does. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  try {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
    });
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => {});
  }
}

/**
 * The work, and no longer than `ms`, nor beyond the end of `ending`.
 * @throws {AuthError} `timeout`, or the reason of `ending`
 */
export async function within<T>(
  server: Server,
  ms: number,
  ending: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const host = server.kind === 'stdio' ? undefined : new URL(server.url).hostname;
  const timer = setTimeout(() => {
    controller.abort(new AuthError('timeout', `${nameOf(server)} did not answer within ${ms} ms`, host));
  }, ms);
  const end = () => controller.abort(ending.reason);
  if (ending.aborted) end();
  ending.addEventListener('abort', end, { once: true });
  try {
    controller.signal.throwIfAborted();
    return await orAborted(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    ending.removeEventListener('abort', end);
  }
}
