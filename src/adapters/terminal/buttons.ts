import type { Action, Reply } from '../../gateway/types.js';

/** Every button of a message: those of its lines, in their order, then its own. */
export function actionsOf(reply: Reply): readonly Action[] {
  return [
    ...reply.lines.flatMap((line) => (line.action === undefined ? [] : [line.action])),
    ...reply.actions,
  ];
}

/** The numbers under which buttons can be pressed. */
export interface Buttons {
  /** Takes the message's buttons as they are now; those that it no longer has can no longer be pressed. */
  place(message: number, actions: readonly Action[]): void;
  /** The number of a button of this message. */
  numberOf(message: number, action: Action): number;
  find(number: number): { readonly message: number; readonly action: Action } | undefined;
}

interface Placed {
  readonly number: number;
  readonly message: number;
  readonly action: Action;
}

/**
 * A number is given once in a session and kept while its button stays, through every update: a number typed a
 * moment late presses nothing rather than something else.
 */
export function createButtons(mostPlaced = 1000): Buttons {
  const placed = new Map<string, Placed>();
  let last = 0;
  const keyOf = (message: number, action: Action) => `${message} ${JSON.stringify(action)}`;
  return {
    place(message, actions) {
      const now = new Map(actions.map((action) => [keyOf(message, action), action]));
      for (const [key, button] of placed) if (button.message === message && !now.has(key)) placed.delete(key);
      for (const [key, action] of now)
        if (!placed.has(key)) placed.set(key, { number: ++last, message, action });
      for (const key of placed.keys()) if (placed.size > mostPlaced) placed.delete(key);
    },
    numberOf: (message, action) => placed.get(keyOf(message, action))?.number ?? 0,
    find: (number) => [...placed.values()].find((button) => button.number === number),
  };
}
