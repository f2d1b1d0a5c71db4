import { randomUUID } from 'node:crypto';
import type { SignInResult, SignInState } from '../../auth/sign-in/types.js';
import type { CredentialKey, CredentialView, Server } from '../../auth/types.js';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey } from '../../storage/types.js';
import type { Note } from '../audit/notes.js';
import { unreached } from '../boards/answering.js';
import type { Board, Boards } from '../boards/boards.js';
import type { Notifier } from '../boards/notifier.js';
import type { Tasks } from '../boards/pace.js';
import { beginAll } from '../commands/auth-begin.js';
import { serverNamed } from '../commands/servers.js';
import type { EventHub } from '../notices/events.js';
import { whereaboutsOf } from '../notices/whereabouts.js';
import { type Services, subjectFor } from '../services.js';
import { authKind } from '../status.js';
import { type Actor, actorId, type ChatAdapter, type Platform } from '../types.js';
import type { Asked } from '../views/sign-in.js';
import type { SignInRequest, SignInRequests, SignInWait, SignInWaited } from './call-types.js';
import { createWaiters } from './waiters.js';

/** A message that asked somebody for a sign-in. */
interface AskedRecord {
  readonly atMs: number;
  /** Absent: they had a link of their own already. */
  readonly signIn?: string;
}

export interface SignInRequestsDeps {
  readonly services: Services;
  readonly boards: Boards;
  readonly notifier: Notifier;
  readonly tasks: Tasks;
  readonly events: Pick<EventHub, 'on'>;
  readonly adapterOf: (platform: Platform) => ChatAdapter | undefined;
}

/** The same, for the gateway that hears how sign-ins end. */
export interface OwnSignInRequests extends SignInRequests {
  /** A sign-in moved on, in this process or in another one. */
  changed(state: SignInState): void;
  /** Whoever still waits is told that nobody goes on waiting here. */
  close(): void;
}

type Asking = Awaited<ReturnType<SignInRequests['request']>>;

const COLLECTION = 'sign-in-requests';
/** Should news of another process be lost, this finds it. */
const LOOK_EVERY_MS = 15_000;
const STARTING_MS = 60_000;

/** The end of a sign-in as it is for whoever waits; undefined: another one may still work. */
function endOf({ kind }: SignInResult): SignInWaited | undefined {
  if (kind === 'connected') return 'signed-in';
  if (kind === 'declined' || kind === 'cancelled') return 'declined';
  return kind === 'expired' ? 'expired' : undefined;
}

function askedOf(server: Server, { reason }: SignInRequest): Asked {
  if (authKind(server) === 'keys') return 'key';
  return reason === 'scope' ? 'access' : 'sign-in';
}

/** When its person consented: a refresh is no sign-in. */
function grantedAtMs(view: CredentialView | undefined): number | undefined {
  if (view === undefined || view.kind === 'unreadable' || view.refused !== undefined) return undefined;
  return view.kind === 'oauth' ? (view.grantedAtMs ?? view.issuedAtMs) : view.issuedAtMs;
}

export function createSignInRequests(deps: SignInRequestsDeps): OwnSignInRequests {
  const { services, boards, notifier, tasks, adapterOf } = deps;
  const { store, signIns, credentials, log } = services;
  const records = store.records<AskedRecord>(COLLECTION);
  /** By whose the access is to be. */
  const waiters = createWaiters<SignInWaited>();
  /** By whose the sign-in is: what others give up is nobody's end. */
  const ends = createWaiters<SignInWaited>();
  const asking = new Map<string, Promise<Asking>>();
  let closed = false;
  const stop = deps.events.on('signedIn', ({ subject, server }) =>
    waiters.settle(recordKey(subject, server), 'signed-in'),
  );

  const keyFor = (actor: Actor, server: Server): CredentialKey => ({
    subject: subjectFor(server, services.people.subjectOf(actor)),
    server: server.name,
  });

  /** Sign-ins of this person there that have not ended, whoever or whatever began them. */
  async function openSignIn(actor: Actor, { subject, server }: CredentialKey): Promise<string | undefined> {
    for (const state of await signIns.open(subject)) {
      if (state.kind === 'unknown' || state.kind === 'ended') continue;
      if (state.server === server && state.startedBy === actorId(actor)) return state.id;
    }
    return undefined;
  }

  /** A form in the chat is nothing that ends: it counts as open for as long as a link would be. */
  async function isAsked(actor: Actor, server: Server, name: string): Promise<boolean> {
    const before = await unlessUnreadable(records.get(name));
    const key = keyFor(actor, server);
    if (before !== undefined && before.signIn === undefined && authKind(server) === 'keys')
      return (grantedAtMs(await credentials.view(key)) ?? 0) < before.atMs;
    const open = await openSignIn(actor, key);
    if (open === undefined) return before?.signIn === undefined && isYoung(before);
    if (before?.signIn !== open) await note(name, { atMs: services.now(), signIn: open });
    return true;
  }

  /** Its provider may still be asked for a link. */
  const isYoung = (before: AskedRecord | undefined): boolean =>
    before !== undefined && services.now() - before.atMs < STARTING_MS;

  const note = (name: string, record: AskedRecord): Promise<void> =>
    records.set(name, record, services.settings().security.signInLifetimeMs);

  async function send(
    asked: SignInRequest,
    server: Server,
    adapter: ChatAdapter,
    name: string,
  ): Promise<Asking> {
    const atMs = services.now();
    const where = whereaboutsOf(adapter, asked);
    const invocation = { deliveryId: randomUUID(), words: ['auth', server.name], ...asked };
    const { conversation } = asked;
    const editable =
      conversation === undefined || adapter.editable?.({ ...invocation, conversation }) !== false;
    const { subject } = keyFor(asked.actor, server);
    const inAudit: Note = (_, outcome) =>
      services.audit.record({
        what: 'agent-call',
        outcome: `sign-in ${outcome}`,
        actor: actorId(asked.actor),
        ...(subject === actorId(asked.actor) ? {} : { subject }),
        server: server.name,
      });
    const context = {
      ...{ services, boards, notifier, tasks, note: inAudit },
      ...where,
      editable,
      asked: askedOf(server, asked),
    };
    const kind = authKind(server) === 'keys' ? 'key' : 'sign-in';
    const board = await beginAll([{ kind, server, subject }], 0, undefined, context);
    return (await wasShown(board, adapter, where, context)) ? sent(name, board, atMs) : 'no-private-way';
  }

  /** A sign-in that cannot even begin is for `/mcp auth` to explain. */
  async function wasShown(
    board: Board,
    adapter: ChatAdapter,
    where: ReturnType<typeof whereaboutsOf>,
    context: Parameters<typeof unreached>[2],
  ): Promise<boolean> {
    const [item] = board.items;
    if (item?.kind === 'failed') {
      log.info({ server: item.server, failure: item.failure }, 'a sign-in for an agent could not begin');
      return false;
    }
    const delivery = await notifier.show(board, adapter, where);
    if (delivery.kind === 'delivered') return true;
    await unreached(board, delivery, context);
    return false;
  }

  async function sent(name: string, { items }: Board, atMs: number): Promise<Asking> {
    const [item] = items;
    await note(name, { atMs, ...(item?.kind === 'sign-in' ? { signIn: item.id } : {}) });
    return 'sent';
  }

  async function ask(asked: SignInRequest, name: string): Promise<Asking> {
    const adapter = adapterOf(asked.actor.platform);
    const server = serverNamed(services.settings(), asked.server);
    const role = services.access.may(asked.actor);
    if (adapter === undefined || server?.enabled !== true || role === 'stranger') return 'no-private-way';
    // Only an admin can mend what is everyone's.
    if (server.credentials === 'shared' && role !== 'admin') return 'no-private-way';
    return await store.lock(recordKey('sign-in-request', name), async () => {
      if (await isAsked(asked.actor, server, name)) return 'already-asked';
      return await send(asked, server, adapter, name);
    });
  }

  async function request(asked: SignInRequest): Promise<Asking> {
    const name = recordKey(actorId(asked.actor), asked.server);
    const running = asking.get(name);
    if (running !== undefined) {
      const outcome = await running;
      return outcome === 'sent' ? 'already-asked' : outcome;
    }
    const started = ask(asked, name).finally(() => asking.delete(name));
    asking.set(name, started);
    return await started;
  }

  /** How it stands by the store alone: what was told before anybody waited. */
  async function standing(actor: Actor, key: CredentialKey): Promise<SignInWaited | undefined> {
    const asked = await unlessUnreadable(records.get(recordKey(actorId(actor), key.server)));
    const granted = grantedAtMs(await credentials.view(key));
    if (granted !== undefined && granted >= (asked?.atMs ?? 0)) return 'signed-in';
    if (asked?.signIn === undefined) return undefined;
    const state = await signIns.look(asked.signIn);
    return state.kind === 'ended' ? endOf(state.result) : undefined;
  }

  async function wait(actor: Actor, name: string, { timeoutMs, signal }: SignInWait): Promise<SignInWaited> {
    if (closed || signal?.aborted === true) return 'aborted';
    const server = serverNamed(services.settings(), name);
    if (server === undefined) return 'expired';
    const key = keyFor(actor, server);
    const waiter = waiters.wait(recordKey(key.subject, key.server));
    const own = ends.wait(recordKey(actorId(actor), key.server));
    own.settled.then(waiter.settle);
    const look = (): void => {
      standing(actor, key).then(
        (found) => found !== undefined && waiter.settle(found),
        (error: unknown) => log.warn({ error, server: name }, 'how a sign-in stands could not be read'),
      );
    };
    const aborted = (): void => waiter.settle('aborted');
    signal?.addEventListener('abort', aborted, { once: true });
    const looking = setInterval(look, LOOK_EVERY_MS);
    const limit = setTimeout(() => waiter.settle('timeout'), Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
    look();
    try {
      return await waiter.settled;
    } finally {
      clearInterval(looking);
      clearTimeout(limit);
      own.settle('aborted');
      signal?.removeEventListener('abort', aborted);
    }
  }

  return {
    request,
    wait,
    changed(state) {
      if (state.kind !== 'ended') return;
      const end = endOf(state.result);
      // That access works is told when it is so for every process: by the event.
      if (end !== undefined && end !== 'signed-in')
        ends.settle(recordKey(state.startedBy, state.server), end);
    },
    close() {
      closed = true;
      stop();
      waiters.settleAll('aborted');
    },
  };
}

/** What Node's timers can hold. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
