import type { DiscordHost, DiscordMount } from './adapters/discord/host.js';
import { mountDiscord } from './adapters/discord/mount.js';
import type { SlackHost, SlackListenerArgs, SlackMount } from './adapters/slack/host.js';
import { mountSlack } from './adapters/slack/mount.js';
import type { HostBot, Mounted, TelegramMiddleware } from './adapters/telegram/host.js';
import { mountTelegram } from './adapters/telegram/mount.js';
import { type App, createApp } from './app/app.js';
import type { ListenersStarted } from './app/started.js';
import type { AgentCalls } from './gateway/agents/call-types.js';
import type { ConfigMistake, ConfigOutcome } from './gateway/config.js';
import { formatMistakes, loadConfig, parseConfig } from './gateway/config.js';
import type { Events } from './gateway/notices/events.js';
import type { Caller, ChatAdapter, Platform } from './gateway/types.js';
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
  /** This process's clock, in ms since the epoch. @default Date.now */
  readonly now?: () => number;
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
  /** What happens to people's access: `gateway.events.on('signedIn', (event) => …)` gives back the way to stop. */
  readonly events: Events;
  /**
   * Puts `/mcp` into a grammY bot of yours: `bot.use(gateway.telegram(bot))`, before your own handlers and before
   * `gateway.start()`. Your bot goes on receiving its updates as it does; your handlers never see `/mcp`, its buttons, or a key.
   *
   * @param bot so that the end of a sign-in can be told before the bot's first update; without it, from then on
   * @param options.commands whether `/mcp` is added to the bot's command list; true unless you say otherwise
   * @throws {Error} where there is a Telegram bot already, by the config or an earlier call, and after `gateway.start()`
   */
  telegram(bot?: HostBot, options?: { readonly commands?: boolean }): TelegramMiddleware;
  /**
   * Puts `/mcp` into a Bolt app of yours: `gateway.slack(app)`, before your own listeners and before `gateway.start()`.
   * Your app goes on receiving its events as it does; your listeners never see `/mcp`, its buttons, or a key.
   *
   * @throws {Error} where there is a Slack app already, by the config or an earlier call, and after `gateway.start()`
   */
  slack(app: SlackHost): void;
  /**
   * Puts `/mcp` into a discord.js client of yours: `gateway.discord(client)`, before `gateway.start()`. Your client logs
   * in by itself; your own commands work beside it, and your handlers never see `/mcp`, its buttons, or a key.
   *
   * @param options.commands whether `/mcp` is registered beside your own commands; true unless you say otherwise
   * @throws {Error} where there is a Discord bot already, by the config or an earlier call, and after `gateway.start()`
   */
  discord(client: DiscordHost, options?: { readonly commands?: boolean }): void;
  /** Calls to MCP servers on behalf of the people of a chat: for what runs behind the gateway. See `docs/sessions.md`. */
  readonly mcp: AgentCalls;
  /**
   * Who said what one of your handlers is about to answer, and where: what `gateway.mcp` wants to know. Undefined: on
   * nobody's behalf may anything be called (bots, channels, what was forwarded, or said before).
   *
   * @throws {Error} where the gateway is not in your bot of that platform
   */
  readonly callerOf: {
    /** @param context of grammY, or a Bot API update */
    telegram(context: object): Promise<Caller | undefined>;
    /** @param args what Bolt hands to a listener of an event: `app.message(async (args) => …)` */
    slack(args: SlackListenerArgs): Promise<Caller | undefined>;
    /** @param message of discord.js, or an interaction */
    discord(message: object): Promise<Caller | undefined>;
  };
}

/**
 * Makes a gateway from a config: the path of a YAML file, or the same as an object in the file's words.
 *
 * @throws {ConfigError} with every mistake at once; nothing is started then
 * @throws {StoreError} when the store cannot be opened
 */
export async function createGateway(
  config: string | Readonly<Record<string, unknown>>,
  { adapters, log, environment = process.env, now }: CreateGatewayOptions = {},
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
    ...(now === undefined ? {} : { now }),
    ...(typeof config === 'string' ? { load } : {}),
  });
  const mounted = new Set<Platform>();
  let begun = false;
  const callers: {
    telegram?: Mounted['callerOf'];
    slack?: SlackMount['callerOf'];
    discord?: DiscordMount['callerOf'];
  } = {};
  const mustBeMounted = (platform: 'telegram' | 'slack' | 'discord'): Error =>
    new Error(`The gateway is in no ${platform} bot of yours: call \`gateway.${platform}()\` first.`);
  const mayMount = (platform: 'telegram' | 'slack' | 'discord', what: string): void => {
    if (app.settings().platforms[platform] !== undefined || mounted.has(platform))
      throw new Error(
        `There is a ${what} already: drop \`platforms.${platform}\` from the config, or this call.`,
      );
    if (begun)
      throw new Error(`The gateway runs already: call \`gateway.${platform}()\` before \`gateway.start()\`.`);
    mounted.add(platform);
  };
  return {
    start(options) {
      begun = true;
      return app.start(options);
    },
    stop: () => app.stop(),
    fetch: (request) => app.fetch(request),
    events: { on: (name, listener) => app.gateway.events.on(name, listener) },
    mcp: app.mcp,
    telegram(bot, { commands = true } = {}) {
      mayMount('telegram', 'Telegram bot');
      const { adapter, middleware, callerOf } = mountTelegram({
        ...(bot === undefined ? {} : { host: bot }),
        reachable: app.settings().publicUrl !== undefined,
        commands,
        log: theLog,
        now: app.now,
      });
      callers.telegram = callerOf;
      app.addAdapter(adapter);
      return middleware;
    },
    slack(host) {
      mayMount('slack', 'Slack app');
      const { adapter, callerOf } = mountSlack({ host, log: theLog, now: app.now });
      callers.slack = callerOf;
      app.addAdapter(adapter);
    },
    discord(host, { commands = true } = {}) {
      mayMount('discord', 'Discord bot');
      const { adapter, callerOf } = mountDiscord({ host, commands, log: theLog, now: app.now });
      callers.discord = callerOf;
      app.addAdapter(adapter);
    },
    callerOf: {
      async telegram(context) {
        if (callers.telegram === undefined) throw mustBeMounted('telegram');
        return await callers.telegram(context);
      },
      async slack(args) {
        if (callers.slack === undefined) throw mustBeMounted('slack');
        return await callers.slack(args);
      },
      async discord(message) {
        if (callers.discord === undefined) throw mustBeMounted('discord');
        return await callers.discord(message);
      },
    },
  };
}
