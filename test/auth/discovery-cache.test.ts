import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChallenges } from '../../src/auth/challenges.js';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { createDiscoveryCache } from '../../src/auth/discovery/cache.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { html, json, type ScriptedServer } from '../helpers/scripted-server.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const HOUR_MS = 3_600_000;
const METADATA = '/.well-known/oauth-authorization-server';

let peer: ScriptedServer;
let guarded: GuardedFetch;
let store: Store;
let nowMs: number;

beforeEach(async () => {
  peer = await startScriptedProvider();
  guarded = createGuardedFetch({ allowPrivateHosts: [] });
  nowMs = Date.now();
  ({ store } = await openStore({ kind: 'memory' }, { now: () => nowMs }));
});
afterEach(async () => {
  await guarded.close();
  await store.close();
  await peer.close();
});

/** As a process that has just started has it. */
const cache = () =>
  createDiscoveryCache({ store, fetchFor: (server) => guarded.forServer(server), now: () => nowMs });
const files = () => httpServer('files', `${peer.origin}/mcp`);
const asked = () => peer.requests.filter((request) => request === `GET ${METADATA}`).length;

describe('what was discovered', () => {
  it('serves all for an hour, also after a restart', async () => {
    await Promise.all(Array.from({ length: 10 }, () => cache().get(files())));
    const first = asked();
    nowMs += HOUR_MS - 1;
    await cache().get(files());
    expect(asked()).toBe(first);
  });

  it('is asked for once by one process, however many need it', async () => {
    const one = cache();
    await Promise.all(Array.from({ length: 10 }, () => one.get(files())));
    expect(asked()).toBe(1);
  });

  it('is looked up anew after an hour, and what changed counts', async () => {
    await cache().get(files());
    const moved = {
      issuer: peer.origin,
      authorization_endpoint: `${peer.origin}/authorize`,
      token_endpoint: `${peer.origin}/token-2`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    };
    peer.on(METADATA, json(moved));
    nowMs += HOUR_MS;
    expect((await cache().get(files())).metadata.token_endpoint).toBe(`${peer.origin}/token-2`);
  });

  it('serves on while the provider is ill, for a week; and not where it says something else', async () => {
    const first = await cache().get(files());
    peer.on(METADATA, html(503));
    nowMs += 24 * HOUR_MS;
    expect(await cache().get(files())).toEqual(first);
    peer.on(METADATA, html());
    await expect(cache().get(files())).rejects.toMatchObject({ code: 'bad-metadata' });
    peer.on(METADATA, html(503));
    nowMs += 7 * 24 * HOUR_MS;
    await expect(cache().get(files())).rejects.toMatchObject({ code: 'http-error' });
  });

  it('serves on while nothing is there (404), though a server of before that standard looks just like that', async () => {
    const issuer = `${peer.origin}/as`;
    const resource = '/.well-known/oauth-protected-resource/mcp';
    const metadata = `${METADATA}/as`;
    const well = [
      [resource, json({ resource: `${peer.origin}/mcp`, authorization_servers: [issuer] })],
      [metadata, json({ ...metadataAt(peer.origin), issuer })],
      [METADATA, html(404)],
    ] as const;
    for (const [path, answer] of well) peer.on(path, answer);
    const first = await cache().get(files());
    expect(first.metadata.issuer).toBe(issuer);
    nowMs += HOUR_MS;
    // The provider, the server, both; and the server at a provider of its own.
    for (const gone of [[metadata], [resource], [resource, metadata]]) {
      for (const path of gone) peer.on(path, html(404));
      expect(await cache().get(files())).toEqual(first);
      for (const [path, answer] of well) peer.on(path, answer);
    }
    peer.on(resource, html(404));
    peer.on(METADATA, json(metadataAt(peer.origin)));
    expect(await cache().get(files())).toEqual(first);
    await cache().drop('files');
    expect((await cache().get(files())).metadata.issuer).toBe(peer.origin);
  });

  it('is not known for long where it is only assumed: a server that is gone for a moment says no more', async () => {
    for (const path of [METADATA, '/.well-known/oauth-protected-resource/mcp']) peer.on(path, html(404));
    expect(await cache().get(files())).toMatchObject({ assumed: true });
    nowMs += 59_000;
    await cache().get(files());
    expect(asked()).toBe(1);
    peer.on(METADATA, json(metadataAt(peer.origin)));
    nowMs += 1_000;
    expect(await cache().get(files())).not.toHaveProperty('assumed');
  });

  it('is dropped by a 401, and then no illness brings it back', async () => {
    await cache().get(files());
    const challenges = createChallenges({ store, credentials: createCredentials(store), now: () => nowMs });
    await challenges.unauthorized('files');
    peer.on(METADATA, html(503));
    await expect(cache().get(files())).rejects.toMatchObject({ code: 'http-error' });
  });

  it('is not for a server of that name with another address, or another configured issuer', async () => {
    const moved = httpServer('files', `${peer.origin}/mcp?x=1`);
    const configured = { ...files(), oauth: { authorizeParameters: {}, issuer: peer.origin } };
    for (const [at, server] of [files(), moved, files(), configured, files()].entries()) {
      await cache().get(server);
      expect(asked()).toBe(at + 1);
    }
  });
});
