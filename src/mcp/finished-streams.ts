import type { FetchLike } from '@modelcontextprotocol/client';
import { isEventStream } from '../auth/requests/limited-body.js';

/** The data of every event (HTML, "server-sent events" §9.2.6). None where anything but plain messages is in it. */
function messagesIn(text: string): readonly string[] {
  const messages: string[] = [];
  for (const event of text.split(/\r?\n\r?\n/)) {
    const data: string[] = [];
    for (const line of event.split(/\r?\n/)) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      else if (line.startsWith('event:') && line.slice(6).trim() !== 'message') return [];
      else if (line.startsWith('retry:')) return [];
    }
    if (data.some((line) => line !== '')) messages.push(data.join('\n'));
  }
  return messages;
}

/**
 * An event stream that is over when its answer begins, as the answers to quick calls are, and holds the answer
 * alone, as JSON: the same message (MCP, "Sending Messages to the Server"), without the four web streams through which the
 * SDK sends an event. Any other stream stays what it is.
 */
export function withFinishedStreamsAsJson(fetch: FetchLike): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    const { headers, status } = response;
    const over = init?.method === 'POST' && status === 200 && headers.has('content-length');
    if (!over || !isEventStream(headers.get('content-type') ?? '')) return response;
    const text = await response.text();
    const [only, more] = messagesIn(text);
    // Progress among it has to be heard before the answer is: the SDK sees to that in a stream alone.
    const isAnswer = only !== undefined && more === undefined && /"(result|error)"\s*:/.test(only);
    if (!isAnswer) return new Response(text, { status, headers });
    const asJson = new Headers(headers);
    asJson.set('content-type', 'application/json');
    return new Response(only, { status, headers: asJson });
  };
}
