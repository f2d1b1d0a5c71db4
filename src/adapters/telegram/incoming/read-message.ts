import type { Actor } from '../../../gateway/types.js';
import { membersOf, positiveOf, textOf } from '../../common/payload.js';
import { withoutInvisible } from '../../common/text.js';
import { LONGEST_TEXT, wordsIn } from '../../common/words.js';
import { holdsKey } from '../keys/shapes.js';
import type { Inbound, Place, TypedMessage } from '../types.js';
import { readActor } from './people.js';
import { readPlace, readTyped } from './places.js';

/** The bot that the update came to. */
export interface Bot {
  readonly id: number;
  readonly username: string;
}

type Message = { readonly [name: string]: unknown };

/** A person's message, with what every answer to it needs. */
interface Said {
  readonly updateId: number;
  readonly actor: Actor;
  readonly place: Place;
  readonly typed: TypedMessage;
}

/** Said by somebody else, somewhere else, or in the name of somebody else: whoever holds such a message did not type it. */
const NOT_TYPED_HERE = [
  'forward_origin',
  'is_automatic_forward',
  'via_bot',
  'sender_chat',
  'sender_business_bot',
  'guest_query_id',
  'direct_messages_topic',
] as const;

/** `/mcp`, `/mcp@bot`, each at the end or before white space. A command's case does not matter. */
const COMMAND = /^\/(mcp|start)(?:@([A-Za-z0-9_]{1,64}))?(?!\S)/i;
/** A deep link's payload (Bot API, "Deep linking"). */
const PAYLOAD = /^[\w-]{1,64}$/;

export function readMessage(updateId: number, message: Message, bot: Bot): Inbound | undefined {
  const typed = textOf(message.text);
  const text = (typed ?? belowAttached(message))?.slice(0, LONGEST_TEXT);
  if (text && message.forward_origin !== undefined) return readForwarded(updateId, message, text, bot);
  const said = readSaid(updateId, message, bot);
  if (text === undefined || said === undefined) return undefined;
  const reply = repliesTo(message, bot);
  if (typed === undefined) return readAttached(said, text, reply);
  return text === '' ? undefined : readText(said, text, reply, bot);
}

/** What stands below something that is not typed; '' where nothing does, and it may be a key in a file or a picture. */
function belowAttached({ caption, document, photo }: Message): string | undefined {
  return textOf(caption) ?? (document === undefined && photo === undefined ? undefined : '');
}

/** It commands nothing, but may be a key that we asked for. */
function readAttached(said: Said, text: string, reply: Reply): Inbound | undefined {
  if (COMMAND.test(withoutInvisible(text)) || (said.place.kind === 'group' && !holdsKey(text)))
    return undefined;
  return { kind: 'text', ...said, text, ...reply, attached: true };
}

/** It says nothing here, but may be a key that we asked for, sent on from where somebody keeps it. */
function readForwarded(updateId: number, message: Message, text: string, bot: Bot): Inbound | undefined {
  const { forward_origin: _, ...rest } = message;
  const said = readSaid(updateId, rest, bot);
  if (said === undefined || !holdsKey(text) || COMMAND.test(withoutInvisible(text))) return undefined;
  return { kind: 'text', ...said, text, repliesToUs: false, forwarded: true };
}

/** Who typed a message here, whatever it says. Undefined: nobody did, or not here. */
export function readSaid(updateId: number, message: Message, bot: Pick<Bot, 'id'>): Said | undefined {
  if (message.business_connection_id !== undefined) return undefined;
  if (NOT_TYPED_HERE.some((name) => message[name] !== undefined)) return undefined;
  const actor = readActor(message.from);
  const place = readPlace(message);
  const typed = readTyped(message);
  if (actor === undefined || place === undefined || typed === undefined) return undefined;
  if (!isTheirs(place, actor) || !isForUs(message, bot)) return undefined;
  return { updateId, actor, place, typed };
}

/** A private chat has its other side's id: nothing else is that person's private chat. */
function isTheirs(place: Place, { userId }: Actor): boolean {
  return place.kind === 'group' || String(place.chat) === userId;
}

/** An ephemeral command goes to one bot alone. */
function isForUs({ receiver_user: receiver }: Message, bot: Pick<Bot, 'id'>): boolean {
  return receiver === undefined || membersOf(receiver).id === bot.id;
}

type Reply = Pick<Extract<Inbound, { kind: 'text' }>, 'repliesToUs' | 'answers'>;

/** What is sent to the bot alone in a group, and is no command, replies to an ephemeral message of it, which is not told. */
function repliesTo({ reply_to_message: original, receiver_user: receiver, chat }: Message, bot: Bot): Reply {
  if (receiver !== undefined) return { repliesToUs: true };
  const { from, message_id: id, forum_topic_created: topic } = membersOf(original);
  // Whatever is said in a topic comes as a reply to what opened the topic.
  if (topic !== undefined) return { repliesToUs: false };
  const answers = membersOf(chat).type === 'private' ? positiveOf(id) : undefined;
  return { repliesToUs: membersOf(from).id === bot.id, ...(answers === undefined ? {} : { answers }) };
}

function readText(said: Said, text: string, reply: Reply, bot: Bot): Inbound | undefined {
  const seen = withoutInvisible(text);
  const [found, name, address] = COMMAND.exec(seen) ?? [];
  if (found === undefined) return otherText(said, text, reply);
  if (address !== undefined && address.toLowerCase() !== bot.username.toLowerCase()) return undefined;
  const rest = seen.slice(found.length);
  if (name?.toLowerCase() === 'mcp') return { kind: 'command', ...said, words: wordsIn(rest) };
  if (said.place.kind === 'group') return undefined;
  const payload = rest.trim();
  return { kind: 'start', ...said, payload: PAYLOAD.test(payload) ? payload : '' };
}

/** `/mcp …` for this bot, whoever says it and where. */
export function isCommand(text: string, { username }: Bot): boolean {
  const [, name, address = username] = COMMAND.exec(withoutInvisible(text.slice(0, LONGEST_TEXT))) ?? [];
  return name?.toLowerCase() === 'mcp' && address.toLowerCase() === username.toLowerCase();
}

/** In a group only what is said to us, and what may be a key that we asked for: the rest is nobody's business here. */
function otherText(said: Said, text: string, reply: Reply): Inbound | undefined {
  if (said.place.kind === 'group' && !reply.repliesToUs && !holdsKey(text)) return undefined;
  return { kind: 'text', ...said, text, ...reply };
}
