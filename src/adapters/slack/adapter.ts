import type { ChatAdapter, InTurn } from '../../gateway/types.js';
import { silentLog } from '../../observability/log.js';
import { createTakenList, createTakenMarks } from '../common/taken.js';
import { createChat } from './chat.js';
import { createOwnInstallations } from './connection/own-installations.js';
import { createReach } from './connection/reach.js';
import { createSignedHttp } from './connection/signed-http.js';
import type { SocketMode } from './connection/socket-mode.js';
import { createSlackSender, createWebApi } from './connection/web-api.js';
import type { SlackOptions } from './options.js';
import { placeOf } from './refs.js';

const HEARTBEAT_MS = 10_000;

/** An app of the gateway's own, by Socket Mode or signed HTTP. */
export function createSlackAdapter(options: SlackOptions): ChatAdapter {
  const { apiRoot, mode, appToken, signingSecret, log = silentLog, now = Date.now } = options;
  const { workspaces, channels, pauses, heartbeatMs = HEARTBEAT_MS } = options;
  const api = createWebApi({ apiRoot, client: createSlackSender() });
  const waits = pauses === undefined ? {} : { pauses };
  const installations = createOwnInstallations({ tokens: options.botTokens, api, log, now, ...waits });
  const reach = mode === 'socket' ? createReach(log, now, pauses) : undefined;
  let isOpen = false;
  let socketMode: SocketMode | undefined;
  const chat = createChat({
    alone: true,
    single: mode === 'socket',
    api,
    installations,
    createTaken: (memory, single) => (single ? createTakenList(memory, log) : createTakenMarks(memory, log)),
    ...(workspaces === undefined ? {} : { workspaces }),
    ...(channels === undefined ? {} : { channels }),
    now,
    log,
  });

  /** Only what receives by a socket loads one. */
  async function connect(inTurn: InTurn | undefined): Promise<void> {
    if (reach === undefined || appToken === undefined) return;
    const { createSocketMode } = await import('./connection/socket-mode.js');
    if (!isOpen) return;
    const ready = () => installations.asked;
    const parts = { api, apiRoot, appToken, reach, take: chat.take, ready, heartbeatMs, log };
    socketMode = createSocketMode(parts);
    socketMode.start(inTurn);
  }

  const http =
    mode === 'http'
      ? createSignedHttp({ signingSecret: needed(signingSecret), take: chat.take, isOpen: () => isOpen, now })
      : undefined;

  return {
    platform: 'slack',
    async start(gateway) {
      isOpen = true;
      chat.open(gateway);
      installations.start();
      await connect(gateway.inTurn);
    },
    send: chat.send,
    update: chat.update,
    async stop() {
      isOpen = false;
      installations.stop();
      socketMode?.quiesce();
      await chat.close();
      await socketMode?.stop();
      await api.close();
    },
    ...(http === undefined ? {} : { http }),
    remove: chat.remove,
    forms: true,
    editable: chat.editable,
    place: placeOf,
    chatUrl: chat.chatUrl,
    trouble: () => installations.trouble() ?? reach?.trouble(),
  };
}

/** Without one, anybody could sign. */
function needed(signingSecret: string | undefined): string {
  if (!signingSecret) throw new Error('Slack by `mode: http` needs the signing secret of the app.');
  return signingSecret;
}
