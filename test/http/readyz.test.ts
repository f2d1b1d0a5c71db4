import { expect, it } from 'vitest';
import type { ChatAdapter, Platform } from '../../src/gateway/types.js';
import { useGateways } from '../helpers/running-gateway.js';
import { exchange } from './exchange.js';

const start = useGateways();

/** A platform without people, whose only word is how it is. */
function quietAdapter(platform: Platform, rest: Partial<ChatAdapter> = {}): ChatAdapter {
  const gone = () => Promise.resolve({ kind: 'gone' } as const);
  return { platform, start: async () => {}, send: gone, update: gone, stop: async () => {}, ...rest };
}

async function readiness(localUrl: string): Promise<unknown> {
  const { status, body } = await exchange(`${localUrl}/readyz`);
  return [status, JSON.parse(body)];
}

const words = { access: { users: ['telegram:1'] }, mcp_servers: {} };

it('/readyz has a line for each platform that can tell how it is, and is red while one has trouble', async () => {
  let trouble: string | undefined;
  const telling = quietAdapter('telegram', { trouble: () => trouble });
  const { localUrl } = await start({ words, adapters: [telling, quietAdapter('slack')] });
  expect(await readiness(localUrl)).toEqual([200, { ready: true, checks: { store: 'ok', telegram: 'ok' } }]);
  trouble = 'The bot token was refused: put a new one into the config.';
  expect(await readiness(localUrl)).toEqual([
    503,
    { ready: false, checks: { store: 'ok', telegram: trouble } },
  ]);
  trouble = undefined;
  expect(await readiness(localUrl)).toMatchObject([200, { ready: true }]);
});

it('trouble with one platform hides neither that of another nor that it works', async () => {
  const { localUrl } = await start({
    words,
    adapters: [
      quietAdapter('telegram', { trouble: () => 'It does not answer.' }),
      quietAdapter('discord', { trouble: () => undefined }),
    ],
  });
  const checks = { store: 'ok', telegram: 'It does not answer.', discord: 'ok' };
  expect(await readiness(localUrl)).toEqual([503, { ready: false, checks }]);
});
