import type { AuthFailure } from '../../auth/types.js';
import type { Services } from '../services.js';
import { countdown } from '../times.js';
import type { ChatAdapter, ConversationRef, Reply } from '../types.js';
import { hasEnded, isConnected, type SignInItem, signInView } from '../views/sign-in.js';
import { type Board, type BoardItem, fingerprint } from './boards.js';

/** A provider that was being asked for so long belongs to a process that died. */
const STARTING_TOO_LONG_MS = 60_000;

type Looks = Pick<Services, 'signIns' | 'now'>;

/** A sign-in message as it has to read now. */
export interface Rendered {
  readonly reply: Reply;
  readonly shown: string;
  /** Sign-ins that have not ended. */
  readonly open: number;
  /** Something that the person has to hear, even if their old message is gone. */
  readonly news: boolean;
  /** A key form or one of several lines to try again: pressing it finds the others as long as the board is kept. */
  readonly waits: boolean;
}

export const isOver = ({ open, waits }: Rendered): boolean => open === 0 && !waits;

/** What the platform can do for a message there. */
export interface Showing {
  readonly forms: boolean;
  readonly hears: boolean;
}

export function showingOf(
  adapter: ChatAdapter | undefined,
  conversation: ConversationRef | undefined,
): Showing {
  const hears = conversation !== undefined && adapter?.hears?.(conversation) === true;
  return { forms: adapter?.forms === true, hears };
}

/**
 * From where its sign-ins stand now, and from nothing else: the same standing gives the same text and fingerprint. The
 * clock counts only for a code that runs out, and there in steps.
 */
export async function renderBoard(services: Looks, board: Board, showing: Showing): Promise<Rendered> {
  const items = await Promise.all(board.items.map((item) => shownItem(item, services)));
  const asked = board.asked === undefined ? {} : { asked: board.asked };
  const view = signInView({ items, more: board.more, ...asked, ...showing });
  const open = items.filter((item) => !hasEnded(item)).length;
  const reply: Reply = open > 0 && !items.some(isWaitingForCode) ? { ...view, passing: true } : view;
  return {
    reply,
    shown: fingerprint(reply),
    open,
    news: items.some((item, at) => isNews(item) || isLateLink(board.items[at], item)),
    waits: items.some((item) => (item.kind === 'key' || items.length > 1) && !isConnected(item)),
  };
}

function isWaitingForCode(item: SignInItem): boolean {
  return item.kind === 'sign-in' && item.state.kind === 'waiting-for-code';
}

function isNews(item: SignInItem): boolean {
  if (item.kind !== 'sign-in') return item.kind === 'failed';
  return isWaitingForCode(item) || (hasEnded(item) && !isOwnDoing(item));
}

/** The first message had no link yet. */
function isLateLink(stored: BoardItem | undefined, item: SignInItem): boolean {
  if (item.kind !== 'sign-in' || stored?.kind !== 'sign-in') return false;
  return stored.late === true && item.state.kind === 'pending';
}

/** They know it from the answer to what they did: a message that can no longer be edited needs no successor to say so. */
function isOwnDoing({ state }: Extract<SignInItem, { kind: 'sign-in' }>): boolean {
  if (state.kind !== 'ended') return false;
  const { result } = state;
  return result.kind === 'cancelled' || (result.kind === 'replaced' && result.by === undefined);
}

async function shownItem(item: BoardItem, services: Looks): Promise<SignInItem> {
  switch (item.kind) {
    case 'sign-in': {
      const state = await services.signIns.look(item.id);
      const left = state.kind === 'pending' && state.method === 'device' ? state.expiresAtMs : undefined;
      return { ...item, state, ...(left === undefined ? {} : { leftMs: countdown(left - services.now()) }) };
    }
    case 'starting':
      return services.now() - item.sinceMs < STARTING_TOO_LONG_MS ? item : interrupted(item.server);
    default:
      return item;
  }
}

function interrupted(server: string): SignInItem {
  const failure: AuthFailure = { code: 'internal', detail: 'interrupted while it was starting' };
  return { server, kind: 'failed', failure };
}
