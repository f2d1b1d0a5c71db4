import type { OnSignInChange } from '../auth/sign-in-types.js';
import { keySegments } from '../storage/types.js';
import { createAdapterMemory } from './adapter-memory.js';
import { deliverAnswer } from './answering.js';
import { showingOf } from './board-view.js';
import { createBoards } from './boards.js';
import { type RouterView, route } from './command-router.js';
import type { CommandContext } from './commands/command.js';
import { commands } from './commands/index.js';
import { completions } from './completion.js';
import { createDeliveries } from './deliveries.js';
import type { Role } from './grammar.js';
import { createInTurn } from './in-turn.js';
import { looksSecret } from './likeness.js';
import { createLiveMessages } from './live-messages.js';
import { createNotifier, deliverReply } from './notifier.js';
import { createLanes, createTasks, within } from './pace.js';
import { answerSlip, apologise, removeMessage } from './refusals.js';
import { PACING, type Pacing, type Services } from './services.js';
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
    const answer = await commands[found.call.command](found.call, context);
    await deliverAnswer(answer, adapter, context, live);
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
    const { actor, conversation } = invocation;
    const backUrl = adapter.chatUrl?.({ actor, conversation });
    const confirmUrl = adapter.confirmUrl?.({ actor, conversation });
    return {
      invocation,
      actor,
      role,
      subject: services.people.subjectOf(actor),
      services,
      boards,
      notifier,
      tasks,
      ...showingOf(adapter, conversation),
      browser: adapter.local === true ? 'here' : 'elsewhere',
      editable: adapter.editable?.(invocation) !== false,
      ...(removed === undefined ? {} : { removed }),
      ...(backUrl === undefined ? {} : { backUrl }),
      ...(confirmUrl === undefined ? {} : { confirmUrl }),
    };
  }

  async function hear(key: string): Promise<void> {
    const state = await signIns.look(keySegments(key)[0] ?? '');
    if (state.kind === 'ended' || state.kind === 'waiting-for-code') notifier.changed(state);
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
    onSignInChange: (state) => notifier.changed(state),

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
      tasks.add(gateway.sweep());
    },

    async sweep() {
      await notifier.sweep().catch((error: unknown) => log.warn({ error }, 'the sweep of messages failed'));
    },

    openSignIns: (actor) => notifier.untold(actorId(actor)),

    async settle() {
      const calm = lanes.hurry();
      await tasks.settled();
      calm();
    },

    async stop() {
      for (const unwatch of watches.splice(0)) unwatch();
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
