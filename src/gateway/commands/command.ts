import type { Server, Subject } from '../../auth/types.js';
import type { Note } from '../audit/notes.js';
import type { Board, Boards } from '../boards/boards.js';
import type { Notifier } from '../boards/notifier.js';
import type { Tasks } from '../boards/pace.js';
import type { Look } from '../looking.js';
import type { EventHub } from '../notices/events.js';
import type { Whereabouts } from '../notices/whereabouts.js';
import type { Services } from '../services.js';
import type { Invocation, Line, Reply } from '../types.js';
import type { Viewer } from '../views/status.js';
import type { Call } from '../words/command-router.js';
import type { Role } from '../words/grammar.js';

/** Who runs a command, where, and with what. */
export interface CommandContext extends Whereabouts {
  readonly invocation: Invocation;
  readonly role: Role;
  readonly subject: Subject;
  readonly services: Services;
  /** Those that are there for this actor, as configured when the command began. */
  readonly servers: readonly Server[];
  readonly boards: Boards;
  readonly notifier: Notifier;
  readonly tasks: Tasks;
  /** Into the audit, as this person's doing, in this chat. */
  readonly note: Note;
  readonly events: Pick<EventHub, 'tell'>;
  /** Told of what is said, so that nobody hears by another message what stands before them. */
  readonly look: Pick<Look, 'says' | 'delivered'>;
  /** Of a message that held an address. Absent: there was none, or no way to remove it. */
  readonly removed?: boolean;
  /** An answer can be brought up to date later; else it waits longer for what is still to come. */
  readonly editable: boolean;
}

/**
 * What became of an edit. `not-now`: the platform, or the store, was not to be had; the next edit tries again. `over`:
 * somebody else's turn, or the message is gone, so there is nothing more to do.
 */
export type Edited = 'shown' | 'not-now' | 'over';

/** A message on show that a command goes on editing. */
export interface LiveMessage {
  edit(render: () => Promise<Reply>): Promise<Edited>;
  /** The last edit: rendered and tried again until it stands there, within reason. Where the gateway stops: once, at once. */
  finish(render: () => Promise<Reply>): Promise<Edited>;
  /** Aborts when the message went to another command, or the gateway stops. */
  readonly signal: AbortSignal;
}

/** What a command says. */
export type Answer =
  | {
      readonly kind: 'reply';
      readonly reply: Reply;
      /** More to come in the same message, once it is on show. */
      readonly follow?: (message: LiveMessage) => Promise<void>;
    }
  /** A sign-in message, which the notifier keeps up to date from then on. `remark`: to be said below it, once. */
  | { readonly kind: 'board'; readonly board: Board; readonly remark?: Line };

export type Command = (call: Call, context: CommandContext) => Promise<Answer>;

/** How long a command waits for servers and providers before it answers without them. */
export function patienceOf({
  editable,
  services: { pacing },
}: Pick<CommandContext, 'editable' | 'services'>): number {
  return editable ? pacing.patienceMs : pacing.lastPatienceMs;
}

export function answer(reply: Reply, follow?: (message: LiveMessage) => Promise<void>): Answer {
  return follow === undefined ? { kind: 'reply', reply } : { kind: 'reply', reply, follow };
}

export function viewerOf({ role, forms, services }: CommandContext): Viewer {
  return { admin: role === 'admin', forms, nowMs: services.now() };
}
