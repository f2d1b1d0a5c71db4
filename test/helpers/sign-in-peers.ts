import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { CallbackParameters } from '../../src/auth/sign-in/types.js';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.js';
import { consent } from './consent.js';
import { type EverythingServer, startEverythingServer } from './everything-server.js';
import { type ProtectedServer, startProtectedServer } from './protected-server.js';
import {
  callbackOf,
  createRig,
  httpServer,
  type Link,
  linkOf,
  pressButton,
  type Rig,
  type RigOptions,
} from './sign-in-rig.js';

/** A sign-in of which the browser has come back, and the gateway has not looked at it yet. */
interface Returned {
  readonly link: Link;
  readonly callback: CallbackParameters;
  /** The cookie of the browser that pressed the button. */
  readonly browser: string;
}

export interface Peers {
  readonly provider: AuthorizationServer;
  /** The protected MCP server, configured as `files`. */
  readonly files: ProtectedServer;
  rig(options?: Partial<RigOptions>): Promise<Rig>;
  /** From `begin` through the connect page, login and consent (or the refusal there). */
  goThrough(rig: Rig, who?: string, answer?: 'accept' | 'decline'): Promise<Returned>;
}

/** Fresh peers for each test of a file, on real sockets, and their end. */
export function useSignInPeers(options: AuthorizationServerOptions = {}): Peers {
  let everything: EverythingServer;
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  const rigs: Rig[] = [];

  beforeAll(async () => {
    everything = await startEverythingServer();
  });
  afterAll(() => everything.close());
  beforeEach(async () => {
    provider = await startAuthorizationServer(options);
    files = await startProtectedServer(provider, { upstream: everything });
  });
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((rig) => rig.close()));
    await files.close();
    await provider.close();
  });

  return {
    get provider() {
      return provider;
    },
    get files() {
      return files;
    },
    rig: async (rigOptions = {}) => {
      const rig = await createRig({ servers: [httpServer('files', files.url)], ...rigOptions });
      rigs.push(rig);
      return rig;
    },
    goThrough: async (rig, who = 'terminal:ana', answer = 'accept') => {
      const link = linkOf(await rig.signIns.begin(rig.request('files', who)));
      const { location, browser } = await pressButton(rig.signIns, link);
      const login = who.slice(who.indexOf(':') + 1);
      return { link, browser, callback: callbackOf(await consent(location, { login, answer })) };
    },
  };
}
