import { describe, expect, it } from 'vitest';
import { ana, setUp } from '../helpers/gateway-setup.js';
import { httpServer, keyServer, oauthServer, ready } from '../helpers/memory-auth.js';
import { asText, replyOf } from '../helpers/recording-adapter.js';

const linear = oauthServer('linear');

describe('an orderly stop', () => {
  it('takes what an adapter was about to give in: a key that is gone from the chat is used, and its person hears it', async () => {
    const { adapter, credentials, gateway, say } = await setUp([keyServer('notes', 'NOTES_KEY')]);
    credentials.submission = { kind: 'kept', masked: { NOTES_KEY: '…9f3c' }, tools: 4, unproven: false };
    await say('auth notes');
    const { stop } = adapter;
    // It has deleted the message with the key meanwhile, as it does before anything else.
    adapter.stop = async () => {
      await adapter.fill(ana, 'Add key', { NOTES_KEY: 'sk-9f3c' });
      await stop.call(adapter);
    };
    await gateway.stop();
    expect(credentials.submitted).toMatchObject([{ server: 'notes', values: { NOTES_KEY: 'sk-9f3c' } }]);
    expect(adapter.text).toBe('✓ notes connected · key …9f3c · 4 tools');
    expect(adapter.messages).toHaveLength(1);
  });

  it('brings no news any more while its adapters end, and takes nothing after them', async () => {
    const { adapter, gateway, say, signIns } = await setUp([linear]);
    await say('auth linear');
    adapter.stop = async () => {
      await signIns.end('sign-in-1', { kind: 'connected', tools: 23 });
      await gateway.settle();
    };
    await gateway.stop();
    expect(adapter.text).toContain('sign in at');
    await say('help');
    expect(adapter.messages).toHaveLength(1);
  });

  it('gives lists and looks that wait for a server their last word: nobody edits them any more', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('hangs'), httpServer('quick')]);
    connections.answers.set('quick', ready(3));
    await say('');
    await say('test hangs');
    expect(adapter.text).toBe('  hangs: connecting…');
    await gateway.stop();
    const [list, look] = adapter.messages.map((message) => asText(replyOf(message)));
    expect(list).toMatch(/hangs {2}no answer yet.*\n✓ quick {2}3 tools/);
    expect(look).toBe('✗ hangs has not answered yet.\n[Try again]');
  });

  it('and so those that begin while its adapters end, before they have ended', async () => {
    const { adapter, gateway, say } = await setUp([httpServer('hangs')]);
    adapter.stop = async () => {
      await say('');
      expect(adapter.text).toContain('no answer yet');
      adapter.absent = true;
    };
    await gateway.stop();
    expect(adapter.last.replies).toHaveLength(2);
  });

  it('tries a last word once, and waits for no platform that is away', async () => {
    const { adapter, gateway, say } = await setUp([httpServer('hangs')], { pacing: { editEveryMs: 5_000 } });
    await say('');
    adapter.planned.push(new Error('502 from the platform'));
    await gateway.stop();
    expect(adapter.text).toContain('checking…');
    expect(adapter.stopped).toBe(true);
  });
});
