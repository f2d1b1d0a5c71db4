import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/auth/errors.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { httpServer } from '../helpers/configured-server.js';
import { useSocketFence } from '../helpers/socket-fence.js';

/** Were the guard broken, nothing would leave this machine all the same. */
useSocketFence();

let guard: GuardedFetch | undefined;
afterEach(async () => guard?.close());

const ADDRESSES = [
  'javascript:alert(1)',
  'data:application/json,{}',
  'file:///etc/passwd',
  'ftp://mcp.example/token',
  'http://auth.example/token',
  'http://10.0.0.1/token',
  'http://127.0.0.1.example/token',
  'http://localhost.example/token',
  'https://user:password@mcp.example/token',
];

describe('threat 9: requests to what is neither https nor loopback', () => {
  it.each(ADDRESSES)('%s is refused before a name is looked up', async (address) => {
    const asked: string[] = [];
    guard = createGuardedFetch({
      allowPrivateHosts: [],
      lookup: async (hostname) => {
        asked.push(hostname);
        return [];
      },
    });
    const fetch = guard.forServer(httpServer('https://mcp.example/mcp'));
    const body = 'refresh_token=secret';
    const error: unknown = await fetch(address, { method: 'POST', body }).catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toMatchObject({ code: 'insecure-endpoint' });
    expect(failureOf(error).detail).not.toContain('password@');
    expect(asked).toEqual([]);
  });
});
