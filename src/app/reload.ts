import type { ConfigOutcome } from '../gateway/config.js';
import { mistakeSentence } from '../gateway/config.js';
import type { ReloadOutcome } from '../gateway/services.js';
import type { Settings } from '../gateway/settings.js';

export interface ReloadParts {
  readonly load: (() => Promise<ConfigOutcome>) | undefined;
  readonly settings: () => Settings;
  /** `changed`: names of servers that are new, gone or not as they were. */
  readonly replace: (next: Settings, changed: readonly string[]) => void;
}

/** What the running process was built with: a change of these counts after a restart. */
const NEEDS_RESTART = {
  public_url: ({ publicUrl }: Settings) => publicUrl,
  listen: ({ listen }: Settings) => listen,
  local_listen: ({ localListen }: Settings) => localListen,
  storage: ({ storage }: Settings) => storage,
  trusted_proxies: ({ trustedProxies }: Settings) => trustedProxies,
  platforms: ({ platforms }: Settings) => platforms,
  'security.sign_in_lifetime': ({ security }: Settings) => security.signInLifetimeMs,
  'security.allow_private_hosts': ({ security }: Settings) => security.allowPrivateHosts,
  'security.encryption_key': ({ security }: Settings) => security.encryptionKeys,
  log: ({ log }: Settings) => log,
} as const;

/** Reads the config again; a broken one changes nothing. */
export function createReload({ load, settings, replace }: ReloadParts): () => Promise<ReloadOutcome> {
  return async () => {
    if (load === undefined) return { kind: 'no-file' };
    const outcome = await load();
    if (outcome.kind === 'mistakes') {
      return { kind: 'broken', problems: outcome.mistakes.map(mistakeSentence) };
    }
    const difference = compare(settings(), outcome.settings);
    replace(keepBuiltWith(settings(), outcome.settings), [
      ...difference.added,
      ...difference.removed,
      ...difference.changed,
    ]);
    return { kind: 'reloaded', ...difference };
  };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function compare(before: Settings, after: Settings) {
  const old = new Map(before.servers.map((server) => [server.name, server]));
  const next = new Map(after.servers.map((server) => [server.name, server]));
  const names = [...next.keys()];
  const needRestart = Object.entries(NEEDS_RESTART)
    .filter(([, read]) => !same(read(before), read(after)))
    .map(([name]) => name);
  return {
    added: names.filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !next.has(name)),
    changed: names.filter((name) => old.has(name) && !same(old.get(name), next.get(name))),
    ...(needRestart.length === 0 ? {} : { needRestart }),
  };
}

/** Servers, people, access, limits and `security.confirm` are read anew for each command; the rest stays as it was built. */
function keepBuiltWith(before: Settings, after: Settings): Settings {
  const { limits: _limits, auditRetentionMs: _retention, ...rest } = before;
  return {
    ...rest,
    servers: after.servers,
    people: after.people,
    access: after.access,
    ...(after.auditRetentionMs === undefined ? {} : { auditRetentionMs: after.auditRetentionMs }),
    ...(after.limits === undefined ? {} : { limits: after.limits }),
    security: { ...before.security, confirm: after.security.confirm },
  };
}
