import type { Writable } from 'node:stream';
import type { MessageRef, Reply } from '../../gateway/types.js';
import { actionsOf } from './buttons.js';
import { renderJson } from './json.js';
import { type Look, renderReply } from './render.js';

/** A message as it is to be seen now. */
interface Shown {
  readonly message: number;
  readonly ref: MessageRef;
  readonly type: 'reply' | 'update';
  readonly reply: Reply;
}

/** Where messages become visible. */
export interface Display {
  show(shown: Shown): void;
  /** No more updates are awaited: what was held back is written. */
  flush(): void;
}

/** How a message is to look; its buttons have numbers of their own. */
export type LookOf = (message: number) => Look;

export function jsonDisplay(output: Writable): Display {
  return {
    show: ({ type, ref, reply }) => output.write(`${renderJson(type, ref, reply)}\n`),
    flush() {},
  };
}

/** Every state of every message, one below the other. */
export function pipedDisplay(output: Writable, lookOf: LookOf): Display {
  return {
    show: ({ message, reply }) => writeLines(output, renderReply(reply, lookOf(message))),
    flush() {},
  };
}

/** Only the last state of every message, except that a link is shown as soon as there is one: it is waited for. */
export function lastStateDisplay(output: Writable, lookOf: LookOf): Display {
  const held = new Map<number, readonly string[]>();
  const links = new Set<string>();
  return {
    show({ message, reply }) {
      const lines = renderReply(reply, lookOf(message));
      const urls = actionsOf(reply).flatMap((action) => (action.kind === 'link' ? [action.url] : []));
      if (urls.every((url) => links.has(url))) return void held.set(message, lines);
      for (const url of urls) links.add(url);
      held.delete(message);
      writeLines(output, lines);
    },
    flush() {
      for (const lines of held.values()) writeLines(output, lines);
      held.clear();
    },
  };
}

function writeLines(output: Writable, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}
