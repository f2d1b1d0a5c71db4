import { randomUUID } from 'node:crypto';
import type { CredentialKey, Subject } from '../../auth/types.js';
import type { Log } from '../../observability/log.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import type { Actor } from '../types.js';

/** Of which person and server it is, and when it happened. No secret in any event. */
export interface EventFacts {
  /** `telegram:123`, a name of the config's `people`, or `shared`. */
  readonly subject: Subject;
  /** The account with which that person was last seen; none for `shared`, or where nobody was seen yet. */
  readonly actors: readonly Actor[];
  readonly server: string;
  /** ms since the epoch. */
  readonly atMs: number;
}

/** Other tools than before: seen by a look of this process, or told by the server, which does not say which. */
export type OtherTools =
  | { readonly reason: 'looked'; readonly added: readonly string[]; readonly removed: readonly string[] }
  | { readonly reason: 'told-by-server' };

/** What the gateway tells a host, by name. */
export interface GatewayEvents {
  /** Somebody's access works, or works again. `sign-in`: by a browser or code. `imported`: an operator put tokens there. */
  readonly signedIn: EventFacts & { readonly reason: 'sign-in' | 'key' | 'imported' };
  readonly signedOut: EventFacts & { readonly reason: 'logout' | 'revoked-by-operator' };
  /** Access that worked does not any more. `ended-by-provider`: a refresh was refused, or a 401 and nothing to refresh with. */
  readonly needsReauth: EventFacts & { readonly reason: 'ended-by-provider' | 'key-refused' };
  readonly toolsChanged: EventFacts & OtherTools;
}

export type GatewayEventName = keyof GatewayEvents;

export interface Events {
  /**
   * Calls `listener` from now on; gives back the way to stop. What it throws, or rejects with, is logged and hurts nobody.
   * Every process that shares the store hears `signedIn`, `signedOut` and `needsReauth` once, whichever of them it
   * happened in; `toolsChanged` is heard where it was seen.
   */
  on<Name extends GatewayEventName>(
    name: Name,
    listener: (event: GatewayEvents[Name]) => void | Promise<void>,
  ): () => void;
}

/** The same, for those who have something to tell. */
export interface EventHub extends Events {
  /** To this process at once, and to the others soon. Never rejects: what happened has happened. */
  tell<Name extends Exclude<GatewayEventName, 'toolsChanged'>>(name: Name, event: Told<Name>): Promise<void>;
  /** To this process alone. */
  tellHere(key: CredentialKey, change: OtherTools): Promise<void>;
  /** Hears what other processes tell, from now on, and `first` before the listeners; gives back the way to stop. */
  follow(first: (name: GatewayEventName, event: EventFacts) => void): Promise<() => void>;
}

type Told<Name extends GatewayEventName> = Omit<GatewayEvents[Name], 'actors' | 'atMs'>;

type Happened<Name extends GatewayEventName = GatewayEventName> = {
  [Each in Name]: { readonly name: Each; readonly event: GatewayEvents[Each] };
}[Name];

type Listeners = {
  readonly [Name in GatewayEventName]: Set<(event: GatewayEvents[Name]) => void | Promise<void>>;
};

export interface EventsDeps {
  readonly store: Store;
  readonly actorsOf: (subject: Subject) => Promise<readonly Actor[]>;
  readonly log: Log;
  readonly now: () => number;
}

const COLLECTION = 'events';
/** Long enough for every process to read it, and no log of who did what. */
const KEPT_MS = 10 * 60_000;

export function createEvents({ store, actorsOf, log, now }: EventsDeps): EventHub {
  const records = store.records<Happened>(COLLECTION);
  const listeners: Listeners = {
    signedIn: new Set(),
    signedOut: new Set(),
    needsReauth: new Set(),
    toolsChanged: new Set(),
  };
  const process = randomUUID();

  function emit<Name extends GatewayEventName>({ name, event }: Happened<Name>): void {
    for (const listener of [...listeners[name]]) {
      // One that throws and one that rejects are the same to us.
      new Promise<void>((resolve) => resolve(listener(event))).catch((error: unknown) =>
        log.error({ error, event: name }, 'a listener of the host failed'),
      );
    }
  }

  async function factsOf(subject: Subject): Promise<Pick<EventFacts, 'actors' | 'atMs'>> {
    const atMs = now();
    const actors = await actorsOf(subject).catch((error: unknown) => {
      log.warn({ error }, 'it is not known who was seen last');
      return [];
    });
    return { actors, atMs };
  }

  async function publish(happened: Happened): Promise<void> {
    emit(happened);
    try {
      await records.set(recordKey(process, randomUUID()), happened, KEPT_MS);
    } catch (error) {
      log.warn({ error, event: happened.name }, 'other processes could not be told of an event');
    }
  }

  async function hear(key: string, first: Parameters<EventHub['follow']>[0]): Promise<void> {
    if (keySegments(key)[0] === process) return;
    const happened = await records.get(key);
    if (happened === undefined) return;
    first(happened.name, happened.event);
    emit(happened);
  }

  return {
    on(name, listener) {
      const own: typeof listener = (event) => listener(event);
      listeners[name].add(own);
      return () => void listeners[name].delete(own);
    },
    async tell(name, event) {
      const facts = await factsOf(event.subject);
      await publish({ name, event: { ...event, ...facts } } as unknown as Happened);
    },
    async tellHere({ subject, server }, change) {
      if (listeners.toolsChanged.size === 0) return;
      emit({ name: 'toolsChanged', event: { subject, server, ...(await factsOf(subject)), ...change } });
    },
    follow: (first) =>
      store.watch(COLLECTION, (key) => {
        hear(key, first).catch((error: unknown) =>
          log.warn({ error }, 'an event of another process was not understood'),
        );
      }),
  };
}
