import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/index.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { ShownMessage, SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { type ExampleProgram, type ExampleRun, exampleFolder, prepareExample } from './example-program.js';

const FOLDER = exampleFolder('slack-app');

describe('the example of a Bolt app with /mcp in it', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let slack: Slack;
  let acme: SlackWorkspace;
  let ana: SlackPerson;
  let here: Where;
  let example: ExampleRun;
  beforeAll(async () => {
    provider = await startAuthorizationServer();
    files = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
  });
  beforeEach(async () => {
    slack = await startSlack({ commands: ['/mcp', '/hello'] });
    acme = slack.workspace('Acme');
    ana = acme.person('Ana');
    here = { channel: acme.channel('team', [ana]) };
    example = await prepareExample(join(FOLDER, 'app.mjs'), {
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      access: { users: [`slack:${acme.id}/${ana.id}`] },
    });
  });
  afterEach(async () => {
    await example.end();
    await slack.close();
  });

  const tokens = () => ({
    SLACK_BOT_TOKEN: acme.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_ROOT: slack.apiUrl.replace(/\/$/, ''),
  });

  async function running(): Promise<ExampleProgram> {
    const app = example.run(tokens());
    await app.untilSays('The app is there.');
    await slack.sockets.untilOpen();
    return app;
  }

  const said = (where?: Where): readonly ShownMessage[] =>
    ana.messages(where).filter(({ from }) => from === 'bot');
  const says = (text: string | RegExp, where?: Where) =>
    expect.poll(() => said(where).at(-1)?.text ?? '').toMatch(text);

  it('has a command of its own, says back what it hears, shows /mcp, and ends with Ctrl-C', async () => {
    const app = await running();
    await ana.types('/hello', here);
    await says(/^Hello .*\/mcp shows your MCP servers\.$/, here);
    await ana.types('hello there');
    await says(/^hello there$/);
    await ana.types('/mcp');
    await says(/files.*sign-in needed/);
    await ana.types('mcp');
    await expect.poll(() => said().length).toBe(3);
    await ana.types('and now?');
    await says(/^and now\?$/);
    expect(said()).toHaveLength(4);
    expect(await app.stop()).toBe(0);
    expect(app.written.replace(/^(\{"level":[1-3]0|\[(INFO|DEBUG)\]).*\n/gm, '')).toBe(
      'The app is there. Ctrl-C stops it.\n',
    );
  });

  it('signs its people in, over a restart too, in a channel', async () => {
    const app = await running();
    await ana.types('/mcp auth files', here);
    await says('sign in at', here);
    const { url = '' } = await ana.presses('Sign in', here);
    expect(await app.stop()).toBe(0);
    await running();
    expect((await signIn(url)).text).toContain('files is connected');
    await says(/✓ files connected/, here);
    // A slow machine says first that it takes a moment.
    expect(said(here).filter(({ text }) => text.includes('files'))).toHaveLength(1);
    expect(said()).toEqual([]);
  });

  it('says what is missing where there is no token', async () => {
    const app = example.run({ SLACK_BOT_TOKEN: acme.botToken });
    expect(await app.ended).toBe(1);
    expect(app.written).toMatch(/SLACK_BOT_TOKEN .* SLACK_APP_TOKEN .* must be set\..*api\.slack\.com\/apps/);
  });

  it('ends, the gateway too, when Slack refuses its token, and does not show it', async () => {
    slack.revokeAppToken();
    const app = example.run(tokens());
    expect(await app.ended).toBe(1);
    expect(app.written).toContain('invalid_auth');
    expect(app.written).not.toContain(slack.appToken);
    expect(app.written).not.toContain(acme.botToken);
  });

  it('has a config without mistakes, which lets nobody in before it is told whom', async () => {
    const at = join(FOLDER, 'config.yaml');
    const unset = await loadConfig(at, {});
    expect(unset).toMatchObject({ kind: 'ok', settings: { access: { users: ['slack:T0/U0'] } } });
    const set = await loadConfig(at, { SLACK_USER_ID: 'T024BE7LD/U023BECGF' });
    expect(set).toMatchObject({
      settings: { access: { users: ['slack:T024BE7LD/U023BECGF'] }, platforms: {} },
    });
  });
});
