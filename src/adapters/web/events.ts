import type { PageMessage } from './render.js';
import type { Running } from './work.js';

/** What the server tells an open page. Every connection begins with `hello`, which holds all there is. */
export type PageEvent =
  | {
      readonly type: 'hello';
      /** Another value after a restart: what the page shows from before is then all that is left of it. */
      readonly boot: string;
      readonly you: { readonly person: string; readonly name: string; readonly note?: string };
      readonly messages: readonly PageMessage[];
      readonly working: readonly Running[];
    }
  | { readonly type: 'message'; readonly message: PageMessage }
  | { readonly type: 'remove'; readonly id: string }
  | { readonly type: 'working'; readonly working: readonly Running[] }
  /** Says that the connection lives; the page reconnects when it has heard nothing for three of them. */
  | { readonly type: 'beat'; readonly everyMs: number };

/** Server-sent events to the open pages, by person. */
export interface Events {
  /** A stream that begins with `first`; undefined when too many are open. */
  open(person: string, first: PageEvent): ReadableStream<Uint8Array> | undefined;
  publish(person: string, event: PageEvent): void;
  /** Ends every stream. */
  close(): void;
}

export interface EventBounds {
  readonly streams: number;
  readonly heartbeatMs: number;
}

/** A page that does not read is let go: it reconnects and gets everything anew. */
const MOST_UNREAD = 1000;

interface Page {
  readonly person: string;
  send(event: PageEvent): void;
  end(): void;
}

function encode(event: PageEvent): Uint8Array {
  return new TextEncoder().encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

export function createEvents({ streams, heartbeatMs }: EventBounds): Events {
  const pages = new Set<Page>();

  function page(person: string, stream: ReadableStreamDefaultController<Uint8Array>): Page {
    const beat = setInterval(() => one.send({ type: 'beat', everyMs: heartbeatMs }), heartbeatMs);
    beat.unref();
    const one: Page = {
      person,
      send(event) {
        stream.enqueue(encode(event));
        if ((stream.desiredSize ?? 0) < -MOST_UNREAD) one.end();
      },
      end() {
        clearInterval(beat);
        if (pages.delete(one)) stream.close();
      },
    };
    return one;
  }

  return {
    open(person, first) {
      if (pages.size >= streams) return undefined;
      let opened: Page | undefined;
      return new ReadableStream<Uint8Array>({
        start(stream) {
          opened = page(person, stream);
          pages.add(opened);
          opened.send(first);
          opened.send({ type: 'beat', everyMs: heartbeatMs });
        },
        cancel() {
          // The browser left and the stream is closed already: with its entry gone, `end` only stops the timer.
          if (opened !== undefined) pages.delete(opened);
          opened?.end();
        },
      });
    },
    publish(person, event) {
      for (const one of pages) if (one.person === person) one.send(event);
    },
    close() {
      for (const one of pages) one.end();
    },
  };
}
