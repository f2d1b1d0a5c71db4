import type { Settings } from '../gateway/settings.js';
import type { ChatAdapter } from '../gateway/types.js';
import type { Log } from '../observability/log.js';

export interface PlatformsParts {
  readonly publicUrl: string;
  /** Where the local listener is, once it is open. */
  readonly localUrl: () => string | undefined;
  readonly log: Log;
  readonly now: () => number;
}

/** Adapters are loaded only where the config names them: their SDKs cost more than all the rest. */
export async function addPlatforms(
  settings: Settings,
  adapters: ChatAdapter[],
  { publicUrl, localUrl, log, now }: PlatformsParts,
): Promise<void> {
  await addWebAdapter(settings, adapters, { localUrl, log, now });
  await addTelegramAdapter(settings, adapters, { publicUrl, log, now });
  await addSlackAdapter(settings, adapters, { log, now });
  await addDiscordAdapter(settings, adapters, { log, now });
}

async function addWebAdapter(
  settings: Settings,
  adapters: ChatAdapter[],
  { localUrl, log, now }: Pick<PlatformsParts, 'localUrl' | 'log' | 'now'>,
): Promise<void> {
  const web = settings.platforms.web;
  if (web === undefined) return;
  const { createWebAdapter } = await import('../adapters/web/adapter.js');
  const admins = new Set(settings.access.admins);
  const people = web.people?.map((name) => ({
    name,
    ...(admins.has(`web:${name}`) ? { note: 'admin' } : {}),
  }));
  adapters.push(
    createWebAdapter({
      ...(people === undefined ? {} : { people }),
      url: () => `${localUrl() ?? ''}/chat`,
      log,
      now,
    }),
  );
}

async function addTelegramAdapter(
  { platforms: { telegram }, publicUrl: configured }: Settings,
  adapters: ChatAdapter[],
  parts: { readonly publicUrl: string; readonly log: Log; readonly now: () => number },
): Promise<void> {
  if (telegram === undefined) return;
  const { createTelegramAdapter } = await import('../adapters/telegram/adapter.js');
  adapters.push(createTelegramAdapter({ ...telegram, ...parts, reachable: configured !== undefined }));
}

async function addSlackAdapter(
  { platforms: { slack } }: Settings,
  adapters: ChatAdapter[],
  parts: { readonly log: Log; readonly now: () => number },
): Promise<void> {
  if (slack === undefined) return;
  const { createSlackAdapter } = await import('../adapters/slack/adapter.js');
  adapters.push(createSlackAdapter({ ...slack, ...parts }));
}

async function addDiscordAdapter(
  { platforms: { discord } }: Settings,
  adapters: ChatAdapter[],
  parts: { readonly log: Log; readonly now: () => number },
): Promise<void> {
  if (discord === undefined) return;
  const { createDiscordAdapter } = await import('../adapters/discord/adapter.js');
  adapters.push(createDiscordAdapter({ ...discord, ...parts }));
}
