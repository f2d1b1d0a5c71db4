import type { ChatAdapter } from '../../gateway/types.js';
import type { Mounted, MountOptions } from './host.js';
import { placeOf } from './refs.js';

/** Loads what it needs of grammY by itself, so that a program that mounts nothing never does. */
export function mountTelegram(options: MountOptions): Mounted {
  let mounted: Mounted | undefined;
  const loading = import('./mounted.js').then(({ createMounted }) => {
    mounted = createMounted(options);
    return mounted;
  });
  // Whoever waits for it hears of a failure; until then it is nobody's.
  loading.catch(() => undefined);
  const adapter = async (): Promise<ChatAdapter> => (await loading).adapter;
  return {
    adapter: {
      platform: 'telegram',
      start: async (gateway) => (await adapter()).start(gateway),
      send: async (to, reply) => (await adapter()).send(to, reply),
      update: async (message, reply) => (await adapter()).update(message, reply),
      stop: async () => (await adapter()).stop(),
      remove: async (message) => (await (await adapter()).remove?.(message)) ?? false,
      forms: !options.reachable,
      place: placeOf,
      chatUrl: (to) => mounted?.adapter.chatUrl?.(to),
      confirmUrl: (to) => mounted?.adapter.confirmUrl?.(to),
    },
    middleware: async (ctx, next) => (await loading).middleware(ctx, next),
    callerOf: async (source) => (await loading).callerOf(source),
  };
}
