import type { AdapterMemory, ChatAdapter } from '../../gateway/types.js';
import { silentLog } from '../../observability/log.js';
import { createChat } from './chat.js';
import { createGatewayConnection } from './connection/gateway.js';
import { createInteractionsUrl } from './connection/interactions-url.js';
import { createReach } from './connection/reach.js';
import { createDiscordSender, createRest } from './connection/rest.js';
import type { DiscordOptions } from './options.js';
import { placeOf } from './refs.js';
import { registerCommands } from './setup/command.js';
import type { Me } from './types.js';

/** A bot of the gateway's own, by the Gateway or HTTP interactions. */
export function createDiscordAdapter(options: DiscordOptions): ChatAdapter {
  const { token, apiRoot, mode, log = silentLog, now = Date.now, guilds, channels } = options;
  const ending = new AbortController();
  const reach = createReach({ log, now, ...(options.pauses && { pauses: options.pauses }) });
  const client = createDiscordSender();
  const api = createRest({
    token,
    apiRoot,
    client,
    ending: ending.signal,
    refused: reach.refused,
    refuse: reach.refuse,
  });
  const access = { ...(guilds && { guilds }), ...(channels && { channels }) };
  const chat = createChat({ api, single: mode === 'gateway', alone: true, access, now, log });
  let me: Me | undefined;
  let memory: AdapterMemory | undefined;

  async function announce({ application }: Me): Promise<void> {
    if (!options.commands || memory === undefined) return;
    try {
      await registerCommands({ api, application, guilds, memory, log });
    } catch (error) {
      log.warn({ error }, '/mcp could not be registered; where it is registered, it works');
    }
  }

  function connected(known: Me): void {
    if (me === undefined) void announce(known);
    me = known;
  }

  function dispatch(event: string, data: unknown): void {
    if (event === 'INTERACTION_CREATE') void chat.answer(data);
    else if (event === 'MESSAGE_CREATE' && me !== undefined) void chat.message(data, me.user);
  }

  const parts = { api, reach, connected, log };
  const transport =
    mode === 'gateway'
      ? createGatewayConnection({ ...parts, token, apiRoot, dispatch })
      : createInteractionsUrl({ ...parts, now, interaction: chat.interaction });

  return {
    platform: 'discord',
    async start(gateway) {
      memory = gateway.memory;
      chat.open(gateway);
      transport.start(gateway.inTurn);
    },
    send: chat.send,
    update: chat.update,
    async stop() {
      await transport.stop();
      await chat.close();
      ending.abort();
      await client.close();
    },
    ...(transport.http === undefined ? {} : { http: transport.http }),
    remove: chat.remove,
    forms: true,
    place: placeOf,
    chatUrl: chat.chatUrl,
    trouble: reach.trouble,
  };
}
