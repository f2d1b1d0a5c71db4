import type { Actor, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Unfinished } from '../../common/unfinished.js';
import type { Interaction, InteractionKey } from '../types.js';
import {
  CALLBACKS,
  EPHEMERAL,
  type First,
  type Outbox,
  type Sent,
  type Taken,
  type Token,
} from './outbox.js';
import type { RenderedMessage } from './render.js';
import type { Tokens } from './tokens.js';

/** A command under way whose first answer Discord waits for. */
export interface Turn {
  readonly actor: Actor;
  readonly key: InteractionKey;
  /** The message that the answer takes the place of. */
  readonly pressed?: string;
  /** True until a message has answered it. */
  readonly open: boolean;
  /** The answer: as the first one, or in place of "thinking…". */
  say(message: RenderedMessage): Promise<Sent>;
  /** There is nothing to say. */
  acknowledge(): Promise<void>;
}

export interface Turns {
  begin(interaction: Exclude<Interaction, { readonly kind: 'completion' }>): Turn;
  /** The command that this interaction gave. */
  of(interaction: string): Turn | undefined;
  /** The command that a press on this message gave, and that is not answered yet. */
  on(message: string): Turn | undefined;
  /** No more answers come. A command that still waits for one gets `otherwise`; a pressed message stays as it is. */
  end(turn: Turn, otherwise: () => RenderedMessage): Promise<void>;
}

export interface TurnsParts {
  readonly outbox: () => Outbox | undefined;
  readonly tokens: () => Tokens | undefined;
  readonly unfinished: Pick<Unfinished, 'add' | 'remove'>;
  readonly now: () => number;
  readonly log: Log;
  /** How long the first answer may wait for the whole one. */
  readonly holdMs?: number;
}

/** Of the three seconds that Discord waits; most answers are there by then, and need one request instead of two. */
export const HOLD_MS = 1_500;

const GONE: Extract<Sent, { kind: 'gone' }> = { kind: 'gone' };

export function createTurns(parts: TurnsParts): Turns {
  const underWay = new Map<string, Turn>();
  return {
    begin(interaction) {
      const turn = createTurn(interaction, parts);
      underWay.set(turn.key.id, turn);
      return turn;
    },
    of: (interaction) => underWay.get(interaction),
    on: (message) => [...underWay.values()].find((turn) => turn.pressed === message && turn.open),
    async end(turn, otherwise) {
      underWay.delete(turn.key.id);
      if (!turn.open) return;
      if (turn.pressed === undefined) await turn.say(otherwise());
      else await turn.acknowledge();
    },
  };
}

function createTurn(
  interaction: Parameters<Turns['begin']>[0],
  { outbox, tokens, unfinished, now, log, holdMs = HOLD_MS }: TurnsParts,
): Turn {
  const { key, actor, place } = interaction;
  const pressed = interaction.kind === 'command' ? undefined : interaction.on?.id;
  const how: First = { place: pressed === undefined ? 'new' : 'pressed', whispered: place.kind !== 'dm' };
  const sinceMs = now();
  const thinking: MessageRef = { kind: 'thinking', key: { ...key } };
  const token: Token = { key, original: true };
  /** What became of the first answer, if there was one without the whole. */
  let deferred: Promise<Taken> | undefined;
  let open = true;

  async function defer(): Promise<Taken> {
    const type = how.place === 'new' ? CALLBACKS.deferredMessage : CALLBACKS.deferredUpdate;
    const data = how.place === 'new' && how.whispered ? { data: { flags: EPHEMERAL } } : {};
    const noted = how.place === 'new' ? unfinished.add(thinking) : undefined;
    const taken = (await outbox()?.callback(key, { type, ...data })) ?? GONE;
    if (typeof taken === 'object' && noted !== undefined) await noted.then(() => unfinished.remove(thinking));
    return taken;
  }

  const acknowledged = (): Promise<Taken> =>
    defer().catch((error: unknown) => {
      log.warn({ error }, 'a command could not be acknowledged in time');
      return 'perhaps';
    });
  const timer = setTimeout(() => {
    deferred = acknowledged();
  }, holdMs);
  timer.unref();

  /** What Discord does not take there is said elsewhere: "thinking…" must not stay behind (threat 24). */
  async function endThinking(box: Outbox, { kind }: Sent): Promise<void> {
    if (kind !== 'sent' && kind !== 'gone')
      await box
        .withdraw(key)
        .catch((error: unknown) => log.debug({ error }, '"thinking…" could not be taken away'));
    await unfinished.remove(thinking);
  }

  async function answer(message: RenderedMessage): Promise<Sent> {
    const box = outbox();
    if (box === undefined) return GONE;
    if (deferred === undefined) return box.first(key, how, message);
    const taken = await deferred;
    if (typeof taken === 'object') return taken;
    const sent = await (taken === 'taken'
      ? box.editByToken(token, '', message)
      : box.replace(key, how, message));
    if (how.place === 'new') await endThinking(box, sent);
    return sent;
  }

  return {
    actor,
    key,
    ...(pressed === undefined ? {} : { pressed }),
    get open() {
      return open;
    },
    async say(message) {
      clearTimeout(timer);
      open = false;
      const sent = await answer(message);
      if (sent.kind === 'sent' && how.whispered)
        tokens()?.note({ user: actor.userId, message: sent.message }, token, sinceMs);
      return sent;
    },
    async acknowledge() {
      clearTimeout(timer);
      open = false;
      deferred ??= acknowledged();
      await deferred;
    },
  };
}
