import type { KeySubmitOutcome, Server } from '../../auth/types.js';
import type { Board, BoardItem } from '../boards/boards.js';
import { subjectFor } from '../services.js';
import { keysToAsk } from '../status.js';
import { adminsOnly } from '../views/sentences.js';
import { signInView } from '../views/sign-in.js';
import { type Answer, answer, type CommandContext } from './command.js';

/** A submitted key form: checked by connecting, then kept; the answer stands where the form stood. */
export async function submitKey(
  server: Server,
  fields: Readonly<Record<string, string>>,
  context: CommandContext,
): Promise<Answer> {
  const { services, role, invocation, actor, boards, forms } = context;
  if (server.credentials === 'shared' && role !== 'admin') return answer(adminsOnly());
  const names = keysToAsk(server).map((key) => key.name);
  const values = Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const subject = subjectFor(server, context.subject);
  const tried: KeySubmitOutcome =
    services.limits.signIn(subject, server.name).kind === 'over'
      ? { kind: 'not-checked', failure: { code: 'rate-limited', detail: '' } }
      : await services.apiKeys.submit(server, subject, values);
  context.note('key-given', tried.kind, server.name);
  if (tried.kind === 'kept')
    await context.events.tell('signedIn', { subject, server: server.name, reason: 'key' });
  const item = { server: server.name, kind: 'key', names, tried } as const;
  const board = invocation.message && (await boards.onMessage(actor, invocation.message));
  const updated = board && (await putResult(board.id, item, context));
  if (updated !== undefined) return { kind: 'board', board: updated };
  return answer(signInView({ items: [item], more: 0, forms }));
}

/** Undefined: the message has no line for this server. */
async function putResult(
  id: string,
  item: Extract<BoardItem, { kind: 'key' }> & { readonly tried: KeySubmitOutcome },
  { boards }: CommandContext,
): Promise<Board | undefined> {
  return boards.locked(id, async () => {
    const board = await boards.get(id);
    if (board === undefined || !board.items.some((old) => old.server === item.server)) return undefined;
    const updated = {
      ...board,
      items: board.items.map((old) => (old.server === item.server ? item : old)),
    };
    await boards.put(updated);
    return updated;
  });
}
