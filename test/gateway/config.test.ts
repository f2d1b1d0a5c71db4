import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/gateway/config.js';
import { mistakesIn, server, settingsOf, warningsIn } from './config-cases.js';

const LINEAR = server('url: https://mcp.linear.app/mcp');

describe('what a config yields', () => {
  it('fills in every default for a server that is only a URL', () => {
    expect(settingsOf(LINEAR)).toEqual({
      listen: { host: '127.0.0.1', port: 8787 },
      localListen: { host: '127.0.0.1', port: 8788 },
      storage: { kind: 'file', folder: '/etc/gateway/state' },
      access: { users: [], admins: [] },
      people: {},
      security: { confirm: 'auto', signInLifetimeMs: 600_000, allowPrivateHosts: [] },
      platforms: {},
      servers: [
        {
          kind: 'http',
          name: 'linear',
          enabled: true,
          credentials: 'personal',
          timeoutMs: 60_000,
          connectTimeoutMs: 30_000,
          tools: {},
          keys: [],
          url: 'https://mcp.linear.app/mcp',
          oauth: { authorizeParameters: {} },
          headers: {},
        },
      ],
      log: { level: 'info' },
    });
  });

  it('reads limits and trusted proxies', () => {
    const { limits, trustedProxies } = settingsOf(
      `${LINEAR}limits: { commands: 30/1m, sign_ins: 5/s, pages: off }\ntrusted_proxies: [10.0.0.0/8, "::1"]\n`,
    );
    expect(limits).toEqual({
      commands: { most: 30, windowMs: 60_000 },
      sign_ins: { most: 5, windowMs: 1_000 },
      pages: 'off',
    });
    expect(settingsOf(`${LINEAR}audit: { retention: 12h }`).auditRetentionMs).toBe(12 * 3_600_000);
    expect(settingsOf(`${LINEAR}audit: { retention: off }`).auditRetentionMs).toBe('off');
    expect(trustedProxies).toEqual(['10.0.0.0/8', '::1']);
  });

  it('takes the ranges of cloud load balancers and of private networks as proxies', () => {
    const ranges = ['10.0.0.0/8', '130.211.0.0/22', '2400:cb00::/32', 'fc00::/7', 'fd00::/8', 'fe80::/10'];
    const mapped = ['::ffff:10.0.0.0/104', '::1/128', '127.0.0.1/32'];
    const { trustedProxies } = settingsOf(
      `${LINEAR}trusted_proxies: ${JSON.stringify([...ranges, ...mapped])}\n`,
    );
    expect(trustedProxies).toEqual([...ranges, ...mapped]);
  });

  it('reads for whom a server is there, and which groups are answered', () => {
    const { access } = settingsOf(
      `${server('url: https://x.example/mcp', 'allow: [ana, "slack:T1/*", "telegram:*"]')}people: { ana: [] }\naccess: { groups: ["discord:5/*"] }\n`,
    );
    expect(access).toEqual({
      users: [],
      admins: [],
      groups: ['discord:5/*'],
      servers: { linear: ['ana', 'slack:T1/*', 'telegram:*'] },
    });
  });

  it('takes every key of an OAuth server, and sends unknown ones along as authorize parameters', () => {
    const [linear] = settingsOf(
      server(
        'url: http://10.0.0.7/mcp?team=a',
        'transport: sse',
        'auth: oauth',
        'oauth:',
        '  client_id: 12345678901234567890',
        '  client_secret: s3cret',
        '  scope: read write',
        '  redirect_port: 8765',
        '  redirect_uri: http://127.0.0.1:8765/callback',
        '  client_name: Ours',
        '  timeout: 1.5',
        '  flow: paste',
        '  issuer: https://login.example.com/',
        '  prompt: consent',
        '  max_age: 010',
        '  include_granted_scopes: true',
        'enabled: false',
        'timeout: 5',
        'connect_timeout: 0.25',
        'tools: { include: "get_*", exclude: [a, b] }',
        'credentials: shared',
      ),
    ).servers;
    expect(linear).toEqual({
      kind: 'sse',
      name: 'linear',
      enabled: false,
      credentials: 'shared',
      timeoutMs: 5000,
      connectTimeoutMs: 250,
      tools: { include: ['get_*'], exclude: ['a', 'b'] },
      keys: [],
      url: 'http://10.0.0.7/mcp?team=a',
      auth: 'oauth',
      oauth: {
        clientId: '12345678901234567890',
        clientSecret: 's3cret',
        scope: 'read write',
        redirectPort: 8765,
        flow: 'paste',
        redirectUri: 'http://127.0.0.1:8765/callback',
        clientName: 'Ours',
        timeoutMs: 1500,
        issuer: 'https://login.example.com/',
        authorizeParameters: { prompt: 'consent', max_age: '010', include_granted_scopes: 'true' },
      },
      headers: {},
    });
  });

  it('takes a stdio server, its scalars as they are written', () => {
    const [linear] = settingsOf(
      server(
        'command: npx',
        'args: [-y, some-server, 1.10, true]',
        'env: { PORT: 0x1F, ON: yes }',
        'cwd: ./work',
      ),
    ).servers;
    expect(linear).toMatchObject({
      kind: 'stdio',
      command: 'npx',
      args: ['-y', 'some-server', '1.10', 'true'],
      env: { PORT: '0x1F', ON: 'yes' },
      cwd: '/etc/gateway/work',
    });
  });

  it.each(['streamable-http', 'streamable_http', 'http'])('reads the transport %s as http', (transport) => {
    expect(settingsOf(server('url: https://a.example', `transport: ${transport}`)).servers[0]?.kind).toBe(
      'http',
    );
  });

  it('takes the rest of the keys', () => {
    const settings = settingsOf(
      [
        'public_url: https://mcp.example.com/base/',
        'listen: "[::1]:0"',
        'local_listen: { address: 0.0.0.0:9999, token: abcdefghijklmnop }',
        'storage: memory',
        'people: { ana: [telegram:1, slack:T1/U2, web:ana], josé: [] }',
        'access: { users: "*", admins: [ana, discord:5] }',
        'security:',
        '  confirm: always',
        '  sign_in_lifetime: 90s',
        '  allow_private_hosts: [login.lan, 10.0.0.5, "::1"]',
        '  encryption_key: 0123456789abcdef0123456789abcdef',
        'platforms: { web: { people: [ana, ben] } }',
        'log: { level: trace }',
      ].join('\n'),
    );
    expect(settings).toEqual({
      publicUrl: 'https://mcp.example.com/base',
      listen: { host: '::1', port: 0 },
      localListen: { host: '0.0.0.0', port: 9999, token: 'abcdefghijklmnop' },
      storage: { kind: 'memory' },
      people: { ana: ['telegram:1', 'slack:T1/U2', 'web:ana'], josé: [] },
      access: { users: '*', admins: ['ana', 'discord:5'] },
      security: {
        confirm: 'always',
        signInLifetimeMs: 90_000,
        allowPrivateHosts: ['login.lan', '10.0.0.5', '::1'],
        encryptionKeys: ['0123456789abcdef0123456789abcdef'],
      },
      platforms: { web: { people: ['ana', 'ben'] } },
      servers: [],
      log: { level: 'trace' },
    });
  });

  it.each([
    ['file:./state', '/etc/gateway/state'],
    ['file:state', '/etc/gateway/state'],
    ['file:/var/lib/gateway', '/var/lib/gateway'],
    ['file:///var/lib/gateway', '/var/lib/gateway'],
    ['file:~/gateway', '/home/ana/gateway'],
  ])('keeps %s in the folder %s', (storage, folder) => {
    const { storage: kept } = settingsOf(`storage: ${storage}`, { HOME: '/home/ana' });
    expect(kept).toEqual({ kind: 'file', folder });
  });

  it.each([
    ['redis://127.0.0.1', { kind: 'redis', url: 'redis://127.0.0.1' }],
    ['rediss://ana:${SECRET}@[::1]:6380/2', { kind: 'redis', url: 'rediss://ana:hunter2@[::1]:6380/2' }],
    ['postgresql://ana@db.lan/gateway?sslmode=verify-full', { kind: 'postgres' }],
    ['{ url: "postgres://h/d", prefix: a_ }', { kind: 'postgres', url: 'postgres://h/d', prefix: 'a_' }],
    ['{ url: "redis://h", prefix: "gateway:" }', { kind: 'redis', prefix: 'gateway:' }],
    ['{ url: "file:./here" }', { kind: 'file', folder: '/etc/gateway/here' }],
  ])('takes the storage %s', (storage, expected) => {
    const written = storage.startsWith('{') ? storage : `"${storage}"`;
    const text = `storage: ${written}\nsecurity: { encryption_key: ${'k'.repeat(32)} }`;
    expect(settingsOf(text, { SECRET: 'hunter2' }).storage).toMatchObject(expected);
  });

  it.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['1h', 3_600_000],
    ['1500ms', 1500],
    ['45', 45_000],
    ['"45"', 45_000],
    ['1.5m', 90_000],
  ])('reads a sign-in lifetime of %s', (lifetime, ms) => {
    expect(settingsOf(`security: { sign_in_lifetime: ${lifetime} }`).security.signInLifetimeMs).toBe(ms);
  });

  it('takes blocks with nothing in them, as commented-out examples leave them', () => {
    const settings = settingsOf('mcp_servers:\naccess:\npeople:\nsecurity:\nplatforms:\n  web:\nlog:\n');
    expect(settings.platforms).toEqual({ web: {} });
    expect(settings.access).toEqual({ users: [], admins: [] });
  });

  it.each(['platforms: {}', 'platforms: { web: { enabled: false } }', 'listen: 127.0.0.1:1'])(
    'leaves the web chat off for %s',
    (text) => {
      expect(settingsOf(text).platforms).toEqual({});
    },
  );

  it('follows anchors and aliases', () => {
    const { servers } = settingsOf(
      'mcp_servers:\n  a: { url: https://a.example, tools: &few { include: [x] } }\n  b: { url: https://b.example, tools: *few }\n',
    );
    expect(servers.map(({ tools }) => tools.include)).toEqual([['x'], ['x']]);
  });

  it('takes servers that are named like members of objects', () => {
    const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty'];
    const text = `mcp_servers:\n${names.map((name) => `  ${name}: { url: https://a.example }`).join('\n')}`;
    expect(settingsOf(text).servers.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    'http://localhost:8787',
    'http://127.0.0.1:8787',
    'http://[::1]:8787',
    'http://gateway.localhost',
  ])('takes %s as a public URL, because it does not leave this machine', (url) => {
    expect(settingsOf(`public_url: "${url}"`).publicUrl).toBe(url);
  });
});

describe('warnings', () => {
  it('warns when anyone may use the bot', () => {
    const [warning] = warningsIn(`${LINEAR}access:\n  users: "*"\n`);
    expect(warning).toMatchObject({ path: 'access.users', line: 5, column: 10 });
    expect(warning?.found).toContain('anyone');
  });

  it('warns of keys of other agents that mean nothing here, and takes the rest of the block', () => {
    const text = server(
      'url: https://a.example',
      'ssl_verify: false',
      'sampling: { enabled: true }',
      'tools: { resources: true }',
      'oauth: { user_agent: agent }',
    );
    expect(warningsIn(text).map(({ path, line }) => [path, line])).toEqual([
      ['mcp_servers.linear.ssl_verify', 4],
      ['mcp_servers.linear.sampling', 5],
      ['mcp_servers.linear.tools.resources', 6],
      ['mcp_servers.linear.oauth.user_agent', 7],
    ]);
    const [linear] = settingsOf(text).servers;
    expect(linear?.kind === 'http' && linear.oauth.authorizeParameters).toEqual({});
  });

  it('warns of a server to which tokens travel unencrypted', () => {
    expect(warningsIn(server('url: http://10.0.0.7/mcp'))).toMatchObject([
      { path: 'mcp_servers.linear.url' },
    ]);
    expect(warningsIn(server('url: http://127.0.0.1:3000/mcp'))).toEqual([]);
  });

  it('warns of a config without servers, and of a web chat that nobody may use', () => {
    expect(warningsIn('platforms: { web: {} }').map(({ path }) => path)).toEqual([
      'mcp_servers',
      'platforms.web',
    ]);
    expect(warningsIn(`${LINEAR}platforms: { web: {} }\naccess: { users: [web:ana] }`)).toEqual([]);
  });
});

describe('loading a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-config-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reads it, with relative folders starting where it lies', async () => {
    const path = join(folder, 'config.yaml');
    await writeFile(path, LINEAR);
    const outcome = await loadConfig(path, {});
    expect(outcome).toMatchObject({ kind: 'ok', settings: { storage: { folder: join(folder, 'state') } } });
  });

  it('takes a byte order mark and Windows line ends', async () => {
    const path = join(folder, 'windows.yaml');
    await writeFile(path, `\ufeff${LINEAR.replaceAll('\n', '\r\n')}`);
    expect(await loadConfig(path, {})).toMatchObject({
      kind: 'ok',
      settings: { servers: [{ name: 'linear' }] },
    });
  });

  it('says that a file is not there', async () => {
    const path = join(folder, 'none.yaml');
    const outcome = await loadConfig(path, {});
    expect(outcome).toMatchObject({
      kind: 'mistakes',
      mistakes: [{ file: path, path: '', found: expect.stringContaining('no file') }],
    });
    expect(outcome.kind === 'mistakes' && outcome.mistakes[0]).not.toHaveProperty('line');
  });

  it('says that a folder is no file', async () => {
    const path = join(folder, 'folder.yaml');
    await mkdir(path);
    expect(await loadConfig(path, {})).toMatchObject({
      kind: 'mistakes',
      mistakes: [{ remedy: 'Name the file, not its folder.' }],
    });
  });

  it('says that a file is not UTF-8', async () => {
    const path = join(folder, 'latin1.yaml');
    await writeFile(path, Buffer.from('public_url: caf\xe9', 'latin1'));
    expect(await loadConfig(path, {})).toMatchObject({
      kind: 'mistakes',
      mistakes: [{ found: expect.stringContaining('UTF-8') }],
    });
  });

  it('says that a file cannot be read', async () => {
    // A folder: what permissions do, root would not see.
    expect(await loadConfig(folder, {})).toMatchObject({
      kind: 'mistakes',
      mistakes: [{ found: expect.stringContaining('EISDIR') }],
    });
  });
});

describe('a loopback port for the redirect', () => {
  const withPort = (more = '') =>
    server('url: https://mcp.linear.app/mcp', `oauth: { redirect_port: 8765${more} }`);
  const PUBLIC = 'public_url: https://mcp.example.com\n';

  it('is used where people do not come back to a public URL', () => {
    expect(warningsIn(withPort())).toEqual([]);
    expect(warningsIn(PUBLIC + withPort(', flow: paste'))).toEqual([]);
  });

  it.each([
    ['a public URL', PUBLIC + withPort()],
    ['a redirect URI', withPort(', redirect_uri: "http://127.0.0.1:1/cb"')],
  ])('is taken beside %s, with a warning that says what counts instead', (_what, text) => {
    const [warning] = warningsIn(text);
    expect(warning).toMatchObject({ path: 'mcp_servers.linear.oauth.redirect_port' });
    expect(warning?.remedy).toContain('/oauth/callback');
  });
});

describe('how people come back', () => {
  const withFlow = (flow: string) => server('url: https://mcp.linear.app/mcp', `oauth: { flow: ${flow} }`);
  const flowOf = (text: string) =>
    settingsOf(text).servers.map((one) => one.kind === 'http' && one.oauth.flow);

  it('is what fits, or what the config says', () => {
    expect(['auto', 'browser', 'paste', 'device'].flatMap((flow) => flowOf(withFlow(flow)))).toEqual([
      undefined,
      'browser',
      'paste',
      'device',
    ]);
  });

  it('warns of sign-ins by code where each is to be confirmed: nothing can show the digits', () => {
    const [warning] = warningsIn(`${withFlow('device')}security: { confirm: always }\n`);
    expect(warning).toMatchObject({ path: 'mcp_servers.linear.oauth.flow' });
  });
});

describe('all at once', () => {
  it('reports mistakes of every kind in the order of the file', () => {
    const text = [
      'publik_url: https://x.example', // unknown key
      'listen: 8787', // type
      'mcp_servers:',
      '  linear: { url: nope, timeout: -1 }', // URL, range
      '  Linear: { command: x }', // twin
      '  linear: { command: y }', // repeated key
      '  gh: { url: "https://${HOST}/mcp" }', // variable
      'access: { users: [nobody] }', // unknown name
    ].join('\n');
    expect(mistakesIn(text).map(({ line, column, path }) => [line, column, path])).toEqual([
      [1, 1, 'publik_url'],
      [2, 9, 'listen'],
      [4, 18, 'mcp_servers.linear.url'],
      [4, 33, 'mcp_servers.linear.timeout'],
      [5, 3, 'mcp_servers.Linear'],
      [6, 3, 'mcp_servers.linear'],
      [7, 14, 'mcp_servers.gh.url'],
      [8, 19, 'access.users[0]'],
    ]);
  });
});
