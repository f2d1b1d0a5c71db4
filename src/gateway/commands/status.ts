import type { Server } from '../../auth/types.js';
import { pause, within } from '../boards/pace.js';
import { wantingNames } from '../looking.js';
import { pageOf } from '../paging.js';
import { isStale, knownFacts, type ServerFacts, type Services } from '../services.js';
import type { Reply } from '../types.js';
import { serverInFull } from '../views/server.js';
import { statusList } from '../views/status.js';
import type { Call } from '../words/command-router.js';
import { answer, type Command, type CommandContext, type LiveMessage, viewerOf } from './command.js';

/**
 * Answers at once from what is known, then looks at what is stale, all at the same time, and edits the same message
 * as answers come in. A server that hangs keeps its "checking…" for so long, and delays no other. Where a message cannot
 * be edited, the answer waits a little for them. What nobody edits any more says that there was no answer yet.
 */
export const status: Command = async (call, context) => {
  const { services, subject } = context;
  const named = call.servers[0];
  const servers = context.servers.filter((server) => named === undefined || server.name === named);
  const known = await knownFacts(services, servers, subject);
  const first = await view(call, known, context);
  const stale = known.filter((one) => isStale(one, services));
  if (stale.length === 0) return answer(first);
  if (!context.editable) {
    await within(Promise.allSettled(looksAt(stale, services)), services.pacing.patienceMs);
    return answer(await current('last', call, servers, context));
  }
  return answer(first, (message) =>
    follow(message, stale, (which) => current(which, call, servers, context), services),
  );
};

type Which = 'passing' | 'last';

async function view(
  call: Call,
  known: readonly ServerFacts[],
  context: CommandContext,
  which?: Which,
): Promise<Reply> {
  const [only] = known;
  const shown = call.servers.length > 0 ? known : pageOf(known, call.page).items;
  context.look.says(wantingNames(shown, context.services.now()));
  if (call.servers.length > 0 && only !== undefined) {
    const last = await context.services.signIns.lastFailure(only.subject, only.server.name);
    return serverInFull(only, viewerOf(context), last);
  }
  return statusList(known, call.page, viewerOf(context), which === 'last' ? 'no answer yet' : 'checking…');
}

async function current(
  which: Which,
  call: Call,
  servers: readonly Server[],
  context: CommandContext,
): Promise<Reply> {
  const known = await knownFacts(context.services, servers, context.subject);
  const reply = await view(call, known, context, which);
  return which === 'passing' ? { ...reply, passing: true } : reply;
}

/** All at the same time. */
function looksAt(stale: readonly ServerFacts[], { connections }: Services): readonly Promise<unknown>[] {
  return stale.map(({ server, subject }) => connections.probe(server, subject));
}

/** One edit every two seconds at most, and one at once when the last answer is in, or when there is no time for more. */
async function follow(
  message: LiveMessage,
  stale: readonly ServerFacts[],
  render: (which: Which) => Promise<Reply>,
  services: Services,
): Promise<void> {
  const wake = new AbortController();
  const ring = (): void => wake.abort();
  message.signal.addEventListener('abort', ring, { once: true });
  if (message.signal.aborted) ring();
  void Promise.allSettled(looksAt(stale, services)).then(ring);
  for (;;) {
    await pause(services.pacing.editEveryMs, wake.signal);
    if (wake.signal.aborted) break;
    if ((await message.edit(() => render('passing'))) === 'over') return;
  }
  await message.finish(() => render('last'));
}
