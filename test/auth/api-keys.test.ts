import { createServer, type Server as WebServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { type CheckedApiKeys, createApiKeys } from '../../src/auth/sign-in/api-keys.js';
import type { HttpServer, Verify } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const GOOD = 'sk-live-0123456789abcdef9f3c';
const ANA = { subject: 'terminal:ana', server: 'search' };

let web: WebServer;
let seen: (string | undefined)[];
let search: HttpServer;
let store: Store;
let keys: CheckedApiKeys;

beforeEach(async () => {
  seen = [];
  web = createServer((request, response) => {
    const key = request.headers['x-api-key'];
    seen.push(typeof key === 'string' ? key : undefined);
    response.writeHead(key === GOOD ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  search = httpServer('search', `http://127.0.0.1:${(web.address() as AddressInfo).port}/mcp`, {
    headers: { 'x-api-key': `\${SEARCH_KEY}` },
    keys: [{ name: 'SEARCH_KEY' }],
  });
  ({ store } = await openStore({ kind: 'memory' }));
  keys = createApiKeys({ store, verify: byHeader });
});

afterEach(async () => {
  await store.close();
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
});

/** One real request with the key in its header. */
const byHeader: Verify = async (server, _subject, access) => {
  if (server.kind === 'stdio' || access.kind !== 'keys') throw new Error('keys of HTTP servers only');
  try {
    const headers = { 'x-api-key': access.values.SEARCH_KEY ?? '' };
    const { status } = await fetch(server.url, { method: 'POST', headers });
    return status === 200 ? { kind: 'works', tools: 4, proven: true } : { kind: 'refused' };
  } catch {
    return { kind: 'unreachable', failure: { code: 'unreachable', detail: 'no connection' } };
  }
};

const stored = () => createCredentials(store).get(ANA);

describe('a submitted key', () => {
  it('is checked by connecting, kept, and shown only masked', async () => {
    const outcome = await keys.submit(search, ANA.subject, { SEARCH_KEY: ` ${GOOD}\n` });
    expect(outcome).toEqual({ kind: 'kept', masked: { SEARCH_KEY: 'sk-…9f3c' }, tools: 4, unproven: false });
    expect(seen).toEqual([GOOD]);
    expect(await keys.values(search, ANA.subject)).toEqual({ SEARCH_KEY: GOOD });
  });

  it('that the server refuses leaves the old one in place', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    const old = await stored();
    expect(await keys.submit(search, ANA.subject, { SEARCH_KEY: 'wrong' })).toEqual({ kind: 'refused' });
    expect(await stored()).toEqual(old);
  });

  it('that cannot be checked is not kept', async () => {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
    expect(await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD })).toMatchObject({
      kind: 'not-checked',
      failure: { code: 'unreachable' },
    });
    expect(await stored()).toBeUndefined();
  });

  it('is unproven where the server answers the same without it', async () => {
    const indifferent: Verify = async () => ({ kind: 'works', tools: 4, proven: false });
    keys = createApiKeys({ store, verify: indifferent });
    expect(await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD })).toMatchObject({ unproven: true });
    expect(await stored()).toMatchObject({ unproven: true });
  });

  it.each([
    ['missing', {}, /missing/],
    ['empty', { SEARCH_KEY: '  ' }, /empty/],
    ['of two lines', { SEARCH_KEY: 'a\r\nx-evil: 1' }, /no header/],
    ['beyond ASCII', { SEARCH_KEY: 'schlüssel' }, /no header/],
    ['with a NUL', { SEARCH_KEY: 'a\0b' }, /no header/],
    ['endless', { SEARCH_KEY: 'x'.repeat(8193) }, /longer/],
  ])('that is %s goes nowhere', async (_what, values, why) => {
    const outcome = await keys.submit(search, ANA.subject, values);
    expect(outcome).toMatchObject({ kind: 'malformed', name: 'SEARCH_KEY', why: expect.stringMatching(why) });
    expect(seen).toEqual([]);
  });

  it('is one of what was asked for: other names are left out', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD, PATH: '/tmp' });
    expect(await stored()).toMatchObject({ values: { SEARCH_KEY: GOOD } });
    expect(await keys.values(search, ANA.subject)).toEqual({ SEARCH_KEY: GOOD });
  });
});

describe('the values for a server', () => {
  it('are undefined while one is missing, and are nobody else’s', async () => {
    expect(await keys.values(search, ANA.subject)).toBeUndefined();
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    expect(await keys.values(search, 'terminal:ben')).toBeUndefined();
  });

  it("are the environment's for everyone where it has them, and are never stored", async () => {
    const shared = { ...search, keys: [{ name: 'SEARCH_KEY', value: GOOD }] };
    expect(await keys.values(shared, 'terminal:ben')).toEqual({ SEARCH_KEY: GOOD });
    const both = { ...search, keys: [{ name: 'SEARCH_KEY' }, { name: 'REGION', value: 'eu' }] };
    await keys.submit(both, ANA.subject, { SEARCH_KEY: GOOD, REGION: 'us' });
    expect(await keys.values(both, ANA.subject)).toEqual({ SEARCH_KEY: GOOD, REGION: 'eu' });
    expect(await stored()).toMatchObject({ values: { SEARCH_KEY: GOOD } });
  });
});

describe('stored keys', () => {
  it('are marked as refused, since when, until new ones are kept', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    await keys.refused(ANA, '401', { SEARCH_KEY: GOOD });
    const marked = await stored();
    expect(marked).toMatchObject({ refused: { code: '401', sinceMs: expect.any(Number) } });
    await keys.refused(ANA, '403', { SEARCH_KEY: GOOD });
    expect(await stored()).toEqual(marked);
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    expect(await stored()).not.toHaveProperty('refused');
  });

  it('are not marked where the server refused others, which these have replaced', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    await keys.refused(ANA, '401', { SEARCH_KEY: 'sk-the-one-before' });
    expect(await stored()).not.toHaveProperty('refused');
  });

  it('do not come back with the mark where somebody signed out while a failover had lost the lock', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    const credentials = createCredentials(store);
    const get: typeof credentials.get = async (key) => {
      const held = await credentials.get(key);
      await credentials.delete(key);
      return held;
    };
    const told: string[] = [];
    const late = createApiKeys({
      store,
      verify: byHeader,
      credentials: { ...credentials, get },
      onRefused: (_key, { code }) => told.push(code),
    });
    await late.refused(ANA, '401', { SEARCH_KEY: GOOD });
    expect(await stored()).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('are marked only after it was written down that they will be', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    const before: unknown[] = [];
    const marking = createApiKeys({
      store,
      verify: byHeader,
      onRefusing: async () => {
        before.push(await stored());
      },
    });
    await marking.refused(ANA, '401', { SEARCH_KEY: GOOD });
    expect(before).toEqual([expect.not.objectContaining({ refused: expect.anything() })]);
    expect(await stored()).toMatchObject({ refused: { code: '401' } });
  });

  it('are deleted by signing out, once', async () => {
    await keys.submit(search, ANA.subject, { SEARCH_KEY: GOOD });
    expect(await keys.signOut(ANA)).toEqual({ kind: 'deleted-only', why: 'not-oauth' });
    expect(await keys.signOut(ANA)).toEqual({ kind: 'nothing' });
  });
});
