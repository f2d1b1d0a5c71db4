import { createHash, randomBytes } from 'node:crypto';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import {
  type Actor,
  actorId,
  type ConversationRef,
  type Json,
  type MessageRef,
  type Reply,
} from '../types.js';
import type { Asked, FixedItem } from '../views/sign-in.js';

/** A server on a sign-in message, as stored: sign-ins by id alone, because where they stand is theirs to say. */
export type BoardItem = { readonly server: string } & (
  | { readonly kind: 'starting'; readonly sinceMs: number }
  | {
      readonly kind: 'sign-in';
      readonly id: string;
      readonly lifetimeMs: number;
      /** Its link came after the message: where that cannot be edited, a new one has to bring it. */
      readonly late?: true;
    }
  | FixedItem
);

/** A message that holds sign-in links, so that whatever comes of them still finds it: later, elsewhere, after a crash. */
export interface Board {
  readonly id: string;
  readonly actor: Actor;
  /** Absent: the person's private chat. */
  readonly conversation?: ConversationRef;
  /** An agent needs it to answer: what for. */
  readonly asked?: Asked;
  readonly items: readonly BoardItem[];
  readonly more: number;
  readonly createdAtMs: number;
  readonly keepUntilMs: number;
  /** Absent until the platform has taken it. */
  readonly message?: MessageRef;
  /** Fingerprint of what the message says. */
  readonly shown?: string;
  /** Deliveries that did not arrive, one after the other; the sweep waits longer after each. */
  readonly failures: number;
  readonly retryAtMs: number;
}

const NAME = 'boards';

/** `{actor}/{random}`: the boards of one person are found without reading everyone's. */
export function newBoardId(actor: Actor): string {
  return recordKey(actorId(actor), randomBytes(12).toString('base64url'));
}

/** What a sign-in carries along as its `origin`. */
export function originOf(boardId: string): Json {
  return { board: boardId };
}

export function boardOf(origin: unknown): string | undefined {
  if (typeof origin !== 'object' || origin === null || !('board' in origin)) return undefined;
  return typeof origin.board === 'string' ? origin.board : undefined;
}

export function fingerprint(reply: Reply): string {
  return createHash('sha256').update(JSON.stringify(reply)).digest('base64url');
}

export interface Boards {
  /** Undefined also where it cannot be read: one damaged message is not to hold up a person's others. */
  get(id: string): Promise<Board | undefined>;
  put(board: Board): Promise<void>;
  delete(id: string): Promise<void>;
  /** This actor's, or everyone's. */
  ids(actor?: string): Promise<readonly string[]>;
  /** The board that this message shows, if it is one of this actor's. */
  onMessage(actor: Actor, message: MessageRef): Promise<Board | undefined>;
  /** One at a time for each board, across processes. */
  locked<T>(id: string, work: () => Promise<T>): Promise<T>;
}

export function createBoards(store: Store, now: () => number): Boards {
  const records = store.records<Board>(NAME);
  const boards: Boards = {
    get: (id) => unlessUnreadable(records.get(id)),
    put: (board) => records.set(board.id, board, Math.max(1, board.keepUntilMs - now())),
    delete: async (id) => {
      await records.delete(id);
    },
    ids: (actor) => records.keys(actor === undefined ? undefined : recordKey(actor)),
    async onMessage(actor, message) {
      for (const id of await boards.ids(actorId(actor))) {
        const board = await boards.get(id);
        if (board?.message !== undefined && sameMessage(board.message, message)) return board;
      }
      return undefined;
    },
    locked: (id, work) => store.lock(recordKey('board', ...keySegments(id)), work),
  };
  return boards;
}

/** By their content, whatever the order of its members. */
function sameMessage(a: MessageRef, b: MessageRef): boolean {
  return canonical(a) === canonical(b);
}

export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item as Json)}`).join(',')}}`;
}
