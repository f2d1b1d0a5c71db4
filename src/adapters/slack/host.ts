import type { Caller, ChatAdapter } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

/** What Bolt hands to a listener, as far as it is needed here. */
export interface SlackListenerArgs {
  readonly body: object;
  /** What the app's `authorize` found out: whose installation this is. */
  readonly context: {
    readonly botToken?: string | undefined;
    readonly botUserId?: string | undefined;
    readonly teamId?: string | undefined;
    readonly enterpriseId?: string | undefined;
    readonly isEnterpriseInstall?: boolean | undefined;
  };
}

/** The same for a global middleware. */
export interface SlackMiddlewareArgs extends SlackListenerArgs {
  readonly next: () => Promise<void>;
}

/** The gateway inside a host's app. */
export interface SlackMount {
  readonly adapter: ChatAdapter;
  /** Who said what a listener is about to answer. Undefined: nobody on whose behalf anything may be done. */
  callerOf(args: SlackListenerArgs): Promise<Caller | undefined>;
}

/**
 * As much of a Bolt `App`, of whatever version, as is needed to answer in its place. Not imported from there: who mounts
 * nothing has no Bolt, and so none of its types.
 */
export interface SlackHost {
  use(middleware: (args: SlackMiddlewareArgs) => Promise<void>): unknown;
  readonly client: { readonly slackApiUrl: string; readonly token?: string | undefined };
}

export interface SlackMountOptions {
  readonly host: SlackHost;
  readonly log: Log;
  readonly now: () => number;
}
