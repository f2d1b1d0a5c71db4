import type { Server } from '../auth/types.js';
import type { AuthStatus } from './status.js';
import { isWanting, keysToAsk } from './status.js';
import type { Action } from './types.js';
import { oneLine } from './wording.js';

export function command(label: string, ...words: readonly string[]): Action {
  return { kind: 'command', label, words };
}

export const tryAgain = (server: string): Action => command('Try again', 'auth', server);

/** Asks the provider for what the server was found to want. */
export const giveAccess = (server: string): Action => command('Give access', 'auth', server);

/** Submitting it is typing `/mcp auth <server>` with the keys as fields. */
export function keyForm(server: string, names: readonly string[]): Action {
  return {
    kind: 'form',
    label: 'Add key',
    title: `Key for ${server}`,
    words: ['auth', server],
    fields: names.map((name) => ({ name, label: oneLine(name, 45), secret: true })),
  };
}

/** Submitting it is typing `/mcp confirm` with the digits as a field. */
export const codeForm: Action = {
  kind: 'form',
  label: 'Enter code',
  title: 'The six digits that the page shows',
  words: ['confirm'],
  fields: [{ name: 'digits', label: 'Six digits', secret: false, hint: '482 913', digits: 6 }],
};

/** Submitting it is sending the address of the page that did not open. */
export const pasteForm = {
  kind: 'form',
  label: 'Paste the address',
  title: 'The address of the page that did not open',
  words: ['confirm'],
  fields: [{ name: 'address', label: 'Address', secret: true, hint: 'http://127.0.0.1…' }],
} as const satisfies Action;

/** The button that a server's row needs, for someone who may press it. */
export function rowAction(server: Server, status: AuthStatus, forms: boolean): Action | undefined {
  if (status.kind === 'waiting-for-code') return forms ? codeForm : undefined;
  if (!isWanting(status)) return undefined;
  if (status.kind === 'more-access') return giveAccess(server.name);
  if (status.kind !== 'key-needed') return command('Sign in', 'auth', server.name);
  const names = keysToAsk(server).map((key) => key.name);
  return forms ? keyForm(server.name, names) : command('Add key', 'auth', server.name);
}
