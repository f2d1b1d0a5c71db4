import type { webApi } from '@slack/bolt';
import { describe, expect, it } from 'vitest';
import { createSlackAdapter } from '../../../../src/adapters/slack/adapter.js';
import { slackManifest } from '../../../../src/adapters/slack/setup/manifest.js';

/** The SDK's type: a misspelt key, an unknown scope or event would not compile. */
type Manifest = webApi.AppsManifestCreateArguments['manifest'];

const URL_OF_GATEWAY = 'https://mcp.example.com/webhooks/slack';

describe('the manifest of a Slack app', () => {
  it('in Socket Mode is all that the app needs, and nothing else', () => {
    const expected: Manifest = {
      display_information: { name: 'MCP Gateway', description: 'Your MCP servers and sign-ins, with /mcp.' },
      features: {
        app_home: {
          home_tab_enabled: false,
          messages_tab_enabled: true,
          messages_tab_read_only_enabled: false,
        },
        bot_user: { display_name: 'mcp-gateway', always_online: false },
        slash_commands: [
          {
            command: '/mcp',
            description: 'Your MCP servers and sign-ins',
            usage_hint: '[auth | status | test | tools | logout | help] [server]',
            should_escape: false,
          },
        ],
      },
      oauth_config: {
        scopes: {
          bot: ['commands', 'chat:write', 'im:write', 'im:history', 'app_mentions:read', 'users:read'],
        },
      },
      settings: {
        event_subscriptions: {
          bot_events: ['app_mention', 'message.im', 'app_uninstalled', 'tokens_revoked'],
        },
        interactivity: { is_enabled: true },
        org_deploy_enabled: true,
        socket_mode_enabled: true,
        token_rotation_enabled: false,
      },
    };
    expect(slackManifest({ name: 'MCP Gateway' })).toEqual(expected);
  });

  it('over HTTP sends commands, presses and events to one address', () => {
    const { features, settings } = slackManifest({ name: 'MCP', requestUrl: URL_OF_GATEWAY });
    expect(features.slash_commands).toMatchObject([{ command: '/mcp', url: URL_OF_GATEWAY }]);
    expect(settings).toMatchObject({
      socket_mode_enabled: false,
      event_subscriptions: { request_url: URL_OF_GATEWAY },
      interactivity: { is_enabled: true, request_url: URL_OF_GATEWAY },
    });
  });

  it('sends there where the gateway answers', () => {
    const { http } = createSlackAdapter({
      botTokens: ['xoxb-1'],
      mode: 'http',
      signingSecret: 'secret',
      apiRoot: 'http://127.0.0.1:9/api',
    });
    expect(new URL(URL_OF_GATEWAY).pathname).toBe(http?.path);
  });

  it.each([
    ['Acme MCP', 'acme-mcp'],
    ['Ünïcode  & Söhne!', 'unicode-sohne'],
    ['中文', 'mcp'],
    ['-.-', 'mcp'],
  ])('calls the bot of %j %s: Slack allows it no other letters', (name, bot) => {
    expect(slackManifest({ name }).features.bot_user.display_name).toBe(bot);
  });
});
