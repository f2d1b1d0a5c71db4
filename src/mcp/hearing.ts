import type { Client } from '@modelcontextprotocol/client';
import type { ServerMessage } from './session-types.js';
import { isSseError } from './sse-refusals.js';

/** What a kept session tells by itself. */
export interface Hearing {
  /** Its tools are others than before (`notifications/tools/list_changed`). */
  readonly toolsChanged: () => void;
  readonly message: (message: ServerMessage) => void;
  /** The process or the event stream that it lives in has ended. */
  readonly lost: () => void;
}

/** Servers of 2026-07-28 send what was subscribed to, and only that; older ones send it unasked. */
function subscribe(client: Client, timeout: number): void {
  const offers = client.getServerCapabilities()?.tools?.listChanged === true;
  if (!offers || client.getProtocolEra() !== 'modern') return;
  client.listen({ toolsListChanged: true }, { timeout }).catch(() => {});
}

/** Once it is connected. Whatever the server says is data. */
export function hearFrom(client: Client, hearing: Hearing, timeout: number): void {
  client.setNotificationHandler('notifications/tools/list_changed', () => hearing.toolsChanged());
  client.setNotificationHandler('notifications/message', ({ params: { level, logger, data } }) =>
    hearing.message({ level, data, ...(logger === undefined ? {} : { logger }) }),
  );
  client.onclose = () => hearing.lost();
  client.onerror = (error) => {
    // The library under it opens its stream again by itself, in which no session is any more.
    if (isSseError(error)) hearing.lost();
  };
  subscribe(client, timeout);
}
