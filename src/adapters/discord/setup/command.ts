import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { membersOf } from '../../common/payload.js';
import type { ApiAnswer, DiscordApi } from '../connection/api.js';
import { OPTIONS } from '../incoming/options.js';
import { COMMAND } from '../incoming/read-interaction.js';
import { leaveGuilds, noteGuild } from './named-guilds.js';

const CHAT_INPUT = 1;
const TEXT = 3;
/** Interaction Context Types. */
const IN_GUILDS = 0;
const IN_DMS = 1;

/** `/mcp` as it is registered; a bare `/mcp` works, because no option is required. */
export interface RegisteredCommand {
  readonly name: string;
  readonly description: string;
  readonly type: number;
  readonly options: readonly RegisteredOption[];
  /** Only of global commands. Not in private chats of others, where the bot could tell nobody what came of a sign-in. */
  readonly contexts?: readonly number[];
}

interface RegisteredOption {
  readonly type: number;
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly autocomplete: boolean;
}

const DESCRIPTION = 'Your MCP servers and sign-ins';

function ours(contexts?: readonly number[]): RegisteredCommand {
  const option = (name: string, description: string): RegisteredOption => ({
    type: TEXT,
    name,
    description,
    required: false,
    autocomplete: true,
  });
  return {
    name: COMMAND,
    description: DESCRIPTION,
    type: CHAT_INPUT,
    options: [
      option(OPTIONS.command, 'What to do: status, auth, help …'),
      option(OPTIONS.server, 'Which server, or several'),
    ],
    ...(contexts === undefined ? {} : { contexts }),
  };
}

/** Where `/mcp` is to be registered. */
export interface CommandPlace {
  /** Absent: for everywhere. */
  readonly guild?: string;
  readonly command: RegisteredCommand;
}

/** With named guilds the command is theirs, and everybody else has it in the bot's DM alone. */
export function commandPlaces(guilds: readonly string[] | undefined): readonly CommandPlace[] {
  if (guilds === undefined) return [{ command: ours([IN_GUILDS, IN_DMS]) }];
  return [{ command: ours([IN_DMS]) }, ...guilds.map((guild) => ({ guild, command: ours() }))];
}

export function listPath(application: string, guild: string | undefined): string {
  return `/applications/${application}${guild === undefined ? '' : `/guilds/${guild}`}/commands`;
}

/** Our command as it is registered there. Undefined: it is not. */
export async function readCommand(
  api: DiscordApi,
  application: string,
  guild: string | undefined,
): Promise<unknown> {
  const answer = await api.call({ method: 'GET', path: listPath(application, guild) });
  return commandIn(bodyOf(answer));
}

/** Our command in a list of what is registered. */
export function commandIn(list: unknown): unknown {
  if (!Array.isArray(list)) return undefined;
  return list.find((command: unknown) => {
    const { name, type } = membersOf(command);
    return name === COMMAND && (type === undefined || type === CHAT_INPUT);
  });
}

/** By what we say of it; the rest (translations, permissions, where it may be installed) is the owner's. */
export function isSame(registered: unknown, { options, contexts, description }: RegisteredCommand): boolean {
  const found = membersOf(registered);
  const list = Array.isArray(found.options) ? found.options.map(optionOf) : [];
  const places = Array.isArray(found.contexts) ? [...found.contexts].sort() : [];
  return (
    found.description === description &&
    JSON.stringify(list) === JSON.stringify(options) &&
    (contexts === undefined || JSON.stringify(places) === JSON.stringify(contexts))
  );
}

/** Discord leaves out what is false. */
function optionOf(option: unknown): RegisteredOption {
  const { type, name, description, required = false, autocomplete = false } = membersOf(option);
  return {
    type: Number(type),
    name: String(name),
    description: String(description),
    required: required === true,
    autocomplete: autocomplete === true,
  };
}

export interface Registering {
  readonly api: DiscordApi;
  readonly application: string;
  /** Undefined: everywhere. */
  readonly guilds?: readonly string[] | undefined;
  readonly memory: AdapterMemory;
  readonly log: Log;
}

/**
 * Registers `/mcp` where it is missing or another one, and takes it away from guilds that are no longer named. "Creating
 * a command with the same name as an existing command overwrites it": other commands are not touched.
 */
export async function registerCommands(registering: Registering): Promise<void> {
  const { api, application, guilds, memory, log } = registering;
  for (const place of commandPlaces(guilds)) {
    const { guild } = place;
    const where = { platform: 'discord', ...(guild === undefined ? {} : { guild }) };
    try {
      const command = await registered(place, registering);
      if (guild !== undefined) await noteGuild(memory, { application, guild, command });
    } catch (error) {
      if (!(error instanceof NotRegisteredError)) throw error;
      log.warn({ ...where, error }, '/mcp could not be registered here; is the bot in this guild?');
    }
  }
  await leaveGuilds(memory, api, application, guilds ?? [], log);
}

async function registered(
  { guild, command }: CommandPlace,
  { api, application, log }: Registering,
): Promise<unknown> {
  const before = await readCommand(api, application, guild);
  if (isSame(before, command)) return before;
  const answer = await api.call({ method: 'POST', path: listPath(application, guild), body: command });
  const made = bodyOf(answer);
  log.info({ platform: 'discord', ...(guild === undefined ? {} : { guild }) }, '/mcp is registered now');
  return made;
}

class NotRegisteredError extends Error {
  override readonly name = 'NotRegisteredError';
  readonly code = 'discord_not_registered';
}

function bodyOf(answer: ApiAnswer): unknown {
  if (answer.kind === 'ok') return answer.body;
  const { status, code, message } = answer;
  throw new NotRegisteredError(`Discord answered ${status} ${code} ${message}`.trim());
}
