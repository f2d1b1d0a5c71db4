import type { Actor } from '../../../gateway/types.js';
import { integerOf, membersOf, textOf } from '../../common/payload.js';
import { decodeCustomId, decodeFormId } from '../outgoing/custom-ids.js';
import { isSnowflake } from '../refs.js';
import type { Interaction, InteractionKey, Place, PressedMessage } from '../types.js';
import { readTyping, wordsOfOptions } from './options.js';
import { readActor } from './people.js';
import { placeOfInteraction } from './places.js';

type Payload = { readonly [name: string]: unknown };
type Asked = Pick<Interaction, 'key' | 'actor' | 'place'>;

export const COMMAND = 'mcp';
/** Interaction Type. */
const TYPES = { command: 2, component: 3, completion: 4, modal: 5 } as const;
const CHAT_INPUT = 1;
const BUTTON = 2;
const EPHEMERAL = 64;
/** Longer than any custom id or name. */
const LONGEST_TOKEN = 1_000;
const MOST_INPUTS = 5;

/** An interaction of ours; undefined where it is not for us, or no interaction at all. */
export function readInteraction(payload: unknown): Interaction | undefined {
  const interaction = membersOf(payload);
  const asked = readAsked(interaction);
  if (asked === undefined) return undefined;
  const data = membersOf(interaction.data);
  switch (interaction.type) {
    case TYPES.command:
      return isOurCommand(data)
        ? { kind: 'command', ...asked, words: wordsOfOptions(data.options) }
        : undefined;
    case TYPES.completion:
      return isOurCommand(data)
        ? { kind: 'completion', ...asked, typing: readTyping(data.options) }
        : undefined;
    case TYPES.component:
      return readPress(asked, data, interaction.message);
    case TYPES.modal:
      return readSubmission(asked, data, interaction.message);
    default:
      return undefined;
  }
}

/** What answers an interaction of any kind, for those that are not ours. */
export function readKeyOf(payload: unknown): (InteractionKey & { readonly type: number }) | undefined {
  const interaction = membersOf(payload);
  const type = integerOf(interaction.type);
  const key = readKey(interaction);
  return key === undefined || type === undefined ? undefined : { ...key, type };
}

function readKey({ id, application_id: application, token }: Payload): InteractionKey | undefined {
  const given = textOf(token);
  if (!isSnowflake(id) || !isSnowflake(application)) return undefined;
  if (!given || /\s/.test(given) || given.length > LONGEST_TOKEN) return undefined;
  return { application, id, token: given };
}

function readAsked(interaction: Payload): Asked | undefined {
  const key = readKey(interaction);
  const actor = readPerson(interaction);
  const place: Place | undefined = placeOfInteraction(interaction);
  return key === undefined || actor === undefined || place === undefined ? undefined : { key, actor, place };
}

/** In a guild the person stands in `member`. */
function readPerson({ user, member }: Payload): Actor | undefined {
  return readActor(user ?? membersOf(member).user);
}

function isOurCommand({ name, type }: Payload): boolean {
  return name === COMMAND && (type === undefined || type === CHAT_INPUT);
}

function readPress(asked: Asked, data: Payload, message: unknown): Interaction | undefined {
  const customId = textOf(data.custom_id);
  const on = readPressed(message);
  if (customId === undefined || on === undefined || data.component_type !== BUTTON) return undefined;
  return decodeCustomId(customId) === undefined ? undefined : { kind: 'press', ...asked, customId, on };
}

function readSubmission(asked: Asked, data: Payload, message: unknown): Interaction | undefined {
  const customId = textOf(data.custom_id);
  if (customId === undefined || decodeFormId(customId) === undefined) return undefined;
  const on = readPressed(message);
  const values = readValues(data.components);
  return { kind: 'submission', ...asked, customId, values, ...(on === undefined ? {} : { on }) };
}

function readPressed(message: unknown): PressedMessage | undefined {
  const { id, flags, interaction_metadata: metadata } = membersOf(message);
  if (!isSnowflake(id)) return undefined;
  const owner = membersOf(membersOf(metadata).user).id;
  const ephemeral = ((integerOf(flags) ?? 0) & EPHEMERAL) !== 0;
  return { id, ephemeral, ...(isSnowflake(owner) ? { owner } : {}) };
}

/** Inputs stand in Labels; a row around one is the older form. */
function readValues(components: unknown): Readonly<Record<string, string>> {
  const lines = Array.isArray(components) ? components.slice(0, MOST_INPUTS).map(membersOf) : [];
  const inputs = lines.flatMap(({ component, components: inside }) =>
    Array.isArray(inside) ? inside.slice(0, 1) : [component],
  );
  const entries = inputs.flatMap((input) => {
    const { custom_id: name, value } = membersOf(input);
    return typeof name === 'string' && typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}
