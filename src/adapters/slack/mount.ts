import type { ChatAdapter } from '../../gateway/types.js';
import type { SlackMount, SlackMountOptions } from './host.js';
import type { MountedSlack } from './mounted.js';
import { placeOf } from './refs.js';

/**
 * The gateway inside a host's Bolt app: one global middleware, which takes what is ours and hands on the rest. Loads what it
 * needs by itself, so that a program that mounts nothing never does.
 */
export function mountSlack(options: SlackMountOptions): SlackMount {
  let mounted: MountedSlack | undefined;
  const loading = import('./mounted.js').then(({ createMounted }) => {
    mounted = createMounted(options);
    return mounted;
  });
  // Whoever waits for it hears of a failure; until then it is nobody's.
  loading.catch(() => undefined);
  const adapter = async (): Promise<ChatAdapter> => (await loading).adapter;
  options.host.use(async (args) => (await loading).middleware(args));
  return {
    callerOf: async (args) => (await loading).callerOf(args),
    adapter: {
      platform: 'slack',
      start: async (gateway) => (await adapter()).start(gateway),
      send: async (to, reply) => (await adapter()).send(to, reply),
      update: async (message, reply) => (await adapter()).update(message, reply),
      stop: async () => (await adapter()).stop(),
      remove: async (message) => (await (await adapter()).remove?.(message)) ?? false,
      forms: true,
      editable: (invocation) => mounted?.adapter.editable?.(invocation) ?? true,
      place: placeOf,
      chatUrl: (to) => mounted?.adapter.chatUrl?.(to),
      trouble: () => mounted?.adapter.trouble?.(),
    },
  };
}
