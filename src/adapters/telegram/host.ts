import type { Caller, ChatAdapter } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

/**
 * What a host's own client was made with, handed on as it is: grammY's `ApiClientOptions`, of whatever version. Not imported
 * from there: who mounts nothing has no grammY, and so none of its types.
 */
export interface HostClientOptions {
  readonly apiRoot?: string;
  readonly environment?: 'prod' | 'test';
}

/** As much of a grammY `Bot`, of whatever version, as is needed to send on its behalf. */
export interface HostBot {
  readonly token: string;
  readonly api: { readonly options?: HostClientOptions | undefined };
}

/** What a grammY bot's `use` takes. */
export type TelegramMiddleware = (
  ctx: {
    readonly update: object;
    readonly me: { readonly id: number; readonly username: string };
    readonly api: { readonly token: string; readonly options?: HostClientOptions | undefined };
  },
  next: () => Promise<void>,
) => Promise<void>;

export interface MountOptions {
  /** Without it the gateway learns how to send from the first update that it sees. */
  readonly host?: HostBot;
  /** False: links lead to this machine alone, so keys are asked for in the private chat. */
  readonly reachable: boolean;
  /** Whether `/mcp` is added to the bot's command list. */
  readonly commands: boolean;
  readonly log: Log;
  readonly now: () => number;
}

/** The gateway inside a host's bot. */
export interface Mounted {
  readonly adapter: ChatAdapter;
  readonly middleware: TelegramMiddleware;
  /** Who said what a grammY context, or an update, brings. Undefined: nobody on whose behalf anything may be done. */
  callerOf(source: object): Promise<Caller | undefined>;
}
