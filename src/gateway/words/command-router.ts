import { returnAddress } from '../types.js';
import { type CommandName, type CommandWords, commandsFor, findCommand, type Role } from './grammar.js';
import { looksSecret, nearest } from './likeness.js';

/** A command, understood. */
export interface Call {
  readonly command: CommandName;
  /** As configured, each once. */
  readonly servers: readonly string[];
  readonly page: number;
  readonly digits?: string;
  /** Of the page that did not open: holds a code, never to be repeated. */
  readonly address?: string;
  /** A tool's name, as typed. */
  readonly tool?: string;
  /** Who else than a server is meant: an account, or a name of `people`, as typed. */
  readonly person?: string;
  readonly sure: boolean;
}

/** What words mean for this person. Nothing here holds a word that could be a secret. */
export type Route =
  | { readonly kind: 'run'; readonly call: Call }
  /** `said` only where it may be repeated; `meant`: the words of the nearest command. */
  | { readonly kind: 'unknown'; readonly said?: string; readonly meant?: readonly string[] }
  | {
      readonly kind: 'unknown-server';
      readonly command: CommandWords;
      readonly said?: string;
      readonly meant?: readonly string[];
    }
  | { readonly kind: 'missing-server'; readonly command: CommandWords }
  | { readonly kind: 'too-many-words'; readonly command: CommandWords; readonly instead: readonly string[] }
  | { readonly kind: 'bad-digits' }
  | { readonly kind: 'bad-page'; readonly command: CommandWords; readonly instead: readonly string[] }
  | { readonly kind: 'admins-only' }
  | { readonly kind: 'pasted-secret'; readonly server?: string };

export interface RouterView {
  readonly role: Role;
  /** Names as configured. */
  readonly servers: readonly string[];
  /** Servers that people give a key for: what follows them after `auth` may be one. */
  readonly keyed: ReadonlySet<string>;
}

/** What the router looks at of a submitted form. */
export interface FormFields {
  readonly digits?: string;
  readonly address?: string;
}

/** Words beyond these are nobody's command. */
const MOST_WORDS = 64;

/** Words → what they mean. Pure; case and extra spaces do not matter. */
export function route(words: readonly string[], view: RouterView, fields: FormFields = {}): Route {
  // The field counts only in its own form: a server's key may be called so too.
  const given = words[0] === 'confirm' ? fields.address : undefined;
  const address = returnAddress(given ?? words.join(' ')) ?? given;
  if (address !== undefined) return run({ command: 'confirm', address });
  const { digits } = fields;
  const typed = words
    .slice(0, MOST_WORDS)
    .flatMap((word) => word.split(/\s+/u))
    .filter((word) => word !== '');
  const [first, ...rest] = typed;
  if (first === undefined) return run({ command: 'status' });
  const command = findCommand(first);
  if (command === undefined) return unknownCommand(first, rest, view);
  if (command.adminsOnly && view.role !== 'admin')
    return { kind: rest.some(isSecret) ? 'pasted-secret' : 'admins-only' };
  if (command.takes.digits === true) return digitsRoute(digits === undefined ? rest : [digits]);
  return withArguments(command, rest, view);
}

function run(call: Partial<Call> & Pick<Call, 'command'>): Route {
  return { kind: 'run', call: { servers: [], page: 1, sure: false, ...call } };
}

function unknownCommand(word: string, rest: readonly string[], view: RouterView): Route {
  const server = findServer(word, view.servers);
  const meant = server === undefined ? meantBy(word, view) : ['status', server];
  const strange = meant === undefined ? [word, ...rest] : rest;
  if (strange.some((each) => mayBeSecret(each, view))) return { kind: 'pasted-secret' };
  return { kind: 'unknown', ...echo(word), ...(meant === undefined ? {} : { meant }) };
}

/** A long server name, or a slip in one, is no secret. */
function mayBeSecret(word: string, view: RouterView): boolean {
  return looksSecret(word) && nearest(word, view.servers) === undefined;
}

/** The nearest command, or the status of the nearest server. */
function meantBy(word: string, view: RouterView): readonly string[] | undefined {
  const names = commandsFor(view.role).flatMap((command) => [command.name, ...command.aliases]);
  const found = nearest(word, [...names, ...view.servers]);
  if (found === undefined) return undefined;
  return names.includes(found) ? [found] : ['status', found];
}

function echo(word: string): { readonly said?: string } {
  return word.length > 32 || looksSecret(word) ? {} : { said: word };
}

/** An exact name first: names may differ in case alone. */
function findServer(word: string, servers: readonly string[]): string | undefined {
  if (servers.includes(word)) return word;
  const wanted = word.toLowerCase();
  return servers.find((server) => server.toLowerCase() === wanted);
}

function digitsRoute(words: readonly string[]): Route {
  const digits = words.join('').replaceAll(/[\s-]/gu, '');
  if (/^\d{6}$/.test(digits)) return run({ command: 'confirm', digits });
  return words.some(looksSecret) ? { kind: 'pasted-secret' } : { kind: 'bad-digits' };
}

function withArguments(command: CommandWords, words: readonly string[], view: RouterView): Route {
  const { takes } = command;
  const paged = takes.page === undefined ? undefined : takePage(words, takes.page, view.servers);
  const sure = takes.sure === true && words.length === 2 && words[1]?.toLowerCase() === 'yes';
  const tool = takes.tool === true ? toolIn(words, view) : undefined;
  if (tool !== undefined && mayBeSecret(tool, view) && !isToolName(tool)) return { kind: 'pasted-secret' };
  const names = paged?.rest ?? (sure || tool !== undefined ? words.slice(0, 1) : words);
  const person = takes.person === true ? personIn(names, view) : undefined;
  if (person !== undefined && isSecret(person)) return { kind: 'pasted-secret' };
  const found = person === undefined ? findServers(command, names, view) : { servers: [] };
  if ('kind' in found) return found;
  if (paged !== undefined && paged.page === undefined) {
    return { kind: 'bad-page', command, instead: [command.name, ...found.servers.slice(0, 1)] };
  }
  if (takes.servers === 'one' && found.servers.length === 0) return { kind: 'missing-server', command };
  const most = { none: 0, optional: 1, one: 1, many: Number.POSITIVE_INFINITY }[takes.servers];
  if (found.servers.length > most || (most === 0 && names.length > 0)) {
    return { kind: 'too-many-words', command, instead: [command.name, ...found.servers.slice(0, most)] };
  }
  return run({
    command: command.name,
    servers: found.servers,
    page: paged?.page ?? 1,
    sure,
    ...(tool === undefined ? {} : { tool }),
    ...(person === undefined ? {} : { person }),
  });
}

/** The one word, where it names no server. */
function personIn([word, ...more]: readonly string[], { servers }: RouterView): string | undefined {
  return more.length > 0 || word === undefined || findServer(word, servers) !== undefined ? undefined : word;
}

/** The ids of accounts are as long as keys, and none. */
const isSecret = (word: string): boolean =>
  looksSecret(word) && !/^(telegram|discord|slack|terminal|web|cli):[^\s]{1,64}$/.test(word);

/** The second of two words, unless it is a server too: whoever names two servers means them. */
function toolIn([, second, ...more]: readonly string[], { servers }: RouterView): string | undefined {
  if (second === undefined || more.length > 0 || findServer(second, servers) !== undefined) return undefined;
  return second;
}

/** MCP 2025-11-25, "Tool Names"; without digits, because a key has some. */
const isToolName = (word: string): boolean => /^[A-Za-z_./-]{1,128}$/.test(word);

interface Paged {
  readonly rest: readonly string[];
  /** Undefined: there was one, and it is no page number. */
  readonly page: number | undefined;
}

/** Takes `page 2` (or the bare number behind a server) off the end. No command takes a server and
 * another, so that a server called `page` or `2` stays a server. */
function takePage(
  words: readonly string[],
  how: 'after-word' | 'after-server',
  servers: readonly string[],
): Paged {
  const last = words.at(-1);
  const before = words.at(-2);
  if (last === undefined || words.length < 2) return { rest: words, page: 1 };
  if (before?.toLowerCase() === 'page' && (how === 'after-word' || words.length > 2)) {
    return { rest: words.slice(0, -2), page: pageNumber(last) };
  }
  if (how === 'after-word' || findServer(last, servers) !== undefined || !/^-?\d/.test(last)) {
    return { rest: words, page: 1 };
  }
  return { rest: words.slice(0, -1), page: pageNumber(last) };
}

function pageNumber(word: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(word) ? Number(word) : undefined;
}

function findServers(
  command: CommandWords,
  words: readonly string[],
  view: RouterView,
): Route | { readonly servers: readonly string[] } {
  if (command.takes.servers === 'none') {
    return words.some(looksSecret) ? { kind: 'pasted-secret' } : { servers: [] };
  }
  const servers: string[] = [];
  for (const word of words) {
    const server = findServer(word, view.servers);
    if (server === undefined) return unknownServer(command, word, servers, words, view);
    if (!servers.includes(server)) servers.push(server);
  }
  return { servers };
}

function unknownServer(
  command: CommandWords,
  word: string,
  before: readonly string[],
  words: readonly string[],
  view: RouterView,
): Route {
  const keyed = before.find((server) => view.keyed.has(server));
  const meant = nearest(word, view.servers);
  const inPlaceOfKey = command.name === 'auth' && keyed !== undefined && meant === undefined;
  if (inPlaceOfKey || words.some((each) => mayBeSecret(each, view)))
    return { kind: 'pasted-secret', ...(keyed === undefined ? {} : { server: keyed }) };
  return {
    kind: 'unknown-server',
    command,
    ...echo(word),
    ...(meant === undefined ? {} : { meant: [command.name, ...before, meant] }),
  };
}
