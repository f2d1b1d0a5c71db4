import type { DeskDeed } from '../auth/credentials/credential-desk.js';
import type { OnSignInChange, SignInState } from '../auth/sign-in/types.js';
import type { CredentialKey } from '../auth/types.js';
import { keySegments } from '../storage/types.js';
import { createAccessNews } from './access/access-news.js';
import type { SignInRequests } from './agents/call-types.js';
import { createSignInRequests } from './agents/sign-in-requests.js';
import { createAuditNotes } from './audit/notes.js';
import { createBoards } from './boards/boards.js';
import { createLiveMessages } from './boards/live-messages.js';
import { createNotifier } from './boards/notifier.js';
import { createLanes, createTasks, within } from './boards/pace.js';
import { createCommanding } from './commanding.js';
import { createLooking } from './looking.js';
import { createEvents, type EventHub, type OtherTools } from './notices/events.js';
import { createNotices } from './notices/notices.js';
import { createSeen } from './notices/seen.js';
import { createAdapterMemory } from './platforms/adapter-memory.js';
import { createDeliveries } from './platforms/deliveries.js';
import { editsInOrder } from './platforms/edits-in-order.js';
import { createInTurn } from './platforms/in-turn.js';
import { observedAdapter } from './platforms/observed-adapter.js';
import { PACING, type Pacing, type Services, SHARED } from './services.js';
import { type Actor, actorId, type ChatAdapter, type ChatGateway, type Platform } from './types.js';
import { completions } from './words/completion.js';

export type { ReloadOutcome } from './services.js';

export type GatewayDeps = Omit<Services, 'now' | 'pacing'> & {
  /** True where other replicas may serve the same bots. */
  readonly replicated?: boolean;
  /** Whose doing `onOperator` tells, for the audit: `cli:ana`. */
  readonly operator?: string;
  readonly now?: () => number;
  readonly pacing?: Partial<Pacing>;
};

export interface Gateway extends Pick<ChatGateway, 'handle' | 'complete'> {
  readonly adapters: readonly ChatAdapter[];
  addAdapter(adapter: ChatAdapter): void;
  /** For `SignIns`: tells the chat, by itself and soon. */
  readonly onSignInChange: OnSignInChange;
  /** For the keeper and the keys, to be waited for before they mark it: a kill after that loses no notice. Never rejects. */
  onRefusing(key: CredentialKey, refused: { readonly sinceMs: number }): Promise<void>;
  /** For the keeper and the keys, from the one process that marked it: what worked does not any more. Returns at once. */
  onRefused(key: CredentialKey, refused: { readonly sinceMs: number }): void;
  /** What an operator did with it, from outside the chat. */
  onOperator(key: CredentialKey, what: DeskDeed): Promise<void>;
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
  /**
   * What is under way gets so long to end; what it leaves untold, the next sweep tells.
   * @default 5 s
   */
  stop(withinMs?: number): Promise<void>;
}

const STOP_WITHIN_MS = 5_000;
/** Adapters bound their own ends; a platform that hangs does not hold up the others. */
const ADAPTERS_STOP_WITHIN_MS = 3_200;
/** What the commands that they gave in meanwhile still write down. */
const LAST_WORDS_WITHIN_MS = 200;

function secondsOf({ atMs, begunAtMs }: Extract<SignInState, { kind: 'ended' }>): number | undefined {
  return begunAtMs === undefined ? undefined : Math.max(0, atMs - begunAtMs) / 1000;
}

/** What commands mean, for every platform: words in, Replies out. Never rejects towards an adapter. */
export function createGateway(deps: GatewayDeps): Gateway {
  const services: Services = { now: Date.now, ...deps, pacing: { ...PACING, ...deps.pacing } };
  const { log, signIns, store } = services;
  const adapters = new Map<Platform, ChatAdapter>();
  let ending = false;
  /** For news: at the end it would reach nobody, and must not count as tried. What people said still gets its answer. */
  const adapterOf = (platform: Platform): ChatAdapter | undefined =>
    ending ? undefined : adapters.get(platform);
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
  const live = createLiveMessages({ againMs: services.pacing.editEveryMs, log });
  const deliveries = createDeliveries();
  const notes = createAuditNotes(services);
  const commanding = createCommanding({
    services,
    boards,
    notifier,
    tasks,
    events,
    seen,
    looking,
    live,
    notes,
  });
  const news = createAccessNews({ services, tasks, events, looking, notices, operator: deps.operator });
  const watches: (() => void)[] = [];

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

  /** What it has taken already it gives in meanwhile: a key that was deleted from the chat is used. */
  async function stopped(adapter: ChatAdapter): Promise<void> {
    try {
      await within(adapter.stop(), ADAPTERS_STOP_WITHIN_MS);
    } finally {
      adapters.delete(adapter.platform);
    }
  }

  const gateway: Gateway = {
    get adapters() {
      return [...adapters.values()];
    },
    addAdapter: (adapter) => {
      adapters.set(adapter.platform, observedAdapter(editsInOrder(adapter), services.observed));
    },
    onSignInChange(state) {
      notes.signIn(state);
      if (state.kind === 'ended') services.observed.signIn(state.result.kind, secondsOf(state));
      notifier.changed(state);
      requests.changed(state);
      news.signedIn(state);
    },

    onRefusing: news.refusing,
    onRefused: news.refused,
    onOperator: news.byOperator,
    onTools: news.otherTools,
    events,
    signInRequests: requests,

    async handle(invocation) {
      const adapter = adapters.get(invocation.actor.platform);
      if (adapter === undefined || !deliveries.isNew(invocation)) return;
      if (invocation.message !== undefined) live.take(invocation.message);
      const work = commanding.handle(invocation, adapter);
      tasks.add(work);
      await work;
    },

    async complete(actor, words) {
      const role = services.access.may(actor);
      if (role === 'stranger') return [];
      return completions(
        words,
        role,
        commanding.serversOf(actor).map((server) => server.name),
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

    async stop(withinMs = STOP_WITHIN_MS) {
      for (const unwatch of watches.splice(0)) unwatch();
      requests.close();
      live.closeAll();
      lanes.hurry();
      await within(gateway.settle(), withinMs);
      ending = true;
      await Promise.all([...adapters.values()].map(stopped));
      await within(tasks.settled(), LAST_WORDS_WITHIN_MS);
    },
  };
  return gateway;
}
