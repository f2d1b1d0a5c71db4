import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/gateway/config.js';
import type { Settings } from '../../src/gateway/settings.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';

const redis = await RedisUnderTest.start();
afterAll(() => redis?.stop());

function settingsOn(storage: string): Settings {
  const words = {
    storage,
    security: { encryption_key: 'k'.repeat(32) },
    access: { users: ['web:ana'] },
    mcp_servers: { off: { url: 'http://127.0.0.1:9/mcp', enabled: false } },
  };
  const outcome = parseConfig(JSON.stringify(words), { file: 'test', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings;
}

describe.runIf(redis !== undefined)('an app', () => {
  it('whose chat cannot be made leaves no connection to its store behind, and says why', async () => {
    const url = redis?.url ?? '';
    // As where its platform's package is not installed.
    const platforms: Settings['platforms'] = {
      get telegram(): never {
        throw new Error('the chat cannot be made');
      },
    };
    await expect(createApp({ ...settingsOn(url), platforms })).rejects.toThrow('the chat cannot be made');
    // The one that asks.
    await expect.poll(() => redis?.cli('client', 'list').split('\n')).toHaveLength(1);
  });
});
