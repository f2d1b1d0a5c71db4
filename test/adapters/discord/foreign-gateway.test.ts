import { afterEach, describe, expect, it } from 'vitest';
import { createDiscordAdapter } from '../../../src/adapters/discord/adapter.js';
import { readSession } from '../../../src/adapters/discord/connection/frames.js';
import { scriptedGateway } from '../../contracts/chat-adapter.js';
import { type HttpPeer, startHttpPeer } from '../../helpers/http-peer.js';
import { Remembered } from '../../helpers/remembered.js';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function peerThatSays(answerTo: (path: string) => object): Promise<HttpPeer> {
  const peer = await startHttpPeer(({ path }, response) => void response.end(JSON.stringify(answerTo(path))));
  ends.push(() => peer.close());
  return peer;
}

describe('the address of Discord’s Gateway', () => {
  it.each(['ws:', 'wss:'])(
    'of another host is not dialled: the token would go there (%s)',
    async (scheme) => {
      const foreign = await peerThatSays(() => ({}));
      const api = await peerThatSays((path) =>
        path.endsWith('/gateway/bot')
          ? { url: `${scheme}//localhost:${foreign.port}`, shards: 1 }
          : { id: '1190350394018529310', verify_key: '0'.repeat(64) },
      );
      const adapter = createDiscordAdapter({
        token: 'secret-token',
        mode: 'gateway',
        apiRoot: `${api.origin}/api`,
        commands: false,
        pauses: { firstMs: 20, longestMs: 50 },
      });
      await adapter.start({ ...scriptedGateway(async () => undefined), memory: new Remembered(Date.now) });
      ends.push(() => adapter.stop());
      const asked = () => api.seen.filter(({ path }) => path.endsWith('/gateway/bot')).length;
      await expect.poll(asked).toBeGreaterThan(2);
      expect(foreign.connections()).toBe(0);
      expect(adapter.trouble?.()).toBe('it could not be asked');
    },
  );

  it('of another host is none to resume a session at: a new one begins where Discord said', () => {
    const ready = { session_id: 's', resume_gateway_url: 'wss://gateway-us-east1-b.discord.gg' };
    expect(readSession(ready, () => true, 7)).toEqual({ id: 's', url: ready.resume_gateway_url, seq: 7 });
    expect(readSession(ready, () => false, 7)).toBeUndefined();
  });
});
