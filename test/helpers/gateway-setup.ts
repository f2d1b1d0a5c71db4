import type { Server } from '../../src/auth/types.js';
import { currentAccess } from '../../src/gateway/access/access.js';
import { createLimits, ratesOf } from '../../src/gateway/access/limits.js';
import { createPeople } from '../../src/gateway/access/people.js';
import { createAuditTrail, retentionOf } from '../../src/gateway/audit/audit.js';
import {
  createGateway,
  type Gateway,
  type GatewayDeps,
  type ReloadOutcome,
} from '../../src/gateway/gateway.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor } from '../../src/gateway/types.js';
import type { Log } from '../../src/observability/log.js';
import { type Observed, unobserved } from '../../src/observability/observed.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import type { Store } from '../../src/storage/types.js';
import { MemoryCredentials, MemorySignIns, ScriptedConnections } from './memory-auth.js';
import { RecordingAdapter, type RecordingOptions } from './recording-adapter.js';

export const ana: Actor = { platform: 'web', userId: 'ana', displayName: '@ana' };
export const ben: Actor = { platform: 'web', userId: 'ben', displayName: '@ben' };
export const eve: Actor = { platform: 'web', userId: 'eve', displayName: '@eve' };

export function settingsWith(servers: readonly Server[], rest: Partial<Settings> = {}): Settings {
  return {
    publicUrl: 'https://gateway.example',
    listen: { host: '127.0.0.1', port: 8787 },
    localListen: { host: '127.0.0.1', port: 8788 },
    storage: { kind: 'memory' },
    access: { users: ['web:ben'], admins: ['web:ana'] },
    people: {},
    security: { confirm: 'auto', signInLifetimeMs: 600_000, allowPrivateHosts: [] },
    platforms: {},
    servers,
    log: { level: 'silent' },
    ...rest,
  };
}

/** A log that keeps its lines, to look for what must be there and what must not. */
function keptLog(): Log & { readonly lines: { facts: object; message: string }[] } {
  const lines: { facts: object; message: string }[] = [];
  const keep = (facts: object, message: string): void => {
    lines.push({ facts, message });
  };
  return { lines, trace: keep, debug: keep, info: keep, warn: keep, error: keep };
}

export interface SetupOptions extends RecordingOptions {
  readonly store?: Store;
  readonly signIns?: MemorySignIns;
  readonly reload?: () => Promise<ReloadOutcome>;
  readonly now?: () => number;
  readonly pacing?: GatewayDeps['pacing'];
  readonly settings?: Partial<Settings>;
  readonly observed?: Observed;
  /** Another process on the same store: it does not hear of outcomes by itself. */
  readonly deaf?: boolean;
}

/** A gateway over a real store and honest small stand-ins for the other rooms, with ana (admin) and ben before it. */
export async function setUp(servers: readonly Server[], options: SetupOptions = {}) {
  const adapter = new RecordingAdapter(options);
  const store = options.store ?? createStore(new MemoryEngine(), undefined);
  const now = options.now ?? Date.now;
  const signIns = options.signIns ?? new MemorySignIns(now);
  const credentials = new MemoryCredentials();
  const connections = new ScriptedConnections(now);
  const log = keptLog();
  let settings = settingsWith(servers, options.settings);
  const deps: GatewayDeps = {
    settings: () => settings,
    reload: options.reload ?? (async () => ({ kind: 'no-file' })),
    store,
    signIns,
    keeper: credentials.keeper,
    apiKeys: credentials.apiKeys,
    credentials,
    connections,
    audit: createAuditTrail({ store, retentionMs: () => retentionOf(settings.auditRetentionMs), now, log }),
    observed: options.observed ?? unobserved,
    limits: createLimits({ rates: () => ratesOf(settings.limits), store, log, now }),
    access: currentAccess(() => settings),
    people: { subjectOf: (actor) => createPeople(settings).subjectOf(actor) },
    log,
    now,
    pacing: { editEveryMs: 20, patienceMs: 100, ...options.pacing },
  };
  const gateway: Gateway = createGateway(deps);
  if (options.deaf !== true) signIns.onChange = gateway.onSignInChange;
  gateway.addAdapter(adapter);
  await gateway.start();
  await gateway.settle();
  return {
    adapter,
    gateway,
    store,
    signIns,
    credentials,
    connections,
    log,
    audit: deps.audit,
    say: (line: string, actor: Actor = ana) => adapter.type(actor, line),
    use: (changed: readonly Server[]) => {
      settings = settingsWith(changed, options.settings);
    },
  };
}
