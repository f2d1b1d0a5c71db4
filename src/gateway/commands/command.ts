import type { Subject } from '../../auth/types.js';
import type { Board, Boards } from '../boards.js';
import type { Call } from '../command-router.js';
import type { EventHub } from '../events.js';
import type { Role } from '../grammar.js';
import type { Notifier } from '../notifier.js';
import type { Tasks } from '../pace.js';
import type { Services } from '../services.js';
import type { Actor, Invocation, Line, Reply } from '../types.js';
import type { Viewer } from '../views/status.js';

/** Who runs a command, where, and with what. */
export interface CommandContext {
  readonly invocation: Invocation;
  readonly actor: Actor;
  readonly role: Role;
  readonly subject: Subject;
  readonly services: Services;
  readonly boards: Boards;
  readonly notifier: Notifier;
  readonly tasks: Tasks;
  readonly events: Pick<EventHub, 'tell'>;
  /** Their platform shows forms privately by itself. */
  readonly forms: boolean;
  /** They may send an address in plain words, where they are. */
  readonly hears: boolean;
  /** Where the browser is that they sign in with. */
  readonly browser: 'here' | 'elsewhere';
  /** Of a message that held an address. Absent: there was none, or no way to remove it. */
  readonly removed?: boolean;
  /** An answer can be brought up to date later; else it waits longer for what is still to come. */
  readonly editable: boolean;
  /** Opens their chat. */
  readonly backUrl?: string;
  /** Gives a code in their private chat with one tap, with `{digits}` for its digits. */
  readonly confirmUrl?: string;
}

/** A message on show that a command goes on editing. */
export interface LiveMessage {
  /** False: somebody else's turn, or the message is gone. There is nothing more to do. */
  edit(reply: Reply): Promise<boolean>;
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
export function patienceOf({ editable, services: { pacing } }: CommandContext): number {
  return editable ? pacing.patienceMs : pacing.lastPatienceMs;
}

export function answer(reply: Reply, follow?: (message: LiveMessage) => Promise<void>): Answer {
  return follow === undefined ? { kind: 'reply', reply } : { kind: 'reply', reply, follow };
}

export function viewerOf({ role, forms, services }: CommandContext): Viewer {
  return { admin: role === 'admin', forms, nowMs: services.now() };
}
