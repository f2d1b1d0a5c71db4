import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/adapters/common/finding.js';
import { checkSlack, type SlackCheck } from '../../../../src/adapters/slack/setup/check.js';
import { BOT_SCOPES } from '../../../../src/adapters/slack/setup/scopes.js';
import type { Slack, SlackWorkspace } from '../../../helpers/slack/face.js';
import { startSlack } from '../../../helpers/slack/slack.js';

const SCOPES = Object.keys(BOT_SCOPES);

let slack: Slack;
let acme: SlackWorkspace;
let other: Server | undefined;
beforeEach(async () => {
  slack = await startSlack();
  acme = slack.workspace('Acme', { scopes: SCOPES });
});
afterEach(async () => {
  await slack.close();
  other?.closeAllConnections();
  await new Promise((resolve) => (other === undefined ? resolve(undefined) : other.close(resolve)));
  other = undefined;
});

async function look(options: Partial<SlackCheck> = {}): Promise<readonly Finding[]> {
  const given = {
    botTokens: [acme.botToken],
    mode: 'socket',
    appToken: slack.appToken,
    apiRoot: slack.apiUrl.replace(/\/$/, ''),
    ...options,
  } as const;
  const findings = await checkSlack(given);
  const shown = JSON.stringify(findings);
  for (const token of [...given.botTokens, slack.appToken]) expect(shown).not.toContain(token.slice(-12));
  return findings;
}

/** Marks and texts as one list. */
async function seen(options?: Partial<SlackCheck>): Promise<readonly string[]> {
  return (await look(options)).map(({ mark, text }) => `${mark}: ${text}`);
}

const SOCKET = 'ok: Socket Mode: Slack gives an address to connect to';

describe('an app that works', () => {
  it('is named with its workspace, its scopes and its way in, and nothing is left to do', async () => {
    expect(await look()).toEqual([
      { mark: 'ok', text: `@acmemcp answers in Acme (${acme.id})` },
      { mark: 'ok', text: 'in Acme it has all 6 scopes' },
      { mark: 'ok', text: 'Socket Mode: Slack gives an address to connect to' },
    ]);
  });

  it('is asked one thing for each token, by its header, and no connection is opened', async () => {
    await look();
    expect(slack.calls.map(({ method, params }) => [method, params]).sort()).toEqual([
      ['apps.connections.open', {}],
      ['auth.test', {}],
    ]);
    expect(slack.sockets.opened).toBe(0);
  });

  it('is named in each workspace, and in an organisation as a whole', async () => {
    const globex = slack.workspace('Globex', { scopes: SCOPES });
    const org = slack.workspace('Initech', { scopes: SCOPES, enterpriseId: 'E0123ABCD', orgInstall: true });
    expect(await seen({ botTokens: [acme.botToken, globex.botToken, org.botToken] })).toEqual([
      `ok: @acmemcp answers in Acme (${acme.id})`,
      'ok: in Acme it has all 6 scopes',
      `ok: @acmemcp answers in Globex (${globex.id})`,
      'ok: in Globex it has all 6 scopes',
      'ok: @acmemcp answers in the organisation Initech (E0123ABCD)',
      'neutral: people of Initech are slack:E0123ABCD/U… in `access` and `people`: they are of the organisation',
      'ok: in Initech it has all 6 scopes',
      SOCKET,
    ]);
  });

  it('over HTTP is told where Slack has to send, which Slack does not say', async () => {
    const findings = await look({ mode: 'http', publicUrl: 'https://mcp.example.com' });
    expect(findings.at(-1)).toEqual({
      mark: 'neutral',
      text: 'Slack has to send to https://mcp.example.com/webhooks/slack',
      remedy: expect.stringContaining('App Manifest'),
    });
    expect(slack.callsOf('apps.connections.open')).toEqual([]);
  });
});

describe('scopes', () => {
  it.each(Object.entries(BOT_SCOPES))(
    '%s, when it is missing, is named with its reason and the click',
    async (scope, reason) => {
      acme.setScopes(SCOPES.filter((one) => one !== scope));
      expect(await look()).toContainEqual({
        mark: 'failed',
        text: `in Acme the scope ${scope} is missing: ${reason}`,
        remedy: `api.slack.com/apps → your app → OAuth & Permissions → Scopes → Bot Token Scopes → Add an OAuth Scope: ${scope}; then Install App → Reinstall to Acme.`,
      });
    },
  );

  it('that are more than needed are told, and are no failure', async () => {
    acme.setScopes([...SCOPES, 'channels:history', 'files:read']);
    expect(await seen()).toContain(
      'neutral: in Acme it has more than the gateway needs: channels:history, files:read',
    );
  });
});

describe('several tokens', () => {
  it('for one workspace are one too many', async () => {
    const org = { scopes: SCOPES, enterpriseId: 'E0123ABCD', orgInstall: true };
    const token = slack.workspace('One', org).botToken;
    expect(slack.workspace('Two', org).botToken).toBe(token);
    expect(await seen({ botTokens: [token, token] })).toContain(
      'failed: two bot tokens lead to the organisation One (E0123ABCD)',
    );
  });

  it('have to be of one app', async () => {
    const findings = await look({ appToken: 'xapp-1-A0OTHER-123-abc' });
    expect(findings.find(({ text }) => text.startsWith('the tokens are of different apps'))).toEqual({
      mark: 'failed',
      text: `the tokens are of different apps: ${slack.appId}, A0OTHER`,
      remedy: expect.stringContaining('one app'),
    });
  });

  it('are held against `workspaces`, both ways', async () => {
    expect(await seen({ workspaces: [acme.id] })).toHaveLength(3);
    const findings = await seen({ workspaces: ['T0OTHER'] });
    expect(findings).toContain(
      `attention: Acme (${acme.id}) is not in \`workspaces\`: the bot does not answer there`,
    );
    expect(findings).toContain('attention: no bot token leads to T0OTHER, which is in `workspaces`');
  });

  it('are of workspaces that may be named by their organisation', async () => {
    const grid = slack.workspace('Initech', { scopes: SCOPES, enterpriseId: 'E0123ABCD' });
    const findings = await seen({ botTokens: [grid.botToken], workspaces: ['E0123ABCD'] });
    expect(findings).toContain(`ok: @acmemcp answers in Initech (${grid.id})`);
    expect(findings.filter((text) => text.includes('`workspaces`'))).toEqual([]);
  });

  it('of which one is for an organisation say nothing about its workspaces', async () => {
    const org = slack.workspace('Initech', { scopes: SCOPES, enterpriseId: 'E0123ABCD', orgInstall: true });
    const findings = await seen({ botTokens: [org.botToken], workspaces: [org.id, 'T0OTHER'] });
    expect(findings.filter((text) => text.includes('`workspaces`'))).toEqual([]);
  });
});

describe('a token that does not work', () => {
  it('is unknown, revoked, or of an app that was removed: each with where the new one is', async () => {
    const unknown = 'xoxb-1234567890-abcdefabcdef';
    expect(await look({ botTokens: [unknown] })).toContainEqual({
      mark: 'failed',
      text: 'Slack does not know the bot token (invalid_auth)',
      remedy: expect.stringContaining('OAuth & Permissions has it'),
    });
    await acme.revokeToken();
    expect(await seen()).toContain('failed: the bot token was revoked (token_revoked)');
    await acme.uninstall();
    expect((await seen())[0]).toContain('the app was removed from its workspace');
    expect(await seen({ botTokens: [unknown, acme.botToken] })).toContain(
      'failed: Slack does not know bot token 1 of 2 (invalid_auth)',
    );
  });

  it('is a person’s, has expired, or is refused for a reason that is new', async () => {
    slack.fail('auth.test', { error: 'token_expired' });
    expect(await seen()).toContain(
      'failed: the bot token has expired: the app rotates its tokens (token_expired)',
    );
    slack.fail('auth.test', { error: 'something\u001b[31m_new' });
    expect(await seen()).toContain('failed: Slack refuses the bot token (something�[31m_new)');
    const root = await elsewhere('{"ok":true,"team":"Acme","team_id":"T1","user":"ana"}');
    expect(await seen({ apiRoot: root })).toContain("failed: the bot token is a person's");
  });

  it('is the app-level one: revoked, without its scope, or of another kind', async () => {
    slack.revokeAppToken();
    expect(await look()).toContainEqual({
      mark: 'failed',
      text: 'Slack refuses the app-level token (invalid_auth)',
      remedy: expect.stringContaining('App-Level Tokens → Generate Token and Scopes → connections:write'),
    });
    slack.fail('apps.connections.open', { error: 'missing_scope' });
    expect(await seen()).toContain('failed: the app-level token lacks connections:write (missing_scope)');
    expect(await seen({ appToken: acme.botToken })).toContain(
      'failed: the app-level token is of another kind (not_allowed_token_type)',
    );
  });
});

/** An address at which something else answers. */
async function elsewhere(answer: string | undefined): Promise<string> {
  const server = createServer((_, response) => (answer === undefined ? undefined : response.end(answer)));
  other = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('Slack', () => {
  it('that wants no more requests, or has trouble of its own, is to be asked later', async () => {
    slack.fail('auth.test', { status: 429, retryAfterSeconds: 7 });
    expect(await seen()).toEqual(['failed: Slack wants no more requests for 7 s (429)', SOCKET]);
    slack.fail('auth.test', { status: 503 });
    expect(await seen()).toEqual(['failed: Slack answered auth.test with 503', SOCKET]);
  });

  it('out of reach is said once, however many tokens there are', async () => {
    const globex = slack.workspace('Globex');
    const { host } = new URL(slack.apiUrl);
    await slack.goDown();
    const findings = await look({ botTokens: [acme.botToken, globex.botToken] });
    expect(findings.map(({ text }) => text)).toEqual([`${host} cannot be reached`]);
    expect(findings[0]?.remedy).toContain('a direct way to');
    await slack.comeBack();
  });

  it('that is silent is given up after the time limit', async () => {
    const root = await elsewhere(undefined);
    expect(await seen({ apiRoot: root, withinMs: 200 })).toEqual([
      `failed: ${new URL(root).host} did not answer within 0.2 s`,
    ]);
  });

  it.each(['<html>Sign in to this network</html>', '{"error":1}', '{"ok":"true"}', 'null', ''])(
    'is not there: what answers is no Slack API (%j)',
    async (answer) => {
      const root = await elsewhere(answer);
      expect(await seen({ apiRoot: root })).toEqual([
        `failed: what answers at ${new URL(root).host} is no Slack API`,
      ]);
    },
  );
});
