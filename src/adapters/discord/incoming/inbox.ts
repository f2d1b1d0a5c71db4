import type { Action, Actor, ChatGateway, Invocation } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtOnce } from '../../common/at-once.js';
import { createNoteLimit } from '../../common/note-limit.js';
import type { Taken } from '../../common/taken.js';
import type { Direct } from '../outgoing/direct.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import { renderReply } from '../outgoing/render.js';
import type { Turns } from '../outgoing/turns.js';
import { conversationRef, typedRef } from '../refs.js';
import { NOT_HERE, NOT_YOURS, ONLY_MCP, TRY_AGAIN } from '../sentences.js';
import type { Callback, Inbound, Interaction, Place } from '../types.js';
import type { Access } from './access.js';
import { choicesCallback, NOTHING, noteCallback } from './callbacks.js';
import { createParents } from './parents.js';
import { createPresses, type Meant } from './presses.js';

export interface InboxParts {
  readonly gateway: ChatGateway;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
  readonly turns: Turns;
  readonly direct: Direct;
  readonly taken: Taken;
  readonly access: Access;
  readonly now: () => number;
  readonly log: Log;
}

/** What comes in. */
export interface Inbox {
  /** The first answer, where that is all there is to say; undefined: the command that it is runs by itself. */
  interaction(interaction: Interaction): Promise<Callback | undefined>;
  text(text: Text): Promise<void>;
  /** Resolves when no command is under way. */
  settled(): Promise<void>;
}

type Text = Extract<Inbound, { readonly kind: 'text' }>;
type Running = Exclude<Interaction, { readonly kind: 'completion' }>;
type Command = Omit<Extract<Meant, { readonly kind: 'command' }>, 'kind'>;

/** Whoever waits longer than this in the DM sees that something happens. */
const TYPING_AFTER_MS = 1_000;

export function createInbox(parts: InboxParts): Inbox {
  const { gateway, outbox, postman, turns, direct, taken, access, now, log } = parts;
  const underWay = new Set<Promise<void>>();
  const atOnce = createAtOnce();
  const refusals = createNoteLimit(now);
  const parents = createParents(outbox);
  const presses = createPresses({ gateway, direct, now, log });

  function track(user: string, work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => log.error({ error }, 'a command could not be run'))
      .finally(() => {
        atOnce.end(user);
        underWay.delete(tracked);
      });
    underWay.add(tracked);
  }

  async function run(interaction: Running, { words, fields, message }: Command): Promise<void> {
    const { key, actor, place } = interaction;
    const turn = turns.begin(interaction);
    const invocation: Invocation = {
      deliveryId: key.id,
      awaited: true,
      actor,
      words,
      conversation: conversationRef({ place, user: actor.userId, atMs: now(), key }),
      ...(fields === undefined ? {} : { fields }),
      ...(message === undefined ? {} : { message }),
    };
    try {
      await gateway.handle(invocation);
    } finally {
      if (interaction.kind === 'press') await presses.end(interaction);
      await turns.end(turn, () => renderReply(sentence(TRY_AGAIN)));
    }
  }

  async function completed({ actor, place, typing }: Extract<Interaction, { kind: 'completion' }>) {
    if (access.allows(place) !== 'yes') return choicesCallback([]);
    const found = await gateway.complete(actor, typing.words);
    const prefix = typing.before === '' ? '' : `${typing.before} `;
    return choicesCallback(found.map((word) => `${prefix}${word}`));
  }

  async function meant(interaction: Running): Promise<Meant> {
    if (interaction.kind === 'command') return { kind: 'command', words: interaction.words };
    return interaction.kind === 'press' ? presses.press(interaction) : presses.submit(interaction);
  }

  /** What it comes to; undefined: it was taken before. */
  async function taking(interaction: Running): Promise<Meant | undefined> {
    return (await taken.first(interaction.key.id)) ? meant(interaction) : undefined;
  }

  /** Without the store a button's meaning cannot be known: whoever waits hears that, and nothing is lost. */
  function failed(error: unknown): Meant {
    log.error({ error }, 'an interaction could not be acted on');
    return { kind: 'answer', callback: noteCallback(TRY_AGAIN) };
  }

  async function guarded(interaction: Running): Promise<Callback | undefined> {
    const { userId } = interaction.actor;
    if (!atOnce.begin(userId)) return interaction.kind === 'press' ? NOTHING : noteCallback(TRY_AGAIN);
    const meaning = await taking(interaction).catch(failed);
    if (meaning?.kind === 'command') {
      track(userId, run(interaction, meaning));
      return undefined;
    }
    atOnce.end(userId);
    return meaning?.callback;
  }

  async function allowed(place: Place): Promise<boolean> {
    const known = access.allows(place);
    if (known !== 'unknown') return known === 'yes';
    const parent = await parents.of(place.channel);
    return parent !== undefined && access.allows({ ...place, parent }) === 'yes';
  }

  async function say(text: Text, line: string, actions: readonly Action[] = []): Promise<void> {
    await postman.send({ actor: text.actor }, { ...sentence(line), actions });
  }

  async function hear(text: Text): Promise<void> {
    const { actor, place, message, words } = text;
    if (words === undefined) return say(text, ONLY_MCP, WHAT_THERE_IS);
    if (!(await allowed(place))) {
      if (refusals.spend(place.channel, actor.userId)) await say(text, NOT_HERE);
      return;
    }
    const typing = setTimeout(() => void showTyping(place), TYPING_AFTER_MS);
    try {
      await gateway.handle({
        deliveryId: message,
        actor,
        words,
        conversation: conversationRef({ place, user: actor.userId, atMs: now(), message }),
        typed: typedRef(place.channel, message),
      });
    } finally {
      clearTimeout(typing);
    }
  }

  /** What is said in a chat with the bot is for whoever's chat it is. */
  function isAnothers(actor: Actor, { kind, channel }: Place): boolean {
    return kind === 'dm' && !direct.known(actor.userId, channel);
  }

  async function showTyping({ kind, channel }: Place): Promise<void> {
    if (kind !== 'dm') return;
    await outbox()
      ?.typing(channel)
      .catch((error: unknown) => log.debug({ error }, 'a sign of work could not be shown'));
  }

  return {
    async interaction(interaction) {
      const { actor, place } = interaction;
      if (interaction.kind === 'completion') return completed(interaction);
      if (isAnothers(actor, place)) return noteCallback(NOT_YOURS);
      return access.allows(place) === 'yes' ? guarded(interaction) : noteCallback(NOT_HERE);
    },

    async text(text) {
      const { actor, place, message } = text;
      if (isAnothers(actor, place) || !atOnce.begin(actor.userId)) return;
      const heard = async () => {
        if (await taken.first(message)) await hear(text);
      };
      track(actor.userId, heard());
    },

    async settled() {
      await Promise.all([...underWay]);
      await taken.flush();
    },
  };
}

const WHAT_THERE_IS: readonly Action[] = [
  { kind: 'command', label: 'Status', words: ['status'] },
  { kind: 'command', label: 'Help', words: ['help'] },
];

function sentence(text: string) {
  return { title: '', lines: [{ cells: [text] }], actions: [] } as const;
}
