import { BOT_EVENTS, BOT_SCOPES } from './scopes.js';

export interface ManifestOptions {
  /** What the app is called in Slack; at most 35 characters. */
  readonly name: string;
  /** Where Slack sends what people do; absent: Socket Mode. */
  readonly requestUrl?: string;
}

/** An app's settings in the words of docs.slack.dev, "App manifest reference": to be pasted as it is. */
export function slackManifest({ name, requestUrl }: ManifestOptions) {
  const toUrl = requestUrl === undefined ? {} : { request_url: requestUrl };
  return {
    display_information: { name, description: 'Your MCP servers and sign-ins, with /mcp.' },
    features: {
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false,
      },
      bot_user: { display_name: botName(name), always_online: false },
      slash_commands: [
        {
          command: '/mcp',
          ...(requestUrl === undefined ? {} : { url: requestUrl }),
          description: 'Your MCP servers and sign-ins',
          usage_hint: '[auth | status | test | tools | logout | help] [server]',
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: Object.keys(BOT_SCOPES) } },
    settings: {
      event_subscriptions: { ...toUrl, bot_events: Object.keys(BOT_EVENTS) },
      interactivity: { is_enabled: true, ...toUrl },
      org_deploy_enabled: true,
      socket_mode_enabled: requestUrl === undefined,
      token_rotation_enabled: false,
    },
  };
}

/** Slack allows a bot fewer letters than its app. */
function botName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '');
  return plain === '' ? 'mcp' : plain;
}
