import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EverythingServer, startEverythingServer } from '../helpers/everything-server.js';
import { freePort, Program } from '../helpers/program.js';

let everything: EverythingServer;
let folder: string;
beforeAll(async () => {
  everything = await startEverythingServer();
});
afterAll(() => everything.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(config: string | undefined, env: Readonly<Record<string, string>> = {}) {
  if (config !== undefined) await writeFile(join(folder, 'config.yaml'), config);
  const program = new Program(['check', '--as', 'ana'], { cwd: folder, env });
  return { code: await program.ended, out: program.out, err: program.err };
}

const LISTEN = 'listen: 127.0.0.1:8787\nstorage: memory\n';

describe('check', () => {
  it('reports every mistake at once, with path and line: exit code 2', async () => {
    const { code, out, err } = await check(
      `${LISTEN}mcp_servers:\n  linear:\n    ulr: https://mcp.linear.app/mcp\n  files:\n    url: not a url\n`,
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/config\.yaml:5/);
    expect(err).toMatch(/config\.yaml:7/);
    expect(err).toContain('mcp_servers.linear.ulr');
    expect(err).toContain('mcp_servers.files.url');
    expect(err).toContain('url');
  });

  it('says that there is no config, and where to get one: exit code 2', async () => {
    const { code, err } = await check(undefined);
    expect(code).toBe(2);
    expect(err).toContain('config.example.yaml');
  });

  it('reaches a server: exit code 0', async () => {
    const { code, out } = await check(`${LISTEN}mcp_servers:\n  everything:\n    url: ${everything.url}\n`);
    expect(out).toMatch(/config\.yaml is valid\. +1 server\n✓ everything {3}reached · 13 tools\n/);
    expect(code).toBe(0);
  });

  it('says which server is wrong, where it stands in the config and what to do: exit code 1', async () => {
    const port = await freePort();
    const { code, out } = await check(
      `${LISTEN}mcp_servers:
  everything:
    url: ${everything.url}
  gone:
    url: http://127.0.0.1:${port}/mcp
  keyed:
    url: ${everything.url}
    headers: { X-API-Key: "\${SOME_KEY}" }
  lost:
    url: http://127.0.0.1:${port}/mcp
    headers: { X-API-Key: "\${SOME_KEY}" }
  off:
    url: http://127.0.0.1:${port}/mcp
    enabled: false
`,
    );
    expect(code).toBe(1);
    expect(out).toMatch(/2 of 5 failed/);
    expect(out).toMatch(/✓ everything/);
    expect(out).toMatch(/✗ gone +127\.0\.0\.1 could not be reached/);
    expect(out).toMatch(/● keyed +key needed/);
    expect(out).toMatch(/✗ lost +127\.0\.0\.1 could not be reached/);
    expect(out).toMatch(/– off +disabled/);
    expect(out).toMatch(/config\.yaml:6 +gone: Check its `url`, and that it runs\./);
    expect(out).toMatch(/config\.yaml:8 +keyed: People give theirs with \/mcp auth keyed; set SOME_KEY/);
  });
});
