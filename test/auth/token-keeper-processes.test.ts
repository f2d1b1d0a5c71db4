import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials.js';
import { askTogether, compileKeeper, expiredCredential, KEY } from './keeper-processes.js';
import { openFileStore } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

let compiled: string;
let endpoint: TokenEndpoint;
let kept: Awaited<ReturnType<typeof openFileStore>>;

beforeAll(async () => {
  compiled = await compileKeeper();
});

afterAll(() => rm(compiled, { recursive: true, force: true }));

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  kept = await openFileStore();
});

afterEach(async () => {
  await kept.remove();
  await endpoint.close();
});

it('four processes with fifty calls each refresh once in all', async () => {
  endpoint.delayMs = 50;
  await createCredentials(kept.store).set(KEY, expiredCredential(endpoint.origin));
  const askers = await askTogether(4, {
    compiled,
    place: { kind: 'file', folder: kept.folder },
    tokenOrigin: endpoint.origin,
    calls: 50,
  });
  const outcomes = (await Promise.all(askers.map((asker) => asker.outcomes()))).flat();
  expect(outcomes).toHaveLength(200);
  expect(outcomes.every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(true);
  expect(endpoint.refreshes).toHaveLength(1);
});
