import type { HostBot, TelegramMiddleware } from './adapters/telegram/host.js';
import { mountTelegram } from './adapters/telegram/mount.js';
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
  /**
   * Puts `/mcp` into a grammY bot of yours: `bot.use(gateway.telegram(bot))`, before your own handlers and before
   * `gateway.start()`. Your bot goes on receiving its updates as it does; your handlers never see `/mcp`, its buttons, or a key.
   *
   * @param bot so that the end of a sign-in can be told before the bot's first update; without it, from then on
   * @param options.commands whether `/mcp` is added to the bot's command list; true unless you say otherwise
   * @throws {Error} where there is a Telegram bot already, by the config or an earlier call, and after `gateway.start()`
   */
  telegram(bot?: HostBot, options?: { readonly commands?: boolean }): TelegramMiddleware;
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
  const theLog = log ?? createLog(outcome.settings.log.level);
  const app: App = await createApp(outcome.settings, {
    log: theLog,
    ...(adapters === undefined ? {} : { adapters }),
    ...(typeof config === 'string' ? { load } : {}),
  });
  let mounted = false;
  let begun = false;
  return {
    start(options) {
      begun = true;
      return app.start(options);
    },
    stop: () => app.stop(),
    fetch: (request) => app.fetch(request),
    telegram(bot, { commands = true } = {}) {
      if (app.settings().platforms.telegram !== undefined || mounted)
        throw new Error(
          'There is a Telegram bot already: drop `platforms.telegram` from the config, or this call.',
        );
      if (begun)
        throw new Error('The gateway runs already: call `gateway.telegram()` before `gateway.start()`.');
      mounted = true;
      const { adapter, middleware } = mountTelegram({
        ...(bot === undefined ? {} : { host: bot }),
        reachable: app.settings().publicUrl !== undefined,
        commands,
        log: theLog,
        now: Date.now,
      });
      app.addAdapter(adapter);
      return middleware;
    },
  };
}
