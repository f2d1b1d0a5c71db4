import { randomBytes } from 'node:crypto';
import type { Server } from '../auth/types.js';
import type { Log } from '../observability/log.js';
import { StoreError } from '../storage/types.js';
import { deliverReply } from './boards/notifier.js';
import { keysToAsk } from './status.js';
import { actorId, type ChatAdapter, type Invocation, type Reply, returnAddress } from './types.js';
import { storageTrouble, surprise } from './views/sentences.js';
import { slipView } from './views/slips.js';
import type { Route } from './words/command-router.js';
import { looksSecret } from './words/likeness.js';

interface SlipParts {
  /** All that there are for this person. */
  readonly servers: readonly Server[];
  /** Those that the command could mean. */
  readonly offered: readonly string[];
  readonly log: Log;
}

/** Answers words that are no command as they stand. A pasted secret is taken away first, where that can be done. */
export async function answerSlip(
  slip: Exclude<Route, { kind: 'run' }>,
  invocation: Invocation,
  adapter: ChatAdapter,
  { servers, offered, log }: SlipParts,
): Promise<void> {
  const removed = slip.kind === 'pasted-secret' ? await removeMessage(invocation, adapter, log) : undefined;
  const keys = new Map(servers.map((server) => [server.name, keysToAsk(server).map((key) => key.name)]));
  const reply = slipView(slip, {
    servers: offered,
    forms: adapter.forms === true,
    keysOf: (name) => keys.get(name) ?? [],
    ...(removed === undefined ? {} : { removed }),
  });
  await deliverReply(adapter, invocation, reply);
}

/** A key, or an address with a code in it: not to be left standing, also where nobody looks at the command. */
export function holdsSecret({ words }: Invocation): boolean {
  return words.some(looksSecret) || returnAddress(words.join(' ')) !== undefined;
}

/** An answer that says nothing of the key in what it answers. An address is no key: what is in it works once. */
export function besideKey(reply: Reply, { words }: Invocation): Reply {
  const holdsKey = words.some(looksSecret) && returnAddress(words.join(' ')) === undefined;
  return holdsKey ? { ...reply, exposed: true } : reply;
}

/** Undefined: the platform cannot, or there is no message to remove. */
export async function removeMessage(
  { typed }: Invocation,
  adapter: ChatAdapter,
  log: Log,
): Promise<boolean | undefined> {
  if (typed === undefined || adapter.remove === undefined) return undefined;
  return adapter.remove(typed).catch((error: unknown) => {
    log.warn({ error }, 'a message with a pasted secret could not be removed');
    return false;
  });
}

/** Says in one sentence that it did not work; the cause is for the log. The words may hold a secret: never logged. */
export async function apologise(
  error: unknown,
  invocation: Invocation,
  adapter: ChatAdapter,
  log: Log,
): Promise<void> {
  const id = randomBytes(4).toString('hex');
  const stored = error instanceof StoreError;
  log.error({ error, id, actor: actorId(invocation.actor) }, stored ? 'storage failed' : 'a command failed');
  const apology = besideKey(stored ? storageTrouble() : surprise(id), invocation);
  await deliverReply(adapter, invocation, apology).catch((again: unknown) =>
    log.error({ error: again, id }, 'an apology could not be delivered'),
  );
}
