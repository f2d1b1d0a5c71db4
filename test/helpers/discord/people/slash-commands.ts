import { GLOBAL } from '../command-book.js';
import type { Fields } from '../face.js';
import { contextOf, ownersOf } from '../interactions/envelope.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Command } from '../shapes.js';
import { isInGuild } from '../shapes.js';
import { parts } from '../texts.js';

export type Values = Readonly<Record<string, string | number | boolean>>;

/** A command as the client offers it to a person in a channel. */
export interface Offered {
  readonly command: Command;
  readonly owners: Fields;
}

const list = (value: unknown, otherwise: readonly number[]): readonly unknown[] =>
  Array.isArray(value) ? value : otherwise;

function offered(platform: Platform, account: Account, channel: Channel): readonly Offered[] {
  const { commands, directory } = platform;
  const inGuild = isInGuild(channel) && channel.guild.bot ? channel.guild : undefined;
  const local = inGuild === undefined ? [] : commands.of(inGuild.id);
  const reachable = channel.kind !== 'dm' || account.installed || directory.sharesGuildWithBot(account);
  const global = reachable ? commands.of(GLOBAL) : [];
  return [
    ...local.map((command) => ({ command, owners: ownersOf(account, channel, [0]) })),
    ...global
      .filter(({ contexts }) => list(contexts, [0, 1, 2]).includes(contextOf(channel)))
      .map((command) => ({
        command,
        owners: ownersOf(account, channel, list(command.integration_types, [0])),
      }))
      .filter(({ owners }) => Object.keys(owners).length > 0),
  ];
}

export function offeredCommand(
  platform: Platform,
  account: Account,
  channel: Channel,
  name: string,
): Offered {
  const all = offered(platform, account, channel);
  const found = all.find(({ command }) => command.type === 1 && command.name === name);
  if (found !== undefined) return found;
  const names = all.map(({ command }) => `/${command.name}`).join(', ');
  throw new Error(`${account.name}'s client offers no /${name} there, only: ${names || 'none'}`);
}

function checkLength(option: Fields, value: string): void {
  const { min_length: least = 0, max_length: most = 6000 } = option;
  if (value === '' || value.length < Number(least) || value.length > Number(most))
    throw new Error(`the client does not send ${value.length} characters in "${option.name}"`);
}

function filledOption(option: Fields, value: string | number | boolean): Fields {
  const { name, type } = option;
  if (type === 3 && typeof value === 'string') checkLength(option, value);
  const choices = parts(option.choices);
  if (choices.length > 0 && !choices.some((choice) => choice.value === value))
    throw new Error(`"${value}" is no choice of "${name}"`);
  return { name, type, value };
}

function filledOptions(schema: readonly Fields[], values: Values, partial: boolean): readonly Fields[] {
  const missing = schema.find(({ name, required }) => required === true && !(String(name) in values));
  if (missing !== undefined && !partial) throw new Error(`the client wants the option "${missing.name}"`);
  return Object.entries(values).map(([name, value]) => {
    const option = schema.find((one) => one.name === name);
    if (option === undefined) throw new Error(`the command has no option "${name}"`);
    return filledOption(option, value);
  });
}

/** What is being typed into an option that completes itself. */
export interface Focus {
  readonly option: string;
  readonly partial: string;
}

function focusedOption(schema: readonly Fields[], { option, partial }: Focus): Fields {
  const found = schema.find(({ name }) => name === option);
  if (found?.autocomplete !== true) throw new Error(`no option "${option}" that completes itself`);
  return { name: option, type: found.type, value: partial, focused: true };
}

/** `options` of the interaction, down the path of subcommands. */
function optionsOf(
  schema: readonly Fields[],
  path: readonly string[],
  values: Values,
  focus: Focus | undefined,
): readonly Fields[] {
  const [name, ...rest] = path;
  if (name === undefined) {
    const filled = filledOptions(schema, values, focus !== undefined);
    return focus === undefined ? filled : [...filled, focusedOption(schema, focus)];
  }
  const sub = schema.find((one) => one.name === name && (one.type === 1 || one.type === 2));
  if (sub === undefined) throw new Error(`there is no subcommand "${name}"`);
  return [{ name, type: sub.type, options: optionsOf(parts(sub.options), rest, values, focus) }];
}

/** `data` of a command or of its autocompletion. */
export function commandData(
  { command }: Offered,
  path: readonly string[],
  values: Values,
  focus?: Focus,
): Fields {
  const schema = parts(command.options);
  if (path.length === 0 && schema.some(({ type }) => type === 1 || type === 2))
    throw new Error(`/${command.name} is used by its subcommands`);
  const options = optionsOf(schema, path, values, focus);
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(options.length > 0 ? { options } : {}),
    ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
  };
}
