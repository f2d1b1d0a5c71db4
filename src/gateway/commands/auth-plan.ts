import type { Server } from '../../auth/types.js';
import type { BoardItem } from '../boards/boards.js';
import { within } from '../boards/pace.js';
import { isStale, knownFacts, type ServerFacts } from '../services.js';
import { authKind, authStatus, isWanting, keysToAsk } from '../status.js';
import { mayAct } from '../views/status.js';
import { type CommandContext, viewerOf } from './command.js';

/** What `/mcp auth` will do about one server: start a sign-in, ask for a key, or just say how it is. */
export type Plan =
  | { readonly kind: 'sign-in'; readonly server: Server; readonly subject: string }
  | { readonly kind: 'key'; readonly server: Server; readonly subject: string }
  | { readonly kind: 'item'; readonly item: BoardItem };

/** For servers that were named: each gets a line, also when it is signed in to already. */
export async function planNamed(
  servers: readonly Server[],
  context: CommandContext,
): Promise<readonly Plan[]> {
  const known = await knownFacts(context.services, servers, context.subject);
  const unclear = known.filter((one) => needsLook(one, context));
  const looked = unclear.length === 0 ? known : await lookAt(known, unclear, servers, context);
  return looked.map((one) => planOf(one, context));
}

/** Whether only the server itself can say if it wants a sign-in. */
function needsLook(one: ServerFacts, context: CommandContext): boolean {
  return authKind(one.server) === 'ask' && one.credential === undefined && isStale(one, context.services);
}

/** Looks at them all at the same time, and waits for no one for long. */
async function lookAt(
  known: readonly ServerFacts[],
  due: readonly ServerFacts[],
  servers: readonly Server[],
  { services, subject }: CommandContext,
): Promise<readonly ServerFacts[]> {
  if (due.length === 0) return known;
  const looks = due.map(({ server, subject: whose }) => services.connections.probe(server, whose));
  await within(Promise.allSettled(looks), services.pacing.patienceMs);
  return knownFacts(services, servers, subject);
}

function planOf(one: ServerFacts, context: CommandContext): Plan {
  const { server, subject } = one;
  const note = (what: Extract<BoardItem, { kind: 'note' }>['note']): Plan => ({
    kind: 'item',
    item: { server: server.name, kind: 'note', note: what },
  });
  if (!server.enabled) return note('disabled');
  if (authKind(server) === 'none') return note('no-auth');
  if (authKind(server) === 'service') return note('service-account');
  if (authKind(server) === 'keys' && keysToAsk(server).length === 0) return note('shared-key');
  if (!mayAct(one, viewerOf(context))) return note('admins-only');
  if (authKind(server) === 'keys') return { kind: 'key', server, subject };
  if (authKind(server) === 'oauth' || one.credential !== undefined)
    return { kind: 'sign-in', server, subject };
  return planAsked(one, note);
}

/** A server whose config does not say: it was asked, or has not answered. */
function planAsked(
  { server, subject, probe }: ServerFacts,
  note: (what: Extract<BoardItem, { kind: 'note' }>['note']) => Plan,
): Plan {
  switch (probe?.result.kind) {
    case undefined:
      return note('no-answer');
    case 'ready':
      return note('no-auth');
    case 'needs-key':
      return note('headers-refused');
    case 'unreachable':
      return { kind: 'item', item: { server: server.name, kind: 'failed', failure: probe.result.failure } };
    default:
      return { kind: 'sign-in', server, subject };
  }
}

/** Everything that this person has to sign in to or give a key for, and what stands in the way of the rest. */
export interface Wanting {
  readonly plans: readonly Plan[];
  readonly unreachable: readonly string[];
  readonly adminsOnly: readonly string[];
}

export async function planEverything(context: CommandContext): Promise<Wanting> {
  const { services, subject } = context;
  const servers = context.servers.filter((server) => server.enabled);
  const known = await knownFacts(services, servers, subject);
  const nowMs = services.now();
  const due = known.filter((one) => isStale(one, services) && !isWanting(authStatus(one, nowMs)));
  const facts = await lookAt(known, due, servers, context);
  return sortOut(facts, context);
}

function sortOut(facts: readonly ServerFacts[], context: CommandContext): Wanting {
  const viewer = viewerOf(context);
  const statusOf = (one: ServerFacts) => authStatus(one, viewer.nowMs).kind;
  const wanting = facts.filter((one) => isWanting(authStatus(one, viewer.nowMs)));
  const mine = wanting.filter((one) => mayAct(one, viewer));
  // Links that are out already come last: they are made anew only where there is room.
  const fresh = mine.filter((one) => statusOf(one) !== 'sign-in-pending');
  const pending = mine.filter((one) => statusOf(one) === 'sign-in-pending');
  return {
    plans: [...facts.flatMap(waitingForCode), ...[...fresh, ...pending].map(planWanting)],
    unreachable: facts.filter((one) => isSilent(one, statusOf(one))).map((one) => one.server.name),
    adminsOnly: wanting.filter((one) => !mayAct(one, viewer)).map((one) => one.server.name),
  };
}

function isSilent(one: ServerFacts, status: string): boolean {
  return (
    status === 'unreachable' ||
    (one.probe === undefined && status === 'no-auth' && one.server.kind !== 'stdio')
  );
}

function planWanting({ server, subject }: ServerFacts): Plan {
  return { kind: authKind(server) === 'keys' ? 'key' : 'sign-in', server, subject };
}

/** Its digits are still to come: a new sign-in would throw away the one that is nearly done. */
function waitingForCode({ server, open }: ServerFacts): readonly Plan[] {
  if (open?.kind !== 'waiting-for-code') return [];
  return [{ kind: 'item', item: { server: server.name, kind: 'sign-in', id: open.id, lifetimeMs: 0 } }];
}
