import type { OnSignInChange, SignInState } from '../auth/sign-in-types.js';
import type { CredentialKey } from '../auth/types.js';
import { keySegments } from '../storage/types.js';
import { createAdapterMemory } from './adapter-memory.js';
import type { SignInRequests } from './agent-call-types.js';
import { deliverAnswer } from './answering.js';
import { createBoards } from './boards.js';
import { type RouterView, route } from './command-router.js';
import type { CommandContext } from './commands/command.js';
import { commands } from './commands/index.js';
import { completions } from './completion.js';
import { createDeliveries } from './deliveries.js';
import { createEvents, type EventHub, type OtherTools } from './events.js';
import type { Role } from './grammar.js';
import { createInTurn } from './in-turn.js';
import { looksSecret } from './likeness.js';
import { createLiveMessages } from './live-messages.js';
import { createLooking } from './looking.js';
import { createNotices, isEnded } from './notices.js';
import { createNotifier, deliverReply } from './notifier.js';
import { createLanes, createTasks, within } from './pace.js';
import { answerSlip, apologise, removeMessage } from './refusals.js';
import { createSeen } from './seen.js';
import { PACING, type Pacing, type Services, SHARED } from './services.js';
import { createSignInRequests } from './sign-in-requests.js';
import { keysToAsk } from './status.js';
import {
  type Actor,
  actorId,
  type ChatAdapter,
  type ChatGateway,
  type Invocation,
  type Platform,
} from './types.js';
import { strangerView } from './views/sentences.js';
import { whereaboutsOf } from './whereabouts.js';

export type { ReloadOutcome } from './services.js';

export type GatewayDeps = Omit<Services, 'now' | 'pacing'> & {
  /** True where other replicas may serve the same bots. */
  readonly replicated?: boolean;
  readonly now?: () => number;
  readonly pacing?: Partial<Pacing>;
};

export interface Gateway extends Pick<ChatGateway, 'handle' | 'complete'> {
  readonly adapters: readonly ChatAdapter[];
  addAdapter(adapter: ChatAdapter): void;
  /** For `SignIns`: tells the chat, by itself and soon. */
  readonly onSignInChange: OnSignInChange;
  /** For the keeper and the keys, from the one process that marked it: what worked does not any more. Returns at once. */
  onRefused(key: CredentialKey, refused: { readonly sinceMs: number }): void;
  /** An operator changed it, from outside the chat. */
  onOperatorChange(key: CredentialKey, what: 'imported' | 'revoked'): Promise<void>;
  /** For those who look at servers, and those whom servers tell. Returns at once. */
  onTools(key: CredentialKey, change: OtherTools): void;
  readonly events: EventHub;
  /** For agents: asks a person for a sign-in, and waits for it. */
  readonly signInRequests: SignInRequests;
  /** Starts the adapters, listens to other processes' news and tells what a former process could not. */
  start(): Promise<void>;
  /** Tells what could not be told before. To be called now and then, after `SignIns.sweep`. */
  sweep(): Promise<void>;
  /** This actor's sign-ins that have not ended, or whose end the chat has not heard of. */
  openSignIns(actor: Actor): Promise<number>;
  /** Resolves when nothing is under way any more: probes, edits, late links. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** What is under way gets so long to end; what it leaves untold, the next sweep tells. */
const STOP_WITHIN_MS = 5_000;

/** What commands mean, for every platform: words in, Replies out. Never rejects towards an adapter. */
export function createGateway(deps: GatewayDeps): Gateway {
  const services: Services = { now: Date.now, ...deps, pacing: { ...PACING, ...deps.pacing } };
  const { log, signIns, store } = services;
  const adapters = new Map<Platform, ChatAdapter>();
  const adapterOf = (platform: Platform): ChatAdapter | undefined => adapters.get(platform);
  const tasks = createTasks();
  const lanes = createLanes(services.pacing.editEveryMs, tasks);
  const boards = createBoards(store, services.now);
  const notifier = createNotifier({ services, boards, lanes, adapterOf });
  const seen = createSeen(store, services.now);
  const looking = createLooking();
  const events = createEvents({
    store,
    log,
    now: services.now,
    actorsOf: async (subject) => {
      const actor = subject === SHARED ? undefined : await seen.last(subject);
      return actor === undefined ? [] : [actor];
    },
  });
  const requests = createSignInRequests({ services, boards, notifier, tasks, events, adapterOf });
  const notices = createNotices({ services, store, seen, adapterOf });
  const live = createLiveMessages();
  const deliveries = createDeliveries();
  const watches: (() => void)[] = [];

  async function answerTo(invocation: Invocation, adapter: ChatAdapter): Promise<void> {
    const role = services.access.may(invocation.actor);
    if (role === 'stranger') {
      if (invocation.words.some(looksSecret)) await removeMessage(invocation, adapter, log);
      await deliverReply(adapter, invocation, strangerView(invocation.actor));
      return;
    }
    const found = route(invocation.words, routerView(role), invocation.fields);
    if (found.kind !== 'run') return answerSlip(found, invocation, adapter, services);
    // It holds a code: gone from the chat before anything else happens.
    const removed =
      found.call.address === undefined ? undefined : await removeMessage(invocation, adapter, log);
    const context = contextOf(invocation, role, adapter, removed);
    inBackground('who spoke is not written down', seen.note(context.subject, invocation.actor));
    const seenIt = looking.begin(invocation.actor, context.subject, found.call);
    let goesOn: Promise<void> | undefined;
    try {
      const answer = await commands[found.call.command](found.call, context);
      ({ goesOn } = await deliverAnswer(answer, adapter, context, live));
    } finally {
      void (goesOn ?? Promise.resolve()).finally(seenIt);
    }
  }

  function inBackground(trouble: string, work: Promise<void>): void {
    tasks.add(work.catch((error: unknown) => log.warn({ error }, trouble)));
  }

  function tellSignedIn(state: SignInState): void {
    if (state.kind !== 'ended' || state.result.kind !== 'connected') return;
    const { subject, server, method } = state;
    const reason = method === 'key-form' ? 'key' : 'sign-in';
    inBackground('a sign-in was not told', events.tell('signedIn', { subject, server, reason }));
  }

  async function accessEnded(key: CredentialKey, sinceMs: number, told: readonly string[]): Promise<void> {
    const view = await services.credentials.view(key);
    if (view === undefined || !isEnded(view, sinceMs)) return;
    const reason = view.kind === 'keys' ? 'key-refused' : 'ended-by-provider';
    await events.tell('needsReauth', { ...key, reason });
    await notices.ended(key, sinceMs, told);
  }

  function routerView(role: Role): RouterView {
    const { servers } = services.settings();
    const keyed = servers.filter((server) => keysToAsk(server).length > 0).map((server) => server.name);
    return { role, servers: servers.map((server) => server.name), keyed: new Set(keyed) };
  }

  function contextOf(
    invocation: Invocation,
    role: Role,
    adapter: ChatAdapter,
    removed: boolean | undefined,
  ): CommandContext {
    return {
      ...whereaboutsOf(adapter, invocation),
      invocation,
      role,
      subject: services.people.subjectOf(invocation.actor),
      services,
      boards,
      notifier,
      tasks,
      events,
      editable: adapter.editable?.(invocation) !== false,
      ...(removed === undefined ? {} : { removed }),
    };
  }

  async function hear(key: string): Promise<void> {
    const state = await signIns.look(keySegments(key)[0] ?? '');
    if (state.kind !== 'ended' && state.kind !== 'waiting-for-code') return;
    notifier.changed(state);
    requests.changed(state);
  }

  const listen = (name: string): Promise<() => void> =>
    store.watch(name, (key) => {
      tasks.add(
        hear(key).catch((error: unknown) => log.warn({ error }, 'news of a sign-in was not understood')),
      );
    });

  const gateway: Gateway = {
    get adapters() {
      return [...adapters.values()];
    },
    addAdapter: (adapter) => {
      adapters.set(adapter.platform, adapter);
    },
    onSignInChange: (state) => {
      notifier.changed(state);
      requests.changed(state);
      tellSignedIn(state);
    },

    onRefused(key, { sinceMs }) {
      // Asked now: an answer that is on its way says it too.
      const told = looking.at(key);
      inBackground('an end of access was not told', accessEnded(key, sinceMs, told));
    },

    async onOperatorChange(key, what) {
      services.connections.forget(key.server, key.subject);
      if (what === 'imported') await events.tell('signedIn', { ...key, reason: 'imported' });
      else await events.tell('signedOut', { ...key, reason: 'revoked-by-operator' });
    },

    onTools(key, change) {
      inBackground('other tools were not told', events.tellHere(key, change));
    },

    events,
    signInRequests: requests,

    async handle(invocation) {
      const adapter = adapterOf(invocation.actor.platform);
      if (adapter === undefined || !deliveries.isNew(invocation)) return;
      if (invocation.message !== undefined) live.take(invocation.message);
      const work = answerTo(invocation, adapter).catch((error) => apologise(error, invocation, adapter, log));
      tasks.add(work);
      await work;
    },

    async complete(actor, words) {
      const role = services.access.may(actor);
      if (role === 'stranger') return [];
      return completions(
        words,
        role,
        services.settings().servers.map((server) => server.name),
      );
    },

    async start() {
      for (const adapter of adapters.values()) {
        const { platform } = adapter;
        await adapter.start({
          handle: gateway.handle,
          complete: gateway.complete,
          memory: createAdapterMemory(store, platform),
          ...(deps.replicated === true ? { inTurn: createInTurn(store, platform, log) } : {}),
        });
      }
      watches.push(await listen('ended'), await listen('waiting'));
      // What this process knows from before another one changed it is no longer so.
      const heard = await events.follow((name, { server, subject }) => {
        if (name !== 'needsReauth') services.connections.forget(server, subject);
      });
      watches.push(heard);
      tasks.add(gateway.sweep());
    },

    async sweep() {
      await notifier.sweep().catch((error: unknown) => log.warn({ error }, 'the sweep of messages failed'));
      await notices.sweep().catch((error: unknown) => log.warn({ error }, 'the sweep of notices failed'));
    },

    openSignIns: (actor) => notifier.untold(actorId(actor)),

    async settle() {
      const calm = lanes.hurry();
      await tasks.settled();
      calm();
    },

    async stop() {
      for (const unwatch of watches.splice(0)) unwatch();
      requests.close();
      live.closeAll();
      lanes.hurry();
      await within(gateway.settle(), STOP_WITHIN_MS);
      const open = [...adapters.values()];
      // What would be told from now on reaches nobody, and must not count as tried.
      adapters.clear();
      for (const adapter of open) await adapter.stop();
    },
  };
  return gateway;
}
