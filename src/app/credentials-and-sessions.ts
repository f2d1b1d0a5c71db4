import { createChallenges } from '../auth/challenges.js';
import { type ClientKeys, createClientKeys } from '../auth/clients/client-keys.js';
import { createCredentialDesk } from '../auth/credentials/credential-desk.js';
import { createCredentials } from '../auth/credentials/credentials.js';
import { ServiceAccounts } from '../auth/keeper/service-accounts.js';
import { createTokenKeeper } from '../auth/keeper/token-keeper.js';
import { createGuardedFetch } from '../auth/requests/guarded-fetch.js';
import { createApiKeys } from '../auth/sign-in/api-keys.js';
import { createSignIns } from '../auth/sign-in/sign-in.js';
import { currentAccess, mayHold } from '../gateway/access/access.js';
import type { Gateway } from '../gateway/gateway.js';
import type { WebApp } from '../http/listening.js';
import { createMcp } from '../mcp/mcp.js';
import type { Log } from '../observability/log.js';
import type { Observed } from '../observability/observed.js';
import type { OpenedStore } from '../storage/open.js';
import { VERSION } from '../version.js';
import type { CurrentConfig } from './current-config.js';
import { createLoopbackRedirects } from './loopback-redirects.js';
import { loopbackUrl } from './own-addresses.js';

export interface CredentialsAndSessionsParts extends OpenedStore {
  readonly config: CurrentConfig;
  readonly publicUrl: string;
  /** Who is to hear of what becomes of people's access. Asked when there is something to hear: made later than this. */
  readonly gateway: () => Gateway;
  readonly publicApp: () => WebApp;
  readonly observed: Observed;
  readonly log: Log;
}

/**
 * The rooms `auth` and `mcp`, which know of each other only what is passed in here: a sign-in is verified by connecting,
 * and a session has its token from the keeper.
 */
export function createCredentialsAndSessions(parts: CredentialsAndSessionsParts) {
  const { store, pageSecrets, now, config, publicUrl, gateway, observed, log } = parts;
  const { security, listen, publicUrl: configured } = config.settings();
  const access = currentAccess(config.settings);
  const guarded = createGuardedFetch({ allowPrivateHosts: security.allowPrivateHosts });
  const credentials = createCredentials(store);
  const clientKeys: ClientKeys = createClientKeys(store, now);
  const challenges = createChallenges({ store, credentials, now });
  const tokens = createTokenKeeper({
    store,
    credentials,
    fetchFor(name) {
      const server = config.httpServer(name);
      return server === undefined ? undefined : guarded.forServer(server);
    },
    urlOf: (name) => config.httpServer(name)?.url,
    signFor(name) {
      const server = config.httpServer(name);
      return server === undefined ? undefined : clientKeys.signFor(server);
    },
    onRefusing: (key, refusal) => gateway().onRefusing(key, refusal),
    onRefused: (key, refusal) => gateway().onRefused(key, refusal),
    onRefresh: (outcome) => observed.refresh(outcome),
    tryToken: async (key, accessToken) => {
      const server = config.httpServer(key.server);
      if (server === undefined) return { kind: 'unreachable' };
      return await connections.verify(server, key.subject, { kind: 'token', accessToken, toProve: true });
    },
    log,
    now,
  });
  const keeper = new ServiceAccounts(tokens, {
    store,
    credentials,
    serverByName: config.server,
    fetchFor: (server) => guarded.forServer(server),
    clientKeys,
    publicUrl,
    log,
    now,
  });
  const apiKeys = createApiKeys({
    store,
    credentials,
    verify: (...asked) => connections.verify(...asked),
    onRefusing: (key, refused) => gateway().onRefusing(key, refused),
    onRefused: (key, refused) => gateway().onRefused(key, refused),
    now,
  });
  const { connections, sessions, ...ofMcp } = createMcp({
    keeper,
    apiKeys,
    challenges,
    fetchFor: (server) => guarded.transportFor(server),
    log,
    now,
    clientInfo: { name: 'mcp-chat-gateway', version: VERSION },
    onTools: (key, change) => gateway().onTools(key, { ...change, reason: 'looked' }),
    toolsChanged: (server, subject) => gateway().onTools({ server, subject }, { reason: 'told-by-server' }),
  });
  const redirects = createLoopbackRedirects({ ownUrl: loopbackUrl(listen), app: parts.publicApp, log });
  const signIns = createSignIns({
    store,
    keeper,
    apiKeys,
    verify: (...asked) => connections.verify(...asked),
    fetchFor: (server) => guarded.forServer(server),
    serverByName: config.server,
    mayHold: (startedBy, server) => mayHold(access, startedBy, server),
    publicUrl,
    reachable: configured !== undefined,
    loopbackUrl: loopbackUrl(listen),
    redirects,
    pageSecrets,
    signInLifetimeMs: security.signInLifetimeMs,
    clientKeys,
    challenges,
    onChange(state) {
      // Stored only now: what was opened since the check of the new credential still has the old one.
      if (state.kind === 'ended' && state.result.kind === 'connected')
        sessions.forget(state.server, state.subject);
      gateway().onSignInChange(state);
    },
    log,
    now,
  });
  const desk = createCredentialDesk({
    store,
    credentials,
    keeper: tokens,
    apiKeys,
    fetchFor: (server) => guarded.forServer(server),
    done: (key, what) => gateway().onOperator(key, what),
    now,
  });
  return {
    credentials,
    clientKeys,
    tokens,
    keeper,
    apiKeys,
    connections,
    sessions,
    redirects,
    signIns,
    desk,
    /** Calls under way included. */
    closeSessions: () => ofMcp.close(),
    closeConnections: () => guarded.close(),
  };
}
