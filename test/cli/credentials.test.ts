import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { exportCredentials } from '../../src/cli/credentials-export.js';
import { importCredentials } from '../../src/cli/credentials-import.js';
import { revokeCredentials } from '../../src/cli/credentials-revoke.js';
import { operator } from '../../src/cli/operator.js';
import type { AuditEntry } from '../../src/gateway/audit/audit.js';
import { readAudit } from '../../src/gateway/audit/reading.js';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { useGateways } from '../helpers/running-gateway.js';
import { signIn } from '../helpers/sign-in-browser.js';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly client_id: string;
  readonly resource: string;
  readonly [more: string]: unknown;
}

let provider: AuthorizationServer;
let files: ProtectedServer;
const gateways = useGateways();
beforeAll(async () => {
  provider = await startAuthorizationServer();
  files = await startProtectedServer(provider);
});
afterAll(async () => {
  await files.close();
  await provider.close();
});

const words = () => ({
  mcp_servers: {
    files: { url: files.url, auth: 'oauth' },
    tools: { command: 'node' },
    wiki: { url: files.url, auth: 'oauth', credentials: 'shared' },
  },
  people: { ben: ['web:ben', 'telegram:42'] },
  access: { users: ['web:ana', 'ben'] },
  platforms: { web: { people: ['ana', 'ben'] } },
});

describe('an operator', () => {
  let folder: string;

  async function running() {
    const gateway = await gateways({ words: words() });
    folder = join(gateway.stateFolder, '..');
    const config = {
      ...words(),
      storage: `file:${gateway.stateFolder}`,
      listen: '127.0.0.1:1',
      local_listen: '127.0.0.1:2',
    };
    await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
    const heard: string[] = [];
    for (const name of ['signedIn', 'signedOut'] as const)
      gateway.app.gateway.events.on(
        name,
        ({ subject, reason }) => void heard.push(`${name} ${subject} ${reason}`),
      );
    return { ...gateway, heard };
  }

  async function credentials(verb: string, input = '') {
    const program = new Program(['credentials', ...verb.split(' ')], { cwd: folder });
    program.child.stdin?.end(input);
    return { code: await program.ended, out: program.out, err: program.err };
  }

  /** Renews at the provider, as an operator's cron job would. */
  async function renew({ access_token: _old, ...tokens }: Tokens): Promise<Tokens> {
    const response = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
        client_id: tokens.client_id,
        resource: tokens.resource,
      }),
    });
    expect(response.status).toBe(200);
    return {
      ...tokens,
      ...((await response.json()) as Tokens),
      obtained_at: Date.now() / 1000,
      expires_at: null,
    };
  }

  it('exports one sign-in, renews it elsewhere and imports it for somebody else, while a gateway runs', async () => {
    const gateway = await running();
    const [ana, ben] = [await gateway.visitor('ana'), await gateway.visitor('ben')];
    const asked = await ana.say('/mcp auth files');
    await signIn(asked.link);
    await ana.untilSays('files connected', asked);
    await ben.untilSays('sign-in needed', await ben.say('/mcp status files'));

    const kept = await credentials('export --subject web:ana --server files --with-secrets');
    expect(kept.err).toMatch(/^Secrets of web:ana for files: whoever reads this can act as that person\./);
    const tokens = JSON.parse(kept.out) as Tokens;
    files.refusedTokens.add(tokens.access_token);
    provider.resetCounts();
    const renewed = JSON.stringify(await renew(tokens));

    const mine = await credentials('import --subject telegram:42 --server files', renewed);
    expect(mine).toEqual({
      code: 0,
      out: '',
      err: 'Imported for ben: files. The gateway renews it from here on.\n',
    });
    // Ben's next call has it: no restart, no sign-in, and nobody else went to the provider.
    await ben.untilSays('files works', await ben.say('/mcp test files'));
    await expect.poll(() => gateway.heard).toContain('signedIn ben imported');
    expect(provider.counts.token).toBe(1);

    const audit = readAudit(await gateway.store(), { sinceMs: 0, order: 'oldest-first', server: 'files' });
    const noted: string[] = [];
    for await (const { what, actor, subject } of audit)
      if (what.startsWith('credential-')) noted.push(`${actor} ${what} ${subject}`);
    expect(noted).toEqual([
      `${operator()} credential-exported web:ana`,
      `${operator()} credential-imported ben`,
    ]);

    const list = await credentials('list --json');
    const rows = list.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toMatchObject([
      { subject: 'ben', server: 'files', kind: 'oauth', issuer: provider.issuer, renews_by_itself: true },
      { subject: 'web:ana', server: 'files', kind: 'oauth' },
    ]);
    expect(list.out).not.toContain(tokens.client_id);
    const shown = await credentials('list --subject web:ben');
    expect(shown.out).toMatch(/Credentials +1 credential\n✓ ben +files +connected +refreshes by itself/);

    const revoked = await credentials('revoke --subject ben --server files');
    expect(revoked).toMatchObject({
      code: 0,
      err: 'Signed ben out of files: its provider has withdrawn the access.\n',
    });
    await expect.poll(() => gateway.heard).toContain('signedOut ben revoked-by-operator');
    await ben.untilSays('sign-in needed', await ben.say('/mcp status files'));
    expect(await credentials('revoke --subject ben --server files')).toMatchObject({
      code: 1,
      err: 'ben holds nothing for files.\n',
    });
    for (const secret of [tokens.access_token, tokens.refresh_token])
      expect([mine, list, shown, revoked].map(({ out, err }) => out + err).join('')).not.toContain(secret);
  });
});

const imported = () => ({
  access_token: 'tok-canary-78',
  client_id: 'ours',
  issuer: provider.issuer,
  token_endpoint: `${provider.issuer}/token`,
});

describe('what is wrong is named, and nothing is changed', () => {
  const CANARY = 'tok-canary-77';
  let home: GatewayFolder;
  let config: string;
  beforeEach(async () => {
    home = await gatewayFolder(words());
    config = home.config;
  });
  afterEach(() => home.remove());

  const put = (input: string, subject = 'web:ana', server = 'files') =>
    importCredentials({ config, subject, server }, Readable.from([input]));

  it.each([
    ['no JSON', CANARY, {}, 2, /^The input cannot be used: it must be one JSON object/],
    ['a wrong type', JSON.stringify({ access_token: [CANARY] }), {}, 2, /^`access_token` cannot be used/],
    ['far too much', `"${CANARY}${' '.repeat(70_000)}"`, {}, 2, /longer than 64 KiB/],
    ['an unknown server', '{}', { server: 'file' }, 2, /no server file\. Did you mean files\?/],
    ['a program', '{}', { server: 'tools' }, 2, /tools is a program of this machine/],
    ['nobody', '{}', { subject: 'ana' }, 2, /^ana is nobody: write platform:id/],
    ['a person for what is shared', '{}', { server: 'wiki' }, 2, /--subject shared/],
    ['everyone for what is not', '{}', { subject: 'shared' }, 2, /files is not shared/],
    [
      'no client',
      JSON.stringify({ access_token: CANARY }),
      {},
      1,
      /^`client_id` is missing, and nothing here says it/,
    ],
  ])(
    '%s',
    async (_what, input, { subject, server }: { subject?: string; server?: string }, exitCode, says) => {
      const failed = await put(input, subject, server).then(
        () => undefined,
        (error: Error) => error,
      );
      expect(failed).toMatchObject({ exitCode, message: expect.stringMatching(says) });
      expect(failed?.message).not.toContain(CANARY);
      const kept = exportCredentials({ config, subject: 'web:ana', server: 'files', withSecrets: true });
      await expect(kept).rejects.toThrow('web:ana holds nothing for files.');
    },
  );

  it('an export that does not say that it is one of secrets', async () => {
    const kept = exportCredentials({ config, subject: 'web:ana', server: 'files' });
    await expect(kept).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--with-secrets'),
    });
  });

  it('storage in memory, which no other program reaches', async () => {
    await home.rewrite({ ...words(), storage: 'memory' });
    await expect(put('{}')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('in memory'),
    });
  });
});

it('what is left of a server and a person that the config has no longer can be revoked', async () => {
  const home = await gatewayFolder(words());
  onTestFinished(() => home.remove());
  const { config, folder } = home;
  const input = Readable.from([JSON.stringify(imported())]);
  await importCredentials({ config, subject: 'ben', server: 'files' }, input);
  await home.rewrite({ mcp_servers: { other: { url: files.url } } });
  const gone = { config, subject: 'ben', server: 'files' };
  await expect(revokeCredentials({ ...gone, server: 'wiki' })).rejects.toThrow('has no server wiki');
  expect(await revokeCredentials(gone)).toBe(0);
  await expect(revokeCredentials(gone)).rejects.toThrow('has no server files');
  const { store } = await openStore({ kind: 'file', folder: join(folder, 'state') });
  onTestFinished(() => store.close());
  expect(await store.records('credentials').keys()).toEqual([]);
});

it('what an operator did is in the audit with who they are, and with nothing of the tokens', async () => {
  const home = await gatewayFolder(words());
  onTestFinished(() => home.remove());
  const { config, folder } = home;
  const input = Readable.from([JSON.stringify(imported())]);
  expect(await importCredentials({ config, subject: 'web:ana', server: 'files' }, input)).toBe(0);
  const { store } = await openStore({ kind: 'file', folder: join(folder, 'state') });
  onTestFinished(() => store.close());
  const entries: AuditEntry[] = [];
  for await (const entry of readAudit(store, { sinceMs: 0, order: 'oldest-first' })) entries.push(entry);
  expect(entries).toEqual([
    {
      atMs: expect.any(Number),
      what: 'credential-imported',
      outcome: 'done',
      actor: operator(),
      subject: 'web:ana',
      server: 'files',
    },
  ]);
});
