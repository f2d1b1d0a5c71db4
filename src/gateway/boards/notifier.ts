import type { SignInState } from '../../auth/sign-in/types.js';
import { someAtOnce } from '../../storage/some-at-once.js';
import type { Services } from '../services.js';
import type { ChatAdapter, Delivery, Invocation, Line, Platform, Reply } from '../types.js';
import { isOver, type Rendered, renderBoard, showingOf } from './board-view.js';
import { type Board, type Boards, boardOf } from './boards.js';
import type { Lanes } from './pace.js';

/** A board without a message for so long: the process died between storing it and sending. */
const UNSENT_MS = 60_000;
/** How long a message whose sign-ins have all ended is still known as a whole. */
const AFTER_END_MS = 30 * 60_000;
const RETRY_FIRST_MS = 15_000;
const RETRY_AT_MOST_MS = 15 * 60_000;

/** To whom and where something is said. Without a conversation: in their private chat. */
type Answered = Pick<Invocation, 'actor' | 'message'> & Partial<Pick<Invocation, 'conversation'>>;

/** Later news for a person: updates the message that held the link, else sends a new private one. */
export interface Notifier {
  /** Sends the board's message for the first time, or in place of the one whose button was pressed. */
  show(board: Board, adapter: ChatAdapter, to: Answered, remark?: Line): Promise<Delivery>;
  /** Stores a change of the board and tells the person, soon. */
  change(id: string, edit: (board: Board) => Board): Promise<void>;
  /** A sign-in moved on. Returns at once; what cannot be told now is told by the sweep. */
  changed(state: SignInState): void;
  /** Tells what could not be told before: by this process or by another one. */
  sweep(): Promise<void>;
  /** Sign-ins on this actor's messages that have not ended, or whose end has not been told. */
  untold(actor: string): Promise<number>;
}

export interface NotifierDeps {
  readonly services: Pick<Services, 'signIns' | 'log' | 'now'>;
  readonly boards: Boards;
  readonly lanes: Lanes;
  readonly adapterOf: (platform: Platform) => ChatAdapter | undefined;
}

export function createNotifier(deps: NotifierDeps): Notifier {
  const { services, boards, lanes, adapterOf } = deps;

  async function delivered(board: Board, rendered: Rendered, message: Board['message']): Promise<void> {
    if (isOver(rendered)) return boards.delete(board.id);
    const keepUntilMs =
      rendered.open > 0 ? board.keepUntilMs : Math.min(board.keepUntilMs, services.now() + AFTER_END_MS);
    const told = { ...board, shown: rendered.shown, keepUntilMs, failures: 0, retryAtMs: 0 };
    await boards.put(message === undefined ? told : { ...told, message });
  }

  async function undelivered(board: Board): Promise<void> {
    const wait = Math.min(RETRY_AT_MOST_MS, RETRY_FIRST_MS * 2 ** board.failures);
    await boards.put({ ...board, failures: board.failures + 1, retryAtMs: services.now() + wait });
  }

  /** Brings the message up to date, under the board's lock. */
  async function deliver(id: string): Promise<void> {
    await boards.locked(id, async () => {
      const board = await boards.get(id);
      const adapter = board === undefined ? undefined : adapterOf(board.actor.platform);
      if (board === undefined || adapter === undefined) return;
      if (board.message === undefined && services.now() - board.createdAtMs < UNSENT_MS) return;
      const rendered = await renderBoard(services, board, showingOf(adapter, board.conversation));
      if (rendered.shown === board.shown) {
        if (isOver(rendered)) await boards.delete(id);
        return;
      }
      const delivery = await tell(adapter, board, rendered);
      if (delivery.kind === 'delivered') await delivered(board, rendered, delivery.message);
      else if (delivery.kind === 'gone' && isOver(rendered) && !rendered.news) await boards.delete(id);
      else await undelivered(board);
    });
  }

  const log = (error: unknown, id: string): void =>
    services.log.warn(
      { error, board: id },
      'a sign-in message could not be brought up to date; the sweep will',
    );

  const soon = (id: string): Promise<void> =>
    lanes.request(id, () => deliver(id).catch((error: unknown) => log(error, id)));

  async function show(board: Board, adapter: ChatAdapter, to: Answered, remark?: Line): Promise<Delivery> {
    return boards.locked(board.id, async () => {
      const current = (await boards.get(board.id)) ?? board;
      const rendered = await renderBoard(services, current, showingOf(adapter, current.conversation));
      const { reply } = rendered;
      const said = remark === undefined ? reply : { ...reply, lines: [...reply.lines, remark] };
      const delivery = await deliverReply(adapter, to, said);
      if (delivery.kind === 'delivered') await delivered(current, rendered, delivery.message);
      else if (current.message === undefined) await boards.delete(board.id);
      return delivery;
    });
  }

  /** Most show what they should: they cost no lock. */
  async function isDue(id: string): Promise<boolean> {
    const board = await boards.get(id);
    if (board === undefined || board.retryAtMs > services.now()) return false;
    const adapter = adapterOf(board.actor.platform);
    if (adapter === undefined) return false;
    const rendered = await renderBoard(services, board, showingOf(adapter, board.conversation));
    return isOver(rendered) || rendered.shown !== board.shown;
  }

  async function untoldOf(id: string): Promise<number> {
    const board = await boards.get(id);
    if (board === undefined) return 0;
    const adapter = adapterOf(board.actor.platform);
    const rendered = await renderBoard(services, board, showingOf(adapter, board.conversation));
    return rendered.open > 0 || rendered.shown === board.shown ? rendered.open : 1;
  }

  return {
    show,

    async change(id, edit) {
      await boards.locked(id, async () => {
        const board = await boards.get(id);
        if (board !== undefined) await boards.put(edit(board));
      });
      void soon(id);
    },

    changed(state) {
      const id = state.kind === 'unknown' ? undefined : boardOf(state.origin);
      if (id !== undefined) void soon(id);
    },

    async sweep() {
      const ids = await boards.ids();
      const due = await someAtOnce(ids, (id) => isDue(id).catch((error: unknown) => log(error, id)));
      await Promise.all(ids.filter((_, at) => due[at] === true).map(soon));
    },

    async untold(actor) {
      const ids = await boards.ids(actor);
      const counts = await Promise.all(ids.map(untoldOf));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Updates the message; where that is over, a new private one says what came of it, if anything has. */
async function tell(adapter: ChatAdapter, board: Board, rendered: Rendered): Promise<Delivery> {
  if (board.message !== undefined) {
    const update = await adapter.update(board.message, rendered.reply);
    if (update.kind === 'delivered' || !rendered.news) return update;
  }
  return adapter.send({ actor: board.actor }, rendered.reply);
}

/** In place of the message whose button was pressed; else, or if that is gone, a new one to the same person. */
export async function deliverReply(
  adapter: ChatAdapter,
  { actor, conversation, message }: Answered,
  reply: Reply,
): Promise<Delivery> {
  if (message !== undefined) {
    const update = await adapter.update(message, reply);
    if (update.kind !== 'gone') return update;
  }
  return adapter.send({ actor, ...(conversation === undefined ? {} : { conversation }) }, reply);
}
