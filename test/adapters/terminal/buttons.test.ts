import { describe, expect, it } from 'vitest';
import { createButtons } from '../../../src/adapters/terminal/buttons.js';
import { createLinks } from '../../../src/adapters/terminal/links.js';
import type { Action } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';

const auth: Action = { kind: 'command', label: 'Sign in', words: ['auth', 'linear'] };
const refresh: Action = { kind: 'command', label: 'Refresh', words: [] };
const link = (id: string): Action => ({
  kind: 'link',
  label: 'Sign in',
  url: `http://127.0.0.1/connect/${id}`,
});

describe('the number of a button', () => {
  it('stays while the button stays, and is never given to another one', () => {
    const buttons = createButtons();
    buttons.place(1, [auth, refresh]);
    buttons.place(1, [refresh]);
    buttons.place(2, [auth]);
    expect(buttons.numberOf(1, refresh)).toBe(2);
    expect(buttons.find(1)).toBeUndefined();
    expect(buttons.find(3)).toMatchObject({ message: 2, action: auth });
  });

  it('is forgotten with the oldest buttons, so that a long session does not grow', () => {
    const buttons = createButtons(3);
    for (let message = 1; message <= 10; message += 1) buttons.place(message, [refresh]);
    expect(buttons.find(7)).toBeUndefined();
    expect(buttons.find(8)).toMatchObject({ message: 8 });
  });
});

describe('a link is worth opening by itself', () => {
  it('when it is the only one of its message, once', () => {
    const worth = createLinks();
    const one = reply('Sign in', { actions: [link('a'), refresh] });
    expect(worth(one)).toBe('http://127.0.0.1/connect/a');
    expect(worth(one)).toBeUndefined();
  });

  it('not when there are several, and not when one of several is left', () => {
    const worth = createLinks();
    expect(
      worth(reply('Sign in', { lines: [{ cells: ['a'], action: link('a') }], actions: [link('b')] })),
    ).toBeUndefined();
    expect(worth(reply('Sign in', { actions: [link('b')] }))).toBeUndefined();
  });
});
