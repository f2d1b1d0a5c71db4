import { App, type AppOptions, LogLevel } from '@slack/bolt';
import type { Slack, SlackWorkspace } from '../../helpers/slack/slack.js';

/** What an app has that knows nothing of the gateway: a command, a button, a form, an answer to anything else. */
export interface Host {
  readonly app: App;
  /** What reached its listeners. */
  readonly saw: string[];
  stop(): Promise<void>;
}

/** A host's app; its listeners come after what `first` puts in front of them. */
export function makeHost(
  slack: Slack,
  options: Pick<AppOptions, 'token' | 'authorize'>,
  first: (app: App) => void,
): Host {
  const app = new App({
    ...options,
    appToken: slack.appToken,
    socketMode: true,
    logger: silent(),
    clientOptions: { slackApiUrl: slack.apiUrl },
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  });
  first(app);
  const saw: string[] = [];
  addListeners(app, saw);
  return { app, saw, stop: async () => void (await app.stop()) };
}

function addListeners(app: App, saw: string[]): void {
  app.use(async ({ body, next }) => {
    saw.push(`payload ${kindOf(body)}`);
    await next();
  });
  app.command(/.*/, async ({ ack, command, respond }) => {
    saw.push(`command ${command.command} ${command.text}`);
    await ack();
    await respond({ text: 'Sunny.', response_type: 'ephemeral' });
  });
  app.action(/.*/, async ({ ack, action }) => {
    saw.push(`pressed ${'action_id' in action ? action.action_id : action.type}`);
    await ack();
  });
  app.view(/.*/, async ({ ack, view }) => {
    saw.push(`submitted ${view.callback_id}`);
    await ack();
  });
  app.event(/.*/, async ({ event }) => {
    saw.push(`event ${event.type} ${'text' in event ? event.text : ''}`);
  });
}

function kindOf(body: object): string {
  return 'type' in body ? String(body.type) : 'command' in body ? String(body.command) : 'other';
}

/** One app for several workspaces, as one that was installed by OAuth has it. */
export function authorizing(
  workspaces: () => readonly SlackWorkspace[],
): NonNullable<AppOptions['authorize']> {
  return async ({ teamId, enterpriseId, isEnterpriseInstall }) => {
    const found = workspaces().find((one) =>
      isEnterpriseInstall ? one.enterpriseId === enterpriseId : one.id === teamId,
    );
    if (found === undefined) throw new Error(`not installed in ${teamId}`);
    return { botToken: found.botToken, botId: found.bot.botId, botUserId: found.bot.userId };
  };
}

/** It says much when a platform goes away under it. */
function silent(): NonNullable<AppOptions['logger']> {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    getLevel: () => LogLevel.ERROR,
    setName: nothing,
  };
}
