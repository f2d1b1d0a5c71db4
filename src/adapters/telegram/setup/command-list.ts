import { createHash } from 'node:crypto';
import type { RawApi } from 'grammy';
import type { BotCommand, BotCommandScope } from 'grammy/types';
import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';

/** The calls that the lists need. */
export type CommandApi = Pick<RawApi, 'getMyCommands' | 'setMyCommands'>;

export const COMMAND = 'mcp';
const DESCRIPTION = 'Your MCP servers and sign-ins';

/** At most 100 commands can be specified (Bot API, "setMyCommands"). */
const MOST_COMMANDS = 100;

/** The lists that a bot can have for all chats of a kind; a narrower one hides the wider (Bot API, "BotCommandScope"). */
const SCOPES = ['default', 'all_private_chats', 'all_group_chats', 'all_chat_administrators'] as const;
type Scope = (typeof SCOPES)[number];
export type CommandLists = Readonly<Record<Scope, readonly BotCommand[]>>;

const IN_GROUPS: ReadonlySet<Scope> = new Set(['all_group_chats', 'all_chat_administrators']);

function scoped(type: Scope): { readonly scope: BotCommandScope } {
  return { scope: { type } };
}

/** The bot's lists; an empty one is not there, and the wider one is shown in its place. */
export async function readCommandLists(api: CommandApi): Promise<CommandLists> {
  const read = (scope: Scope) => api.getMyCommands(scoped(scope));
  const [everywhere, privately, groups, administrators] = await Promise.all([
    read('default'),
    read('all_private_chats'),
    read('all_group_chats'),
    read('all_chat_administrators'),
  ]);
  return {
    default: everywhere,
    all_private_chats: privately,
    all_group_chats: groups,
    all_chat_administrators: administrators,
  };
}

/** Ephemeral: whoever types it in a group is the only one who sees it, and the bot may answer them alone. */
function ours(scope: Scope): BotCommand {
  const command = { command: COMMAND, description: DESCRIPTION };
  return IN_GROUPS.has(scope) ? { ...command, is_ephemeral: true } : command;
}

function isMcp({ command }: BotCommand): boolean {
  return command === COMMAND;
}

function isEphemeral(command: BotCommand): boolean {
  return command.is_ephemeral === true;
}

/** A list for groups hides the one for everywhere: it has to repeat the owner's commands. */
function copied(lists: CommandLists): readonly BotCommand[] {
  return [...lists.default.filter((command) => !isMcp(command)), ours('all_group_chats')];
}

/** The owner's commands and words stay as they are; undefined: such a list must not be there. */
function amended(lists: CommandLists, scope: Scope): readonly BotCommand[] | undefined {
  const list = lists[scope];
  const own = ours(scope);
  const listed = list.find(isMcp);
  if (listed !== undefined) {
    if (isEphemeral(listed) === isEphemeral(own)) return list;
    return list.map((command) => (isMcp(command) ? { ...own, description: command.description } : command));
  }
  if (list.length > 0) return [...list, own];
  if (scope === 'default') return [own];
  return scope === 'all_group_chats' ? copied(lists) : undefined;
}

/** The same for lists that say the same, whatever else Telegram tells of a command. */
function printOf(list: readonly BotCommand[]): string {
  const said = list.map((command) => [command.command, command.description, isEphemeral(command)]);
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url');
}

const COPIED = 'commands/copied';
const KEPT_MS = 365 * 86_400_000;

/**
 * Puts `/mcp` into the bot's command lists: everywhere, and for groups as a command that only its sender sees. Lists for
 * private chats and for administrators are amended where the owner made them, and not made: they would hide the others. A
 * list for groups that was made here, and that nobody changed since, follows the one for everywhere.
 *
 * @returns `changed` where at least one list was set; lists that are right are only read
 */
export async function registerCommands(
  api: CommandApi,
  memory: Pick<AdapterMemory, 'get' | 'set'>,
  log: Log,
): Promise<'unchanged' | 'changed'> {
  const [lists, copy] = await Promise.all([
    readCommandLists(api),
    // Without the store the list for groups is taken for the owner's.
    memory.get(COPIED).catch(() => undefined),
  ]);
  const groups = lists.all_group_chats;
  const isCopy = groups.length === 0 || printOf(groups) === copy;
  const changed: Scope[] = [];
  let made: readonly BotCommand[] | undefined;
  for (const scope of SCOPES) {
    const isCopied = scope === 'all_group_chats' && isCopy;
    const commands = isCopied ? copied(lists) : amended(lists, scope);
    if (commands === undefined || printOf(commands) === printOf(lists[scope])) continue;
    if (commands.length > MOST_COMMANDS) {
      log.warn(
        { platform: 'telegram', scope },
        'the bot’s command list is full: /mcp works, but is not in it',
      );
      continue;
    }
    await api.setMyCommands({ ...scoped(scope), commands });
    if (isCopied) made = commands;
    changed.push(scope);
  }
  if (made !== undefined) await memory.set(COPIED, printOf(made), KEPT_MS);
  if (changed.length === 0) return 'unchanged';
  log.info({ platform: 'telegram', scopes: changed }, '/mcp is in the bot’s command list now');
  return 'changed';
}

/** What people see of `/mcp` is not as it should be: it is not offered, or what they type in a group is seen by all. */
export type CommandTrouble = 'not-in-private' | 'not-in-groups' | 'seen-in-groups';

/** By what Telegram shows: of the lists that fit a chat, the narrowest that is not empty. */
export function commandTrouble(lists: CommandLists): readonly CommandTrouble[] {
  const shown = (...scopes: readonly Scope[]) =>
    scopes.map((scope) => lists[scope]).find(({ length }) => length > 0);
  const privately = shown('all_private_chats', 'default')?.find(isMcp);
  const groups = shown('all_group_chats', 'default')?.find(isMcp);
  const administrators = shown('all_chat_administrators', 'all_group_chats', 'default')?.find(isMcp);
  const troubles: CommandTrouble[] = privately === undefined ? ['not-in-private'] : [];
  if (groups === undefined || administrators === undefined) return [...troubles, 'not-in-groups'];
  return isEphemeral(groups) && isEphemeral(administrators) ? troubles : [...troubles, 'seen-in-groups'];
}
