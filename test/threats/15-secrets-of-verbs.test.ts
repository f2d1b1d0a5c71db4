import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { PipedChat, Program, type ProgramOptions } from '../helpers/program.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';
import { type EchoingServer, startEchoingServer } from './echoing-server.js';
import { IssuedSecrets } from './issued-secrets.js';
import { everyRecord } from './records.js';

const opaque = (): string => randomBytes(24).toString('base64url');

let secrets: IssuedSecrets;
let echoing: EchoingServer;
let home: GatewayFolder;
beforeEach(async () => {
  secrets = new IssuedSecrets();
  echoing = await startEchoingServer(secrets);
  home = await gatewayFolder({});
});
afterEach(async () => {
  await home.remove();
  await echoing.close();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input = '', env: ProgramOptions['env'] = {}): Promise<Ran> {
  const program = new Program(args, { cwd: home.folder, env });
  program.child.stdin?.end(input);
  return { code: await program.ended, out: program.out, err: program.err };
}

/** What it says is looked through. */
async function ran(args: readonly string[], input = '', env: ProgramOptions['env'] = {}): Promise<Ran> {
  const all = await run(args, input, env);
  secrets.saw('verb', all.out + all.err);
  return all;
}

function words(more: object = {}) {
  return {
    access: { users: ['terminal:ana'], admins: ['terminal:ana'] },
    log: { level: 'trace' },
    mcp_servers: {
      files: { url: `${echoing.origin}/files`, auth: 'oauth' },
      keyed: { url: `${echoing.origin}/keyed`, headers: { 'X-Api-Key': placeholder('KEYED_KEY') } },
    },
    ...more,
  };
}

describe('threat 15: no verb says a secret but the one that is asked for it', () => {
  it('import, list, revoke, check, audit, reload, keys rotate and storage copy, whatever goes wrong', async () => {
    // Of a shape that a mistake does not quote: one such text is put where none belongs.
    const next = secrets.note('sealing key', 'w9_Zk-3fQ7bT_x1LmN-8pRs2Vy_Dh5Gc-J4a6Ue0');
    const old = secrets.note('sealing key', opaque());
    const password = secrets.note('storage password', opaque());
    const address = { address: new URL(home.localUrl).host, token: secrets.note('local token', opaque()) };
    const guarded = (keys: readonly string[]) =>
      words({ security: { encryption_key: keys }, local_listen: address });
    await home.rewrite(guarded([old]));
    const tokens = JSON.stringify({
      access_token: secrets.note('access token', opaque()),
      refresh_token: secrets.note('refresh token', opaque()),
      client_id: 'c',
      client_secret: secrets.note('client secret', opaque()),
      token_endpoint: `${echoing.origin}/token`,
      issuer: echoing.origin,
      revocation_endpoint: `${echoing.origin}/revoke`,
      expires_at: 1,
    });
    const whose = ['--subject', 'terminal:ana', '--server', 'files'];
    const key = { KEYED_KEY: echoing.key };
    expect((await ran(['credentials', 'import', ...whose], tokens.slice(1))).code).toBe(2);
    expect((await ran(['credentials', 'import', ...whose], tokens)).code).toBe(0);
    const kept = await run(['credentials', 'export', ...whose, '--with-secrets']);
    expect(kept.out).toContain(JSON.parse(tokens).refresh_token);
    secrets.saw('verb', kept.err);
    echoing.mood = 'refuses';
    expect((await ran(['check', '--as', 'ana'], '', key)).code).toBe(1);
    echoing.mood = 'works';
    // Renewed with the import's refresh token; the server repeats the new one wherever it can.
    expect((await ran(['check', '--as', 'ana'], '', key)).out).toContain('files');
    expect(secrets.count('access token')).toBeGreaterThan(1);
    await ran(['credentials', 'list', '--json']);

    const chat = new PipedChat(home.config, 'ana', [], { env: key });
    try {
      await chat.ask('/mcp tools files', 'files');
      await home.rewrite(
        words({ security: { encryption_key: [old, next], encrypt: next }, log: { level: next } }),
      );
      await chat.ask('/mcp reload', /mistake|security/);
    } finally {
      chat.endInput();
      await chat.stop();
    }
    secrets.saw('verb', chat.out + chat.err);

    await home.rewrite(guarded([next, old]));
    expect((await ran(['keys', 'rotate'])).code).toBe(0);
    secrets.saw('audit', (await ran(['audit', '--json'])).out);
    echoing.mood = 'breaks';
    await ran(['credentials', 'revoke', ...whose]);
    expect(echoing.requests('/revoke')).toBeGreaterThan(0);
    secrets.saw('state', await everyRecord(join(home.folder, 'state')));

    const redis = await RedisUnderTest.start();
    if (redis !== undefined)
      try {
        redis.cli('ACL', 'SETUSER', 'gateway', 'on', `>${password}`, '~*', '&*', '+@all');
        const to = `redis://gateway:${password}@127.0.0.1:${redis.port}/0`;
        await ran(['storage', 'copy', 'file:./state', to.replace(password, `${password}x`)]);
        expect((await ran(['storage', 'copy', 'file:./state', to])).out).toContain('All records are there');
        const keys = redis.cli('KEYS', '*').split('\n');
        expect(keys.length).toBeGreaterThan(3);
        secrets.saw('state', keys.map((one) => `${one} ${redis.cli('DUMP', one)}`).join('\n'));
      } finally {
        await redis.stop();
      }
    expect(secrets.leaks()).toEqual([]);
  });

  it.each([
    ['an error that nobody catches', 'setImmediate(() => { throw error; });'],
    ['a rejection that nobody handles', 'Promise.reject(error);'],
    ['what is no error', 'Promise.reject({ headers: error.headers, url: error.url });'],
  ])('and a crash says none either: %s', async (_what, crash) => {
    const token = secrets.note('access token', opaque());
    const code = secrets.note('authorization code', opaque());
    const bot = secrets.note('bot token', `7312345678:${opaque()}`);
    const facts = {
      headers: { authorization: `Bearer ${token}` },
      url: `https://a.example/cb?code=${code}`,
      token,
    };
    const message = `GET ${facts.url} with Bearer ${token} by https://api.telegram.org/bot${bot}/getMe failed`;
    const preload = join(home.folder, 'crash.mjs');
    await writeFile(
      preload,
      `process.on('SIGUSR2', () => {
         const cause = Object.assign(new TypeError(${JSON.stringify(message)}), ${JSON.stringify(facts)});
         const error = Object.assign(new Error(${JSON.stringify(message)}, { cause }), ${JSON.stringify(facts)});
         ${crash}
       });`,
    );
    await home.rewrite(words());
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(preload)}` };
    const gateway = new Program(['start', '--config', home.config], { env });
    await gateway.untilSays('Ctrl-C stops it.');
    gateway.child.kill('SIGUSR2');
    expect(await gateway.ended).toBe(1);
    expect(gateway.err).toMatch(/nobody caught this error/);
    secrets.saw('log', gateway.out + gateway.err);
    expect(secrets.leaks()).toEqual([]);
  });
});
