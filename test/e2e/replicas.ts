import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { type Balancer, useBalancers } from './telegram-balancer.js';
import { CONNECTED, linkFor, saidTo } from './telegram-scene.js';

/** A server of its own, for as long as the suite runs. */
export interface SharedStorage {
  readonly url: string;
  start(): Promise<void>;
  /** As a crash does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** One of several gateways, a process of its own, on ports of its own. */
interface Replica {
  readonly home: GatewayFolder;
  readonly program: Program;
  kill(): Promise<void>;
}

const SEALING_KEY = 'a sealing key that all the replicas of this test share';
const PEOPLE = 25;
/** Of each sign-in, at each of four replicas. */
const CALLBACKS = 10;
/** People whose callbacks race: with all of them, a busy machine says that it cannot just now. */
const AT_ONCE = 5;

/** What replicas of one gateway do together, none of them special, on a storage that they share. */
export function replicasSuite(name: string, open: () => Promise<SharedStorage>): void {
  describe(`replicas on ${name}, each a process of its own`, () => {
    let storage: SharedStorage;
    let provider: AuthorizationServer;
    let everything: ProtectedServer;
    let api: BotApi;
    let ana: TelegramPerson;
    let ben: TelegramPerson;
    /** Those who may use the gateways that are started from now on. */
    let people: readonly TelegramPerson[];
    let balancer: Balancer;
    const replicas: Replica[] = [];
    let deployments = 0;

    beforeAll(async () => {
      storage = await open();
      provider = await startAuthorizationServer();
      everything = await startProtectedServer(provider);
    });
    afterAll(async () => {
      await everything.close();
      await provider.close();
      await storage.stop();
    });
    beforeEach(async () => {
      provider.resetCounts();
      balancer = await startBalancer();
      api = await startBotApi();
      ana = api.person('Ana', { username: 'ana' });
      ben = api.person('Ben', { username: 'ben' });
      people = [ana, ben];
      deployments += 1;
    });
    afterEach(async () => {
      for (const replica of replicas.splice(0)) {
        await replica.kill();
        await replica.home.remove();
      }
      await api.close();
    });
    const startBalancer = useBalancers();

    async function join(mode: 'polling' | 'webhook'): Promise<Replica> {
      const home = await gatewayFolder({
        public_url: balancer.url,
        storage: { url: storage.url, prefix: `deployment${deployments}_` },
        security: { encryption_key: SEALING_KEY, confirm: 'auto' },
        access: { users: people.map(({ id }) => `telegram:${id}`), admins: [`telegram:${ana.id}`] },
        platforms: { telegram: { token: api.token, api_root: api.root, mode } },
        mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
      });
      const program = new Program(['start', '--config', home.config]);
      const replica = { home, program, kill: () => program.kill() };
      replicas.push(replica);
      await program.untilSays('Ctrl-C stops it.');
      return replica;
    }

    async function joined(count: number, mode: 'polling' | 'webhook'): Promise<readonly Replica[]> {
      const found: Replica[] = [];
      for (let at = 0; at < count; at += 1) found.push(await join(mode));
      balancer.leadTo(...found.map(addressOf));
      return found;
    }

    const addressOf = ({ home }: Replica): string => home.publicUrl;
    const tellings = (text: string) =>
      api.calls.filter(
        ({ method, payload }) => method !== 'getUpdates' && String(payload.text).includes(text),
      );

    it('finish what another began: link, page and callback on three, and the chat hears of it once', async () => {
      const [first, second, third] = await joined(3, 'webhook');
      if (first === undefined || second === undefined || third === undefined) throw new Error('three joined');
      balancer.leadTo(addressOf(first));
      await ana.type('/mcp auth everything');
      const link = await linkFor(ana);
      balancer.leadTo(addressOf(second));
      const { location, cookies } = await pressConnect(link);
      const callback = await consent(location);
      balancer.leadTo(addressOf(third));
      const { text } = await comeBack(callback, cookies);
      expect(text).toContain('everything is connected');
      await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
      expect(provider.counts).toMatchObject({ registration: 1, token: 1 });
      balancer.leadTo(addressOf(first));
      await ana.type('/mcp');
      await expect.poll(() => saidTo(ana)).toContain('✓ everything');
      expect(new Set(tellings('connected').map(({ payload }) => JSON.stringify(payload))).size).toBe(1);
    });

    it('redeem each code once, however many callbacks race at all four of them', async () => {
      people = Array.from({ length: PEOPLE }, (_, at) => api.person(`Person ${at}`));
      await joined(4, 'webhook');
      const links = await Promise.all(
        people.map(async (person) => {
          await person.type('/mcp auth everything');
          return linkFor(person);
        }),
      );
      const returned = await Promise.all(
        links.map(async (link, at) => {
          const { location, cookies } = await pressConnect(link);
          return { callback: await consent(location, { login: `person${at}` }), cookies };
        }),
      );
      const pages = [];
      for (let from = 0; from < PEOPLE; from += AT_ONCE) {
        const racing = returned.slice(from, from + AT_ONCE).flatMap(({ callback, cookies }) =>
          replicas.flatMap((replica) => {
            const own = new URL(callback.pathname + callback.search, addressOf(replica));
            return Array.from({ length: CALLBACKS }, () => comeBack(own, cookies));
          }),
        );
        pages.push(...(await Promise.all(racing)));
      }
      expect(pages).toHaveLength(PEOPLE * CALLBACKS * 4);
      expect(pages.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
      expect(provider.counts.token).toBe(PEOPLE);
      for (const person of people) await expect.poll(() => saidTo(person)).toBe(CONNECTED);
    }, 120_000);

    it('take over from one that is killed while it receives, within half a minute', async () => {
      const [first, second] = await joined(2, 'polling');
      await ana.type('/mcp');
      await expect.poll(() => saidTo(ana)).toContain('everything · sign-in needed');
      const receives = ({ program }: Replica): boolean => /turn":"telegram"/.test(program.err);
      const leader = [first, second].find((one) => one !== undefined && receives(one));
      await leader?.kill();
      const before = api.callsOf('sendMessage').length;
      await ana.type('/mcp');
      await expect.poll(() => api.callsOf('sendMessage').length, { interval: 250 }).toBe(before + 1);
      expect([first, second].filter((one) => one !== undefined && receives(one))).toHaveLength(2);
    });

    it('say “try again” while the storage is away, and go on by themselves when it is back', async () => {
      const [first] = await joined(2, 'webhook');
      await ana.type('/mcp auth everything');
      const link = await linkFor(ana);
      const { location, cookies } = await pressConnect(link);
      await storage.kill();
      await ana.type('/mcp');
      await expect.poll(() => saidTo(ana)).toMatch(/try again|again in a moment/i);
      await storage.start();
      const callback = await consent(location);
      await expect
        .poll(async () => (await comeBack(callback, cookies)).text, { interval: 500 })
        .toContain('everything is connected');
      await expect.poll(() => ana.messages().map(({ text }) => text)).toContain(CONNECTED);
      expect(provider.counts.token).toBe(1);
      expect(first?.program.child.exitCode).toBeNull();
      // One of them may not have found it again yet, and says to try again in a moment: as people do.
      const again = { interval: 2_000 };
      await expect
        .poll(async () => ana.type('/mcp').then(() => saidTo(ana)), again)
        .toContain('✓ everything');
      await ben.type('/mcp auth everything');
      expect((await signIn(await linkFor(ben), { login: 'ben' })).text).toContain('everything is connected');
    });
  });
}
