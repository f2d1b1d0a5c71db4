import { type App, createApp } from './app.js';
import type { ConfigMistake, ConfigOutcome } from './gateway/config.js';
import { formatMistakes, loadConfig, parseConfig } from './gateway/config.js';
import type { ChatAdapter } from './gateway/types.js';
import type { ListenersStarted } from './listeners.js';
import { createLog, type Log } from './observability/log.js';

/** The config has mistakes. Each has its path, its line, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
  constructor(readonly mistakes: readonly ConfigMistake[]) {
    super(formatMistakes(mistakes));
  }
}

export interface CreateGatewayOptions {
  /** Chats of your own. Those that the config's `platforms` names are there without this. */
  readonly adapters?: readonly ChatAdapter[];
  /** @default JSON lines on standard error, at the config's `log.level` */
  readonly log?: Log;
  /** Where `${NAME}` is looked up. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A gateway inside your program. */
export interface GatewayModule {
  /**
   * @param options.listeners `both` opens `listen` and `local_listen`; `none`: you route requests to `fetch` yourself
   * @throws {ListenError} where an address cannot be opened
   */
  start(options?: { readonly listeners?: 'both' | 'none' }): Promise<ListenersStarted>;
  stop(): Promise<void>;
  /** The public routes (`/connect`, `/oauth`, `/key`, `/healthz`), to mount in a server of your own. */
  fetch(request: Request): Promise<Response>;
}

/**
 * Makes a gateway from a config: the path of a YAML file, or the same as an object in the file's words.
 *
 * @throws {ConfigError} with every mistake at once; nothing is started then
 * @throws {StoreError} when the store cannot be opened
 */
export async function createGateway(
  config: string | Readonly<Record<string, unknown>>,
  { adapters, log, environment = process.env }: CreateGatewayOptions = {},
): Promise<GatewayModule> {
  const load = async (): Promise<ConfigOutcome> =>
    typeof config === 'string'
      ? await loadConfig(config, environment)
      : parseConfig(JSON.stringify(config), { file: 'config', environment });
  const outcome = await load();
  if (outcome.kind === 'mistakes') throw new ConfigError(outcome.mistakes);
  const app: App = await createApp(outcome.settings, {
    log: log ?? createLog(outcome.settings.log.level),
    ...(adapters === undefined ? {} : { adapters }),
    ...(typeof config === 'string' ? { load } : {}),
  });
  return {
    start: (options) => app.start(options),
    stop: () => app.stop(),
    fetch: (request) => app.fetch(request),
  };
}
