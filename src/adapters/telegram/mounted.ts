import type { Api } from 'grammy';
import type { AdapterMemory } from '../../gateway/types.js';
import { createTakenMarks } from '../common/taken.js';
import { createChat } from './chat.js';
import { openApi } from './connection/api.js';
import type { Me } from './connection/transport.js';
import type { HostBot, Mounted, MountOptions } from './host.js';
import { readUpdate } from './incoming/read.js';
import { readCaller } from './incoming/read-caller.js';
import { createCommandLooks } from './setup/command-looks.js';

const NOT_STARTED =
  'the bot received /mcp, but the gateway is not started: `await gateway.start()` before the bot starts';

/**
 * The gateway inside a bot that receives its updates by itself. What it sends goes out by an API client of its own, with
 * the host's token and address: the host's transformers do not touch it, and it does not touch the host's.
 */
export function createMounted({ host, reachable, commands, log, now }: MountOptions): Mounted {
  const ending = new AbortController();
  let api: Api | undefined;
  let me: Me | undefined;
  let kept: AdapterMemory | undefined;
  let open: 'not-yet' | 'now' | 'no-more' = 'not-yet';
  let warned = false;

  /** What nobody can answer goes on to the host, which must not hang; once is enough to say why. */
  function warn(): void {
    if (!warned) log.warn({ platform: 'telegram' }, NOT_STARTED);
    warned = true;
  }

  const connect = ({ token, api: { options } }: HostBot): Api =>
    openApi(token, options ?? {}, { ending: ending.signal });

  async function introduce(opened: Api): Promise<void> {
    me ??= await opened.getMe();
  }

  const memory = (): AdapterMemory => {
    if (kept === undefined) throw new Error('The gateway is not started.');
    return kept;
  };
  const lists = createCommandLooks({ memory, ending: ending.signal, log });

  const chat = createChat({
    alone: false,
    single: false,
    api: () => api,
    me: () => me,
    createTaken: (memory) => createTakenMarks(memory, log),
    now,
    log,
  });

  return {
    adapter: {
      platform: 'telegram',
      async start(gateway) {
        open = 'now';
        kept = gateway.memory;
        chat.open(gateway);
        if (host === undefined) return;
        api = connect(host);
        introduce(api).catch((error: unknown) => log.warn({ error }, 'the bot’s name is not known yet'));
        if (commands) await lists.first(api.raw);
      },
      send: chat.send,
      update: chat.update,
      async stop() {
        open = 'no-more';
        await chat.close();
        ending.abort();
      },
      remove: chat.remove,
      forms: !reachable,
      chatUrl: chat.chatUrl,
      confirmUrl: chat.confirmUrl,
    },
    callerOf: async (source) => readCaller(source, me?.id, now()),
    async middleware(ctx, next) {
      if (open !== 'now') {
        if (open === 'not-yet' && readUpdate(ctx.update, ctx.me)?.kind === 'command') warn();
        return next();
      }
      me ??= { id: ctx.me.id, username: ctx.me.username };
      api ??= connect({ token: ctx.api.token, api: ctx.api });
      if (commands) lists.receives(api.raw);
      if (!(await chat.take(ctx.update))) await next();
    },
  };
}
