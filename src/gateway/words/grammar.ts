/** The commands as people type them: the one table for routing, help and completion. */

export type CommandName =
  | 'status'
  | 'auth'
  | 'confirm'
  | 'cancel'
  | 'logout'
  | 'test'
  | 'tools'
  | 'users'
  | 'audit'
  | 'reload'
  | 'help';

/** What a command takes: `page` is `page 2` after the rest, or the number alone where a server stands before it. */
interface Takes {
  readonly servers: 'none' | 'optional' | 'one' | 'many';
  readonly page?: 'after-word' | 'after-server';
  readonly digits?: boolean;
  /** A tool's name behind the server's. */
  readonly tool?: boolean;
  /** In place of a server: an account, or a name of `people`. */
  readonly person?: boolean;
  /** `logout linear yes`: what the button of the question says. */
  readonly sure?: boolean;
}

export interface CommandWords {
  readonly name: CommandName;
  readonly aliases: readonly string[];
  readonly usage: string;
  readonly does: string;
  readonly adminsOnly: boolean;
  readonly takes: Takes;
}

const anyone = { aliases: [], adminsOnly: false };

const COMMANDS: readonly CommandWords[] = [
  {
    ...anyone,
    name: 'status',
    aliases: ['list'],
    usage: '/mcp [status] [server]',
    does: 'Your servers and where you stand with each, or one server in full.',
    takes: { servers: 'optional', page: 'after-word' },
  },
  {
    ...anyone,
    name: 'auth',
    aliases: ['login'],
    usage: '/mcp auth [server…]',
    does: 'Signs you in: to every server that needs it, or to the ones you name.',
    takes: { servers: 'many' },
  },
  {
    ...anyone,
    name: 'confirm',
    usage: '/mcp confirm 482 913',
    does: 'Gives the six digits that the sign-in page shows.',
    takes: { servers: 'none', digits: true },
  },
  {
    ...anyone,
    name: 'cancel',
    usage: '/mcp cancel [server]',
    does: 'Ends sign-ins that are under way; their links stop working.',
    takes: { servers: 'optional' },
  },
  {
    ...anyone,
    name: 'logout',
    usage: '/mcp logout <server>',
    does: 'Signs you out and deletes what is stored.',
    takes: { servers: 'one', sure: true },
  },
  {
    ...anyone,
    name: 'test',
    usage: '/mcp test <server> [tool]',
    does: 'Connects now, calls the tool if you name one, and says how it went.',
    takes: { servers: 'one', tool: true },
  },
  {
    ...anyone,
    name: 'tools',
    usage: '/mcp tools <server> [page]',
    does: 'What a server can do.',
    takes: { servers: 'one', page: 'after-server' },
  },
  {
    name: 'users',
    aliases: [],
    adminsOnly: true,
    usage: '/mcp users [server]',
    does: 'Who is signed in to what.',
    takes: { servers: 'optional', page: 'after-word' },
  },
  {
    name: 'audit',
    aliases: [],
    adminsOnly: true,
    usage: '/mcp audit [person|server]',
    does: 'What was done, by whom and when.',
    takes: { servers: 'optional', page: 'after-word', person: true },
  },
  {
    name: 'reload',
    aliases: [],
    adminsOnly: true,
    usage: '/mcp reload',
    does: 'Reads the config again.',
    takes: { servers: 'none' },
  },
  {
    ...anyone,
    name: 'help',
    usage: '/mcp help',
    does: 'What you may run.',
    takes: { servers: 'none' },
  },
];

export type Role = 'admin' | 'user';

export function commandsFor(role: Role): readonly CommandWords[] {
  return COMMANDS.filter((command) => role === 'admin' || !command.adminsOnly);
}

/** By name or alias; case does not matter. */
export function findCommand(word: string): CommandWords | undefined {
  const wanted = word.toLowerCase();
  return COMMANDS.find((command) => command.name === wanted || command.aliases.includes(wanted));
}
