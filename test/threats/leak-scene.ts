import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { IssuedSecrets } from './issued-secrets.js';
import { digitsOn } from './pages.js';

export const GOOD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';
export const BAD_KEY = 'sk-live-0000bad0key00nope9';

/** The program as it ships, at `trace`, beside the servers that it is for, and what is secret in its run. */
export interface LeakScene {
  /** Of this test. */
  readonly secrets: IssuedSecrets;
  readonly home: GatewayFolder;
  /** Writes the config: `files` to sign in to, `notes` with a key. */
  configure(words: object): Promise<void>;
  start(): Promise<Program>;
  /** What `check` says is looked through. */
  check(): Promise<void>;
  /** What `/readyz` says is looked through. */
  ready(): Promise<void>;
  /** What the link carries is noted. */
  noteLink(link: string): void;
  /** From the link to the page of another browser, everything noted on the way; gives the six digits. */
  digitsFor(link: string): Promise<string>;
  /** Stops it. All that it wrote, which must not be nothing, is looked through. */
  stop(gateway: Program): Promise<void>;
  expectNoLeaks(): void;
}

export function useLeakScene(): LeakScene {
  let upstream: V1Server;
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let notes: KeyServer;
  let home: GatewayFolder;
  let secrets = new IssuedSecrets();

  beforeAll(async () => {
    upstream = await startV1Server();
    provider = await startAuthorizationServer();
    files = await startProtectedServer(provider, { upstream });
    notes = await startKeyServer(GOOD_KEY);
  });
  afterAll(async () => {
    await notes.close();
    await files.close();
    await provider.close();
    await upstream.close();
  });
  beforeEach(async () => {
    secrets = new IssuedSecrets();
    home = await gatewayFolder({});
  });
  afterEach(() => home.remove());

  async function noteVerifiers(): Promise<void> {
    const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
    const records = store.records<{ way: { flow: { verifier: string } } }>('pending');
    for (const key of await records.keys())
      secrets.note('verifier', (await records.get(key))?.way.flow.verifier);
    await store.close();
  }

  const noteLink = (link: string): void => {
    secrets.note('sign-in link', new URL(link).pathname.split('/').at(-1));
  };

  return {
    get secrets() {
      return secrets;
    },
    get home() {
      return home;
    },
    configure: (words) =>
      home.rewrite({
        log: { level: 'trace' },
        mcp_servers: {
          files: { url: files.url, auth: 'oauth' },
          notes: { url: notes.url, headers: { Authorization: `Bearer ${placeholder('NOTES_KEY')}` } },
        },
        ...words,
      }),
    async start() {
      const gateway = new Program(['start', '--config', home.config]);
      await gateway.untilSays('Ctrl-C stops it.');
      return gateway;
    },
    async check() {
      const check = new Program(['check', '--config', home.config]);
      await check.ended;
      secrets.saw('verb', check.out + check.err);
    },
    async ready() {
      secrets.saw('readiness', await (await fetch(`${home.localUrl}/readyz`)).text());
      secrets.saw('metrics', await (await fetch(`${home.localUrl}/metrics`)).text());
    },
    noteLink,
    async digitsFor(link) {
      noteLink(link);
      const { location, cookies } = await pressConnect(link);
      secrets.note('browser cookie', cookies.split('=')[1]);
      secrets.note('state', new URL(location).searchParams.get('state'));
      await noteVerifiers();
      const callback = await consent(location);
      secrets.note('authorization code', callback.searchParams.get('code'));
      const { text } = await comeBack(callback);
      secrets.saw('page', text);
      return secrets.note('digits', digitsOn(text));
    },
    async stop(gateway) {
      await gateway.stop();
      secrets.saw('log', gateway.out + gateway.err);
    },
    expectNoLeaks: () => expect(secrets.leaks()).toEqual([]),
  };
}
