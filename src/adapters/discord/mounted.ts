import type { AdapterMemory, ChatAdapter } from '../../gateway/types.js';
import { membersOf, textOf } from '../common/payload.js';
import { createRecently } from '../common/recently.js';
import { createChat } from './chat.js';
import { createHostApi } from './connection/host-api.js';
import { tap } from './connection/tap.js';
import type { DiscordMountOptions } from './host.js';
import { readInteraction } from './incoming/read-interaction.js';
import { readMessage } from './incoming/read-message.js';
import { isSnowflake } from './refs.js';
import { registerCommands } from './setup/command.js';

const NOT_STARTED =
  'the client received /mcp, but the gateway is not started: `await gateway.start()` before the client logs in';
const NOT_CONNECTED = 'the discord.js client that it is mounted into is not connected';
const TOKEN_REFUSED = 'Discord refuses the token of the discord.js client that it is mounted into';

/** In which people take back what they typed, and longer than discord.js keeps an event back before it is ready. */
const HIDDEN_MS = 86_400_000;
const MOST_HIDDEN = 10_000;

/** What discord.js makes of packets that may be ours; the last two are what older versions call them. */
const MADE_OF_PACKETS: ReadonlySet<string> = new Set([
  'interactionCreate',
  'messageCreate',
  'messageUpdate',
  'messageDelete',
  'interaction',
  'message',
]);

const PACKETS: ReadonlySet<string> = new Set(['INTERACTION_CREATE', 'MESSAGE_CREATE', 'MESSAGE_UPDATE']);

/**
 * The gateway inside a discord.js client that receives its events by itself. It takes its own from the raw packets, which
 * discord.js tells before it makes anything of them, and hides what discord.js makes of those from the host. What it sends
 * goes out through the host's `client.rest`.
 */
export function createMounted({ host, commands, log, now }: DiscordMountOptions): ChatAdapter {
  const api = createHostApi(host, () =>
    log.error({ platform: 'discord' }, `${TOKEN_REFUSED}. Nothing is sent until it logs in again.`),
  );
  const hidden = createRecently<string>(now, HIDDEN_MS, MOST_HIDDEN);
  const chat = createChat({ api, single: false, alone: false, access: {}, now, log });
  let open: 'not-yet' | 'now' | 'no-more' = 'not-yet';
  let warned = false;
  let bot: string | undefined;
  let registered = false;
  let memory: AdapterMemory | undefined;

  function register(application: string | undefined): void {
    if (!commands || registered || open !== 'now' || memory === undefined || application === undefined)
      return;
    registered = true;
    registerCommands({ api, application, memory, log }).catch((error: unknown) =>
      log.warn({ error }, '/mcp could not be registered; where it is registered, it works'),
    );
  }

  function loggedIn(ready: unknown): void {
    const { user, application } = membersOf(ready);
    const [userId, applicationId] = [membersOf(user).id, membersOf(application).id];
    if (isSnowflake(userId)) bot = userId;
    api.loggedIn();
    if (isSnowflake(applicationId)) register(applicationId);
  }

  /** Whether a packet is ours, and what to do with it. Undefined: it is the host's. */
  function ours(event: unknown, data: unknown): (() => void) | undefined {
    const me = host.user?.id ?? bot;
    switch (event) {
      case 'INTERACTION_CREATE':
        return readInteraction(data) === undefined ? undefined : () => void chat.answer(data);
      case 'MESSAGE_CREATE':
        return isCommand(data, me) ? () => void chat.message(data, me ?? '') : undefined;
      // It commands nothing, but may hold a key that somebody wants to take back.
      case 'MESSAGE_UPDATE':
        return isCommand(data, me) ? () => undefined : undefined;
      default:
        return undefined;
    }
  }

  function takes(packet: unknown): boolean {
    const { t: event, d: data } = membersOf(packet);
    if (event === 'READY') loggedIn(data);
    if (open === 'no-more') return false;
    const act = ours(event, data);
    const id = textOf(membersOf(data).id);
    if (act === undefined || id === undefined) return false;
    if (open === 'not-yet') {
      // What nobody can answer goes on to the host; once is enough to say why.
      if (!warned) log.warn({ platform: 'discord' }, NOT_STARTED);
      warned = true;
      return false;
    }
    hidden.add(id);
    act();
    return true;
  }

  const isHidden = (one: unknown): boolean => {
    const id = isObject(one) ? one.id : undefined;
    return typeof id === 'string' && hidden.has(id);
  };
  /** Of several that were deleted at once, the host hears of its own. */
  function isNothingLeft(deleted: unknown): boolean {
    if (!(deleted instanceof Map)) return false;
    for (const [id, message] of deleted) if (isHidden(message)) deleted.delete(id);
    return deleted.size === 0;
  }

  const untap = tap(host, (event, args) => {
    if (event === 'raw') return takes(args[0]);
    if (event === 'messageDeleteBulk') return isNothingLeft(args[0]);
    return MADE_OF_PACKETS.has(event) && args.some(isHidden);
  });
  // `client.ws.on('INTERACTION_CREATE', …)`: the packets once more.
  const untapPackets = host.ws && tap(host.ws, (event, args) => PACKETS.has(event) && args.some(isHidden));

  return {
    platform: 'discord',
    async start(gateway) {
      open = 'now';
      memory = gateway.memory;
      chat.open(gateway);
      register(host.application?.id);
    },
    send: chat.send,
    update: chat.update,
    async stop() {
      open = 'no-more';
      await chat.close();
      untap();
      untapPackets?.();
    },
    remove: chat.remove,
    forms: true,
    chatUrl: chat.chatUrl,
    trouble() {
      if (api.refused()) return TOKEN_REFUSED;
      return host.isReady?.() === false ? NOT_CONNECTED : undefined;
    },
  };
}

function isCommand(message: unknown, me: string | undefined): boolean {
  return me !== undefined && readMessage(message, { user: me })?.words !== undefined;
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
