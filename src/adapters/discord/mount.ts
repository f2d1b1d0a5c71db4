import type { ChatAdapter } from '../../gateway/types.js';
import type { DiscordMount, DiscordMountOptions } from './host.js';
import { placeOf } from './refs.js';

/** The gateway inside a host's discord.js client. Loads what it needs by itself, so that a program that mounts nothing never does. */
export function mountDiscord(options: DiscordMountOptions): DiscordMount {
  let mounted: ChatAdapter | undefined;
  const loading = import('./mounted.js').then(({ createMounted }) => {
    mounted = createMounted(options);
    return mounted;
  });
  // Whoever waits for it hears of a failure; until then it is nobody's.
  loading.catch(() => undefined);
  return {
    callerOf: async (source) => (await import('./incoming/read-caller.js')).readCaller(source, options.now()),
    adapter: {
      platform: 'discord',
      start: async (gateway) => (await loading).start(gateway),
      send: async (to, reply) => (await loading).send(to, reply),
      update: async (message, reply) => (await loading).update(message, reply),
      stop: async () => (await loading).stop(),
      remove: async (message) => (await (await loading).remove?.(message)) ?? false,
      forms: true,
      place: placeOf,
      chatUrl: (to) => mounted?.chatUrl?.(to),
      trouble: () => mounted?.trouble?.(),
    },
  };
}
