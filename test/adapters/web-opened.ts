import { afterEach } from 'vitest';
import { createWebAdapter, type WebChatOptions } from '../../src/adapters/web/adapter.js';
import { type ScriptedGateway, scriptedGateway } from '../contracts/chat-adapter.js';
import { people, type Served, serveAdapter } from './web-server.js';

/** Chats on sockets of their own; those that are still open are closed after each test. */
export function openedChats() {
  const opened = new Set<Served>();
  afterEach(async () => {
    for (const one of opened) await one.close();
  });

  return async (
    options: WebChatOptions = { people },
    gateway: ScriptedGateway = scriptedGateway(),
    port = 0,
  ) => {
    const adapter = createWebAdapter(options);
    const served = await serveAdapter(adapter, gateway, port);
    const one = {
      ...served,
      close: async () => {
        opened.delete(one);
        await served.close();
      },
    };
    opened.add(one);
    return { adapter, gateway, ...one };
  };
}
