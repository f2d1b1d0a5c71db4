import type { Action, Line, MessageRef, Reply } from '../../gateway/types.js';
import { actionsOf } from './buttons.js';

function bareAction(action: Action): object {
  const { kind, label } = action;
  return kind === 'link' ? { kind, label, url: action.url } : { kind, label, words: action.words };
}

function bareLine({ mark, cells, action }: Line): object {
  return {
    ...(mark === undefined ? {} : { mark }),
    cells,
    ...(action === undefined ? {} : { action: bareAction(action) }),
  };
}

/** JSON escapes C0 only; a terminal obeys C1 and bidirectional controls too. The value stays the same. */
function escapeControls(json: string): string {
  return json.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) =>
    [...found.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** One message as one line of JSON, without a line end: what a program reads that drives the terminal. */
export function renderJson(type: 'reply' | 'update', ref: MessageRef, reply: Reply): string {
  return escapeControls(
    JSON.stringify({
      type,
      ref,
      title: reply.title,
      ...(reply.aside === undefined ? {} : { aside: reply.aside }),
      lines: reply.lines.map(bareLine),
      actions: actionsOf(reply).map(bareAction),
    }),
  );
}
