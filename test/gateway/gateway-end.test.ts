import { describe, expect, it } from 'vitest';
import { ana, setUp } from '../helpers/gateway-setup.js';
import { keyServer, oauthServer } from '../helpers/memory-auth.js';

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
});
