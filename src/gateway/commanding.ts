import type { Server } from '../auth/types.js';
import { createAdmission } from './access/admission.js';
import type { AuditNotes } from './audit/notes.js';
import { deliverAnswer } from './boards/answering.js';
import type { Boards } from './boards/boards.js';
import type { LiveMessages } from './boards/live-messages.js';
import { deliverReply, type Notifier } from './boards/notifier.js';
import type { Tasks } from './boards/pace.js';
import type { CommandContext } from './commands/command.js';
import { commands } from './commands/index.js';
import type { Look, Looking } from './looking.js';
import type { EventHub } from './notices/events.js';
import type { Seen } from './notices/seen.js';
import { whereaboutsOf } from './notices/whereabouts.js';
import { answerSlip, apologise, besideKey, holdsSecret, removeMessage } from './refusals.js';
import { type Services, signedInTo } from './services.js';
import { keysToAsk } from './status.js';
import type { Actor, ChatAdapter, Invocation } from './types.js';
import { type Call, type Route, type RouterView, route } from './words/command-router.js';
import type { CommandName, Role } from './words/grammar.js';

/** What became of a command, for whoever counts. */
interface Done {
  readonly command: CommandName | 'none';
  readonly outcome: 'answered' | 'refused' | 'misunderstood' | 'failed';
}

const REFUSED: Done = { command: 'none', outcome: 'refused' };

export interface CommandingParts {
  readonly services: Services;
  readonly boards: Boards;
  readonly notifier: Notifier;
  readonly tasks: Tasks;
  readonly events: EventHub;
  readonly seen: Seen;
  readonly looking: Looking;
  readonly live: LiveMessages;
  readonly notes: AuditNotes;
}

export interface Commanding {
  /** Runs one command and sends what it answers. Never rejects. */
  handle(invocation: Invocation, adapter: ChatAdapter): Promise<void>;
  /** To this actor there are no others. */
  serversOf(actor: Actor): readonly Server[];
}

/** A command, from who may give it to the answer that is sent. */
export function createCommanding(parts: CommandingParts): Commanding {
  const { services, boards, notifier, tasks, events, seen, looking, live, notes } = parts;
  const { log } = services;
  const admit = createAdmission(services.access, services.limits, services.now);

  async function answerTo(invocation: Invocation, adapter: ChatAdapter): Promise<Done> {
    const admitted = admit(invocation.actor, adapter.place?.(invocation.conversation), invocation.awaited);
    if (admitted.kind === 'out') {
      if (holdsSecret(invocation)) await removeMessage(invocation, adapter, log);
      if (admitted.news) notes.of(invocation, adapter)('refused', admitted.why);
      if (admitted.reply !== undefined)
        await deliverReply(adapter, invocation, besideKey(admitted.reply, invocation));
      return REFUSED;
    }
    const { role } = admitted;
    const servers = serversOf(invocation.actor);
    const found = route(invocation.words, routerView(role, servers), invocation.fields);
    if (found.kind === 'admins-only') notes.of(invocation, adapter)('refused', found.kind);
    if (found.kind !== 'run') {
      const offered = await offeredBy(found, invocation.actor, role, servers);
      await answerSlip(found, invocation, adapter, { servers, offered, log });
      return found.kind === 'admins-only' ? REFUSED : { command: 'none', outcome: 'misunderstood' };
    }
    const { command } = found.call;
    try {
      await run(found.call, invocation, role, servers, adapter);
      return { command, outcome: 'answered' };
    } catch (error) {
      await apologise(error, invocation, adapter, log);
      return { command, outcome: 'failed' };
    }
  }

  /** Whoever signs out and names no server is offered what there is to sign out of. */
  async function offeredBy(
    slip: Route,
    actor: Actor,
    role: Role,
    servers: readonly Server[],
  ): Promise<readonly string[]> {
    const signsOut = slip.kind === 'missing-server' && slip.command.name === 'logout';
    if (!signsOut) return servers.map(({ name }) => name);
    return signedInTo(services, servers, services.people.subjectOf(actor), role);
  }

  async function run(
    call: Call,
    invocation: Invocation,
    role: Role,
    servers: readonly Server[],
    adapter: ChatAdapter,
  ): Promise<void> {
    // It holds a code: gone from the chat before anything else happens.
    const removed = call.address === undefined ? undefined : await removeMessage(invocation, adapter, log);
    const look = looking.begin(invocation.actor, services.people.subjectOf(invocation.actor), call);
    const context = contextOf(invocation, role, servers, adapter, look, removed);
    tasks.add(
      seen
        .note(context.subject, invocation.actor)
        .catch((error: unknown) => log.warn({ error }, 'who spoke is not written down')),
    );
    let goesOn: Promise<void> | undefined;
    try {
      const answer = await commands[call.command](call, context);
      ({ goesOn } = await deliverAnswer(answer, adapter, context, live));
    } finally {
      void (goesOn ?? Promise.resolve()).finally(look.over);
    }
  }

  async function handle(invocation: Invocation, adapter: ChatAdapter): Promise<void> {
    const sinceMs = performance.now();
    const { command, outcome } = await answerTo(invocation, adapter).catch(async (error): Promise<Done> => {
      await apologise(error, invocation, adapter, log);
      return { command: 'none', outcome: 'failed' };
    });
    services.observed.command(command, outcome, (performance.now() - sinceMs) / 1000);
  }

  function serversOf(actor: Actor): readonly Server[] {
    return services.settings().servers.filter(({ name }) => services.access.mayUse(actor, name));
  }

  function routerView(role: Role, servers: readonly Server[]): RouterView {
    const keyed = servers.filter((server) => keysToAsk(server).length > 0).map((server) => server.name);
    return { role, servers: servers.map((server) => server.name), keyed: new Set(keyed) };
  }

  function contextOf(
    invocation: Invocation,
    role: Role,
    servers: readonly Server[],
    adapter: ChatAdapter,
    look: Look,
    removed: boolean | undefined,
  ): CommandContext {
    return {
      ...whereaboutsOf(adapter, invocation),
      invocation,
      role,
      subject: services.people.subjectOf(invocation.actor),
      services,
      servers,
      boards,
      notifier,
      tasks,
      note: notes.of(invocation, adapter),
      events,
      look,
      editable: adapter.editable?.(invocation) !== false,
      ...(removed === undefined ? {} : { removed }),
    };
  }

  return { handle, serversOf };
}
