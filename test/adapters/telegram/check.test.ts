import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from 'grammy';
import type { WebhookInfo } from 'grammy/types';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/adapters/common/finding.js';
import { webhookUrlOf } from '../../../src/adapters/telegram/connection/webhook.js';
import { checkTelegram, type TelegramCheck } from '../../../src/adapters/telegram/setup/check.js';
import { updateFindings } from '../../../src/adapters/telegram/setup/check-updates.js';
import { registerCommands } from '../../../src/adapters/telegram/setup/command-list.js';
import { silentLog } from '../../../src/observability/log.js';
import { Remembered } from '../../helpers/remembered.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';

const PUBLIC = 'https://mcp.example.com';

let platform: BotApi;
let api: Api;
let other: Server | undefined;
beforeEach(async () => {
  platform = await startBotApi();
  api = new Api(platform.token, { apiRoot: platform.root });
});
afterEach(async () => {
  await platform.close();
  other?.closeAllConnections();
  await new Promise((resolve) => (other === undefined ? resolve(undefined) : other.close(resolve)));
  other = undefined;
});

async function look(options: Partial<TelegramCheck> = {}): Promise<readonly Finding[]> {
  const findings = await checkTelegram({
    token: platform.token,
    apiRoot: platform.root,
    mode: 'polling',
    publicUrl: PUBLIC,
    commands: true,
    when: () => '3 h ago',
    ...options,
  });
  const shown = JSON.stringify(findings);
  expect(shown).not.toContain(platform.token.split(':')[1]);
  expect(shown).not.toContain('/webhooks/');
  return findings;
}

/** Marks and texts as one list. */
async function seen(options?: Partial<TelegramCheck>): Promise<readonly string[]> {
  return (await look(options)).map(({ mark, text }) => `${mark}: ${text}`);
}

/** An address at which something else answers. */
async function elsewhere(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  other = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a bot that works', () => {
  it('is named; each thing that counts is told, and nothing is left to do', async () => {
    await registerCommands(api.raw, new Remembered(Date.now), silentLog);
    const findings = await look();
    expect(findings).toEqual([
      { mark: 'ok', text: '@acme_mcp_bot (Acme MCP) answers' },
      { mark: 'ok', text: 'can be added to groups' },
      {
        mark: 'neutral',
        text: 'privacy mode is on: in groups it is sent commands and replies to it, which is enough',
      },
      { mark: 'ok', text: 'long polling' },
      {
        mark: 'neutral',
        text: expect.stringMatching(
          /^a Bot API server of your own, 127\.0\.0\.1:\d+: it has to be 10\.3 or newer/,
        ),
      },
      { mark: 'ok', text: '/mcp is in the command lists, in groups for its sender alone' },
    ]);
  });

  it('is asked six things at once, and nothing is changed or taken from it', async () => {
    await platform.person('Ana').type('/mcp');
    await look();
    expect(platform.calls.map(({ method }) => method).sort()).toEqual([
      'getMe',
      ...Array(4).fill('getMyCommands'),
      'getWebhookInfo',
    ]);
    expect(platform.pendingUpdates).toBe(1);
  });

  it('says how many updates wait', async () => {
    const ana = platform.person('Ana');
    await ana.type('/mcp');
    expect(await seen()).toContain('ok: long polling · 1 update waits');
    await ana.type('/mcp');
    expect(await seen()).toContain('ok: long polling · 2 updates wait');
  });

  it('with privacy mode off is no worse', async () => {
    await platform.close();
    platform = await startBotApi({ canReadAllGroupMessages: true });
    expect(await seen()).toContain(
      'neutral: privacy mode is off: in groups it is sent every message, and looks at /mcp alone',
    );
  });
});

describe('the command list', () => {
  it('that lacks /mcp is filled by a start', async () => {
    const findings = await look();
    expect(findings.slice(-2)).toEqual([
      {
        mark: 'attention',
        text: '/mcp is not in the command list of private chats',
        remedy: '`mcp-chat-gateway start` puts /mcp into the command lists.',
      },
      expect.objectContaining({ text: '/mcp is not in the command list of groups' }),
    ]);
  });

  it('that the gateway must not touch is for the owner to fill', async () => {
    await api.setMyCommands([{ command: 'mcp', description: 'x' }]);
    expect((await look({ commands: false })).at(-1)).toEqual({
      mark: 'attention',
      text: '/mcp in a group is seen by all: its command list does not make it ephemeral',
      remedy: expect.stringContaining('is_ephemeral'),
    });
  });
});

describe('long polling', () => {
  it('says that a start takes a webhook away, and of its address only the origin', async () => {
    await api.setWebhook(`${PUBLIC}/secret-path`);
    const findings = await look();
    expect(JSON.stringify(findings)).not.toContain('secret-path');
    expect(findings[3]).toEqual({
      mark: 'attention',
      text: 'long polling, but a webhook to https://mcp.example.com is set',
      remedy: expect.stringMatching(/`mcp-chat-gateway start` takes the webhook away.*another program/),
    });
  });
});

describe('a webhook', () => {
  const webhook = { mode: 'webhook' } as const;

  it('is set by the first start', async () => {
    expect((await look(webhook))[3]).toEqual({
      mark: 'attention',
      text: 'no webhook is set yet',
      remedy: '`mcp-chat-gateway start` sets the webhook.',
    });
  });

  it('is right where it leads to this gateway', async () => {
    await api.setWebhook(webhookUrlOf(platform.token, PUBLIC));
    expect(await seen(webhook)).toContain('ok: webhook at https://mcp.example.com');
  });

  it.each(['https://elsewhere.example/secret-path', `${PUBLIC}/secret-path`])(
    'is pointed here by a start where it leads to %s',
    async (url) => {
      await api.setWebhook(url);
      const findings = await look(webhook);
      expect(JSON.stringify(findings)).not.toContain('secret-path');
      expect(findings[3]).toEqual({
        mark: 'attention',
        text: `the webhook leads to ${new URL(url).origin}, not to this gateway`,
        remedy: expect.stringContaining('points the webhook to `public_url`'),
      });
    },
  );

  it('that cannot be delivered has failed, with what is wrong, since when, and how much waits', async () => {
    await platform.close();
    const server = await elsewhere((_, response) => response.writeHead(502).end());
    platform = await startBotApi({ webhookRoutes: { [PUBLIC]: server } });
    api = new Api(platform.token, { apiRoot: platform.root });
    await api.setWebhook(webhookUrlOf(platform.token, PUBLIC));
    await platform.person('Ana').type('/mcp');
    const failed = async () => (await look(webhook)).filter(({ mark }) => mark === 'failed');
    await expect.poll(failed).toEqual([
      {
        mark: 'failed',
        text: 'the last failed delivery was 3 h ago: Wrong response from the webhook: 502 Bad Gateway',
        remedy: expect.stringContaining('The proxy does not reach the gateway'),
      },
    ]);
    expect(await seen(webhook)).toContain('ok: webhook at https://mcp.example.com · 1 update waits');
  });
});

describe('the last error of a webhook', () => {
  const url = `${PUBLIC}/webhooks/telegram/secret-path`;
  const info = (message: string, waiting: number): WebhookInfo => ({
    url,
    has_custom_certificate: false,
    pending_update_count: waiting,
    last_error_date: 1_790_000_000,
    last_error_message: message,
  });
  const found = (message: string, waiting = 1) =>
    updateFindings(info(message, waiting), { mode: 'webhook', webhookUrl: url, when: String }).at(-1);

  it.each([
    ['Failed to resolve host: Name or service not known', 'DNS'],
    ['SSL error {error:0A000086:SSL routines::certificate verify failed}', 'whole chain'],
    ['Wrong response from the webhook: 401 Unauthorized', 'start this one again'],
    ['Wrong response from the webhook: 404 Not Found', '`/webhooks/`'],
    ['Wrong response from the webhook: 301 Moved Permanently', 'no redirects'],
    ['Wrong response from the webhook: 503 Service Unavailable', 'The proxy does not reach'],
    ['Connection refused', 'firewall'],
    ['Connection timed out', 'firewall'],
    ['Read timeout expired', 'firewall'],
    ['Something new', 'what answers there'],
  ])('%s: says what to do', (message, remedy) => {
    expect(found(message)).toEqual({
      mark: 'failed',
      text: `the last failed delivery was 1790000000000: ${message}`,
      remedy: expect.stringContaining(remedy),
    });
  });

  it('is history where nothing waits', () => {
    expect(found('Connection refused', 0)).toEqual({
      mark: 'neutral',
      text: expect.stringContaining('refused'),
    });
  });

  it('is data: one line, cut, without control characters or addresses', () => {
    const text = found(`a\u001b[31m\n\u202eb ${url}?x ${'y'.repeat(500)}`)?.text ?? '';
    expect(text).toContain('a�[31m b https://mcp.example.com y');
    expect(text.length).toBeLessThan(250);
  });
});

describe('a bot that does not work', () => {
  it('has a revoked token: where the new one is', async () => {
    platform.revokeToken();
    expect(await look()).toEqual([
      {
        mark: 'failed',
        text: 'Telegram refuses the bot token (401)',
        remedy: expect.stringContaining('@BotFather has it under /mybots → API Token'),
      },
    ]);
  });

  it('has a token of nobody', async () => {
    platform.fail('*', { errorCode: 404, description: 'Not Found' }, 6);
    expect(await look()).toMatchObject([
      {
        mark: 'failed',
        text: 'there is no bot with this token (404)',
        remedy: expect.stringContaining('api_root'),
      },
    ]);
  });

  it('is asked too much, or has a platform with trouble of its own: to be looked at again', async () => {
    platform.fail('getMe', {
      errorCode: 429,
      description: 'Too Many Requests: retry after 7',
      parameters: { retry_after: 7 },
    });
    expect(await seen()).toEqual(['failed: Telegram wants no more requests for 7 s (429)']);
    platform.fail('getWebhookInfo', { errorCode: 502, description: 'Bad Gateway' });
    expect(await seen()).toEqual(['failed: Telegram answered getWebhookInfo with 502: Bad Gateway']);
  });

  it('is out of reach: a closed port, a connection that breaks', async () => {
    platform.fail('getMe', 'drop-before');
    const host = new URL(platform.root).host;
    expect(await seen()).toEqual([`failed: ${host} cannot be reached`]);
    await platform.goDown();
    const [finding] = await look();
    expect(finding?.text).toBe(`${host} cannot be reached`);
    expect(finding?.remedy).toContain('a direct way to');
    await platform.comeBack();
  });

  it('is out of reach: a server that is silent, after the time limit', async () => {
    const root = await elsewhere(() => undefined);
    expect(await seen({ apiRoot: root, withinMs: 200 })).toEqual([
      `failed: ${new URL(root).host} did not answer within 0.2 s`,
    ]);
  });

  it.each([
    '<html>Sign in to this network</html>',
    '{"error":"unknown route"}',
    '{"ok":true,"result":{}}',
    'null',
  ])('is not there: what answers is no Bot API (%s)', async (answer) => {
    const root = await elsewhere((_, response) => response.end(answer));
    expect(await seen({ apiRoot: root })).toEqual([
      `failed: what answers at ${new URL(root).host} is no Bot API`,
    ]);
  });
});
