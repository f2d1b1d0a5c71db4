import type { Caller, ChatAdapter } from '../../gateway/types.js';
import { membersOf } from '../common/payload.js';
import { createTakenMarks } from '../common/taken.js';
import { createChat } from './chat.js';
import { createHostInstallations } from './connection/host-installations.js';
import { createSlackSender, createWebApi } from './connection/web-api.js';
import type { SlackListenerArgs, SlackMiddlewareArgs, SlackMountOptions } from './host.js';
import { readPayload } from './incoming/read.js';

export interface MountedSlack {
  readonly adapter: ChatAdapter;
  middleware(args: SlackMiddlewareArgs): Promise<void>;
  callerOf(args: SlackListenerArgs): Promise<Caller | undefined>;
}

const NOT_STARTED =
  'the app received /mcp, but the gateway is not started: `await gateway.start()` before the app starts';

/**
 * The gateway inside an app that receives its payloads by itself. What it sends goes out by a client of its own, with the
 * host's token and address: the host's client, its queue and its retries are not touched.
 */
export function createMounted({ host, log, now }: SlackMountOptions): MountedSlack {
  const apiRoot = host.client.slackApiUrl.replace(/\/+$/, '');
  const api = createWebApi({ apiRoot, client: createSlackSender() });
  const installations = createHostInstallations({ token: host.client.token, api, log, now });
  const chat = createChat({
    alone: false,
    single: false,
    api,
    installations,
    createTaken: (memory) => createTakenMarks(memory, log),
    now,
    log,
  });
  let open: 'not-yet' | 'now' | 'no-more' = 'not-yet';
  let warned = false;

  /** What nobody can answer goes on to the host, which must not hang; once is enough to say why. */
  function warn({ body, context }: SlackMiddlewareArgs): void {
    if (warned || open !== 'not-yet') return;
    const inbound = readPayload(body, { has: (id) => id === context.botUserId });
    if (inbound?.kind !== 'command' && inbound?.kind !== 'typed') return;
    warned = true;
    log.warn({ platform: 'slack' }, NOT_STARTED);
  }

  return {
    adapter: {
      platform: 'slack',
      async start(gateway) {
        open = 'now';
        chat.open(gateway);
        installations.start(gateway.memory);
      },
      send: chat.send,
      update: chat.update,
      async stop() {
        open = 'no-more';
        installations.stop();
        await chat.close();
        await api.close();
      },
      remove: chat.remove,
      forms: true,
      editable: chat.editable,
      chatUrl: chat.chatUrl,
      trouble: installations.trouble,
    },

    async callerOf({ body, context }) {
      const by = installations.observe(context);
      return by === undefined ? undefined : chat.callerOf(body, by);
    },

    async middleware(args) {
      if (open !== 'now') {
        warn(args);
        return args.next();
      }
      const by = installations.observe(args.context);
      // Bolt authorises nothing that says that an installation is gone.
      const accepted = by === undefined && !isUninstall(args.body) ? undefined : chat.take(args.body, by);
      if (accepted === undefined) return args.next();
      const answer = await accepted.ack;
      const { ack } = membersOf(args);
      // Events were acknowledged by Bolt before.
      if (typeof ack === 'function') await ack(answer);
    },
  };
}

function isUninstall(body: object): boolean {
  return readPayload(body, { has: () => false })?.kind === 'uninstalled';
}
