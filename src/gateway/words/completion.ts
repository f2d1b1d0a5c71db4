import { commandsFor, findCommand, type Role } from './grammar.js';

/** What may stand where the last word (perhaps '') is being typed: commands this person may run, then servers. */
export function completions(
  words: readonly string[],
  role: Role,
  servers: readonly string[],
): readonly string[] {
  const typed = (words.at(-1) ?? '').toLowerCase();
  const fits = (candidate: string): boolean => candidate.toLowerCase().startsWith(typed);
  const [first] = words;
  if (words.length <= 1) {
    const names = commandsFor(role).map((command) => command.name);
    const found = names.filter(fits);
    if (found.length > 0 || typed === '') return found;
    return commandsFor(role).flatMap((command) => command.aliases.filter(fits));
  }
  const command = first === undefined ? undefined : findCommand(first);
  if (command === undefined || (command.adminsOnly && role !== 'admin')) return [];
  const room = { none: 0, optional: 1, one: 1, many: Number.POSITIVE_INFINITY }[command.takes.servers];
  if (words.length - 1 > room) return [];
  const given = new Set(words.slice(1, -1).map((word) => word.toLowerCase()));
  return servers.filter((server) => fits(server) && !given.has(server.toLowerCase()));
}
