import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAuditTrail } from '../../src/gateway/audit/audit.js';
import { silentLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';

const HOUR_MS = 3_600_000;
let home: GatewayFolder;
beforeEach(async () => {
  home = await gatewayFolder({
    people: { ana: ['telegram:1', 'slack:T1/U2'] },
    mcp_servers: { linear: { url: 'http://127.0.0.1:9/mcp' } },
  });
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
  const at = { ms: Date.now() - 30 * 24 * HOUR_MS };
  const now = () => at.ms;
  const audit = createAuditTrail({ store, retentionMs: () => 90 * 24 * HOUR_MS, now, log: silentLog });
  audit.record({ what: 'sign-in-ended', outcome: 'connected', actor: 'telegram:1', server: 'linear' });
  await audit.flush();
  at.ms = Date.now() - 2 * HOUR_MS;
  audit.record({ what: 'refused', outcome: 'stranger', actor: 'telegram:6', chat: 'telegram:-5' });
  audit.record({
    what: 'sign-out',
    outcome: 'revoked',
    actor: 'slack:T1/U2',
    subject: 'ana',
    server: 'linear',
  });
  await audit.flush();
  await store.close();
});
afterEach(() => home.remove());

async function audit(...args: readonly string[]) {
  const program = new Program(['audit', ...args], { cwd: home.folder });
  const code = await program.ended;
  return { code, err: program.err, lines: program.out.split('\n').filter((line) => line !== '') };
}

it('prints who did what, the oldest first, as lines for people or for programs', async () => {
  const { code, lines, err } = await audit();
  expect([code, err]).toEqual([0, '']);
  expect(lines.map((line) => line.replace(/^\S+ \S+ UTC {2}/, ''))).toEqual([
    'telegram:6  -  refused: stranger, in telegram:-5',
    'slack:T1/U2  linear  signed out: revoked (for ana)',
  ]);
  const asJson = await audit('--json', '--since', '60d', '--actor', 'ana');
  expect(asJson.lines.map((line) => JSON.parse(line))).toEqual([
    {
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      actor: 'telegram:1',
      platform: 'telegram',
      what: 'sign-in-ended',
      outcome: 'connected',
      server: 'linear',
    },
    expect.objectContaining({ actor: 'slack:T1/U2', what: 'sign-out', subject: 'ana' }),
  ]);
  const none = await audit('--json', '--since', '2026-01-01', '--server', 'linaer');
  expect(none).toEqual({
    code: 0,
    lines: [],
    err: 'Nothing is in the audit since 2026-01-01 00:00:00 UTC.\n',
  });
});
