import { codeForm, command, keyForm } from '../actions.js';
import { PAGE_SIZE } from '../paging.js';
import type { Action, Reply } from '../types.js';
import { oneLine } from '../wording.js';
import type { Route } from '../words/command-router.js';
import type { CommandWords } from '../words/grammar.js';
import { adminsOnly, sentence } from './sentences.js';

export interface SlipFacts {
  /** That the command could mean. */
  readonly servers: readonly string[];
  readonly forms: boolean;
  /** `${NAME}`s to ask for, by server. */
  readonly keysOf: (server: string) => readonly string[];
  /** Of a message that held a pasted secret. Undefined: there was no way to remove it. */
  readonly removed?: boolean;
}

/** What to say to words that are no command as they stand: one sentence, the usage, a button. */
export function slipView(route: Exclude<Route, { kind: 'run' }>, facts: SlipFacts): Reply {
  switch (route.kind) {
    case 'unknown':
      return unknownView(said(route.said, 'command'), route.meant, command('Help', 'help'));
    case 'unknown-server':
      return unknownView(said(route.said, 'server'), route.meant, command('Status', 'status'));
    case 'missing-server':
      return missingServer(route.command, facts.servers);
    case 'too-many-words':
      return misuse(`That is more than ${route.command.name} takes.`, route.command, route.instead);
    case 'bad-page':
      return misuse('A page is a number from 1 up.', route.command, route.instead);
    case 'bad-digits':
      return sentence(
        'Give the six digits that the sign-in page shows: /mcp confirm 482 913',
        undefined,
        ...(facts.forms ? [codeForm] : []),
      );
    case 'admins-only':
      return adminsOnly();
    case 'pasted-secret':
      return pastedSecret(route.server, facts);
  }
}

function said(word: string | undefined, what: 'command' | 'server'): string {
  return word === undefined ? `That is no ${what} here.` : `There is no ${what} “${oneLine(word, 32)}”.`;
}

function unknownView(text: string, meant: readonly string[] | undefined, otherwise: Action): Reply {
  if (meant === undefined) return sentence(text, undefined, otherwise);
  const words = meant.join(' ');
  // "hello" is near to `help`: one button for it, not two.
  const same = otherwise.kind === 'command' && otherwise.words.join(' ') === words;
  const offers = same ? [otherwise] : [command(words, ...meant), otherwise];
  return sentence(`${text} Did you mean ${words}?`, undefined, ...offers);
}

function misuse(text: string, { usage }: CommandWords, instead: readonly string[]): Reply {
  return sentence(`${text} Usage: ${usage}`, undefined, command(instead.join(' '), ...instead));
}

function missingServer({ name, usage }: CommandWords, servers: readonly string[]): Reply {
  if (name === 'logout' && servers.length === 0) {
    const text = 'You are not signed in to any server, so there is nothing to sign out of.';
    return sentence(text, undefined, command('Status', 'status'));
  }
  const buttons = servers.slice(0, PAGE_SIZE).map((server) => command(server, name, server));
  return sentence(`Which server? Usage: ${usage}`, undefined, ...buttons);
}

/** A key in a message was seen by the platform, and perhaps by others: it is not used, whoever typed it. */
function pastedSecret(server: string | undefined, { forms, keysOf, removed }: SlipFacts): Reply {
  const gone = {
    true: 'The message was deleted.',
    false: 'The message could not be deleted; delete it yourself.',
  };
  const names = server === undefined ? [] : keysOf(server);
  const add =
    server === undefined ? [] : [forms ? keyForm(server, names) : command('Add key', 'auth', server)];
  return {
    title: '',
    lines: [
      {
        mark: 'failed',
        cells: [
          'That looks like a key. It was not used, because a chat message is not a safe place for one.',
        ],
      },
      {
        cells: [
          `${removed === undefined ? 'Delete the message.' : gone[`${removed}`]} Make a new key at its provider and revoke this one.`,
        ],
      },
    ],
    actions: [...add, ...(server === undefined ? [command('Help', 'help')] : [])],
    exposed: true,
  };
}
