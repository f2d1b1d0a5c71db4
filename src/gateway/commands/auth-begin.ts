import type { BeginOutcome, BeginRequest } from '../../auth/sign-in/types.js';
import { StoreError } from '../../storage/types.js';
import { isOpen } from '../access/access.js';
import { type Board, type BoardItem, newBoardId, originOf } from '../boards/boards.js';
import { within } from '../boards/pace.js';
import type { Whereabouts } from '../notices/whereabouts.js';
import { keysToAsk } from '../status.js';
import { actorId, type Platform } from '../types.js';
import type { Asked } from '../views/sign-in.js';
import { oneLine } from '../wording.js';
import type { Plan } from './auth-plan.js';
import { type CommandContext, patienceOf } from './command.js';

const PLATFORM_NAMES: Readonly<Record<Platform, string>> = {
  telegram: 'Telegram',
  discord: 'Discord',
  slack: 'Slack',
  terminal: 'Terminal',
  web: 'Web chat',
};

const HOUR_MS = 3_600_000;
/** Sign-ins that a stopped gateway left behind end visibly when it is back, days later: their message has to be found. */
const KEEP_MS = 8 * 24 * HOUR_MS;

/** For whom sign-ins begin, and where their message goes. */
export interface BeginContext
  extends Whereabouts,
    Pick<CommandContext, 'services' | 'boards' | 'notifier' | 'tasks' | 'note' | 'editable'> {
  /** An agent needs them, rather than the person themselves. */
  readonly asked?: Asked;
}

/**
 * Starts all sign-ins at the same time and puts them on one message. A provider that takes its time gets a line that
 * says so, and its link when it has answered.
 */
export async function beginAll(
  plans: readonly Plan[],
  more: number,
  existing: Board | undefined,
  context: BeginContext,
): Promise<Board> {
  const { services, notifier, boards, tasks } = context;
  const id = existing?.id ?? newBoardId(context.actor);
  const starts = plans.map((plan) => ({ work: itemOf(plan, id, context), server: serverOf(plan) }));
  const items = await Promise.all(
    starts.map(async ({ work, server }): Promise<BoardItem> => {
      const item = await within(work, patienceOf(context));
      return item ?? { server, kind: 'starting', sinceMs: services.now() };
    }),
  );
  const board = await boards.locked(id, async () => {
    const current = existing === undefined ? undefined : ((await boards.get(id)) ?? existing);
    const made =
      current === undefined ? newBoard(id, items, more, context) : withItems(current, items, context);
    if (made.items.some(hasLife)) await boards.put(made);
    return made;
  });
  for (const [at, { work, server }] of starts.entries()) {
    if (items[at]?.kind !== 'starting') continue;
    const late = work.then((item) => notifier.change(id, (now) => replaceStarting(now, server, item)));
    tasks.add(
      late.catch((error: unknown) => services.log.warn({ error, server }, 'a late sign-in was not shown')),
    );
  }
  return board;
}

/** Whether anything can still come of it. */
export function hasLife(item: BoardItem): boolean {
  return item.kind === 'sign-in' || item.kind === 'starting' || item.kind === 'key';
}

function serverOf(plan: Plan): string {
  return plan.kind === 'item' ? plan.item.server : plan.server.name;
}

function newBoard(id: string, items: readonly BoardItem[], more: number, context: BeginContext): Board {
  const { actor, conversation, asked, services } = context;
  return {
    id,
    actor,
    ...(conversation === undefined ? {} : { conversation }),
    ...(asked === undefined ? {} : { asked }),
    items,
    more,
    createdAtMs: services.now(),
    keepUntilMs: keepUntil(items, context),
    failures: 0,
    retryAtMs: 0,
  };
}

/** A message for keys alone is not needed for long: a late form gets an answer of its own. */
function keepUntil(items: readonly BoardItem[], { services }: BeginContext): number {
  const now = services.now();
  return (
    now + (items.some((item) => item.kind === 'sign-in' || item.kind === 'starting') ? KEEP_MS : HOUR_MS)
  );
}

function withItems(board: Board, items: readonly BoardItem[], context: BeginContext): Board {
  const names = new Set(items.map((item) => item.server));
  const kept = board.items.map((old) => items.find((item) => item.server === old.server) ?? old);
  const known = new Set(board.items.map((item) => item.server));
  const added = items.filter((item) => names.has(item.server) && !known.has(item.server));
  const keepUntilMs = Math.max(board.keepUntilMs, keepUntil(items, context));
  return { ...board, items: [...kept, ...added], keepUntilMs };
}

function replaceStarting(board: Board, server: string, item: BoardItem): Board {
  const late: BoardItem = item.kind === 'sign-in' ? { ...item, late: true } : item;
  const items = board.items.map((old) => (old.server === server && old.kind === 'starting' ? late : old));
  return { ...board, items };
}

/** Never rejects: a server that cannot begin is a line, not the end of the others. */
async function itemOf(plan: Plan, boardId: string, context: BeginContext): Promise<BoardItem> {
  if (plan.kind === 'item') return plan.item;
  const { services, forms } = context;
  const server = plan.server.name;
  if (plan.kind === 'key' && forms) {
    return { server, kind: 'key', names: keysToAsk(plan.server).map((key) => key.name) };
  }
  const spent = services.limits.signIn(plan.subject, server);
  if (spent.kind === 'over') {
    // Once a window: what is refused must not fill the audit instead.
    if (spent.first) context.note('sign-in-begun', 'failed (rate-limited)', server);
    return { server, kind: 'failed', failure: { code: 'rate-limited', detail: '' } };
  }
  try {
    const request = requestOf(plan, boardId, context);
    const begun =
      plan.kind === 'key' ? services.signIns.beginKeyForm(request) : services.signIns.begin(request);
    const outcome = await begun;
    context.note(
      'sign-in-begun',
      outcome.kind === 'link' ? 'begun' : `failed (${outcome.failure.code})`,
      server,
    );
    return begunItem(server, outcome, services.now());
  } catch (error) {
    services.log.error({ error, server }, 'a sign-in could not begin');
    const code = error instanceof StoreError ? 'store-unavailable' : 'internal';
    return { server, kind: 'failed', failure: { code, detail: '' } };
  }
}

function begunItem(server: string, outcome: BeginOutcome, nowMs: number): BoardItem {
  if (outcome.kind === 'failed') return { server, kind: 'failed', failure: outcome.failure };
  return { server, kind: 'sign-in', id: outcome.id, lifetimeMs: outcome.expiresAtMs - nowMs };
}

function requestOf(
  { server, subject }: Extract<Plan, { server: unknown }>,
  boardId: string,
  { services, actor, browser, backUrl, confirmUrl }: BeginContext,
): BeginRequest {
  const { security, access } = services.settings();
  return {
    server,
    subject,
    startedBy: actorId(actor),
    account: {
      platform: PLATFORM_NAMES[actor.platform],
      name: oneLine(actor.displayName, 60) || oneLine(actor.userId, 60),
      ...(backUrl === undefined ? {} : { backUrl }),
      ...(confirmUrl === undefined ? {} : { confirmUrl }),
    },
    origin: originOf(boardId),
    confirmAlways: security.confirm === 'always' || isOpen(access.users),
    browser,
    listed: !isOpen(access.users),
  };
}
