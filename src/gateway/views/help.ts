import { command } from '../actions.js';
import type { Reply } from '../types.js';
import { commandsFor, type Role } from '../words/grammar.js';

/** `/mcp help`: every command that this person may use. */
export function helpView(role: Role): Reply {
  return {
    title: 'What you can do',
    lines: commandsFor(role).map(({ usage, does, aliases }) => ({
      cells: [usage, aliases.length === 0 ? does : `${does} (also: ${aliases.join(', ')})`],
    })),
    actions: [command('Status', 'status'), command('Sign in', 'auth')],
  };
}
