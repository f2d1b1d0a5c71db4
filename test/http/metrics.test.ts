import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { signIn } from '../helpers/sign-in-browser.js';
import { useScene } from '../threats/scene.js';
import { exchange } from './exchange.js';

const scene = useScene();

it('/metrics counts what people do, in words of the gateway alone, for this machine alone', async () => {
  const gateway = await scene.gateway({ limits: { commands: '6/1m' } });
  const vic = await gateway.visitor('vic');
  await vic.say('/mcp help');
  await vic.say('/mcp nonsense');
  const { link } = await vic.say('/mcp auth files');
  await signIn(link, { login: 'vic-at-the-provider' });
  await vic.untilSays('files connected');
  await vic.say('/mcp reload');
  for (let each = 0; each < 3; each += 1) await vic.say('/mcp help').catch(() => undefined);
  const { status, headers, body } = await exchange(`${gateway.localUrl}/metrics`);
  expect(status).toBe(200);
  expect(headers['content-type']).toContain('text/plain');
  const sample = (line: string) =>
    Number(
      body
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.split(' ')[1],
    );
  const commands = (command: string, outcome: string) =>
    sample(`mcp_gateway_command_duration_seconds_count{command="${command}",outcome="${outcome}"}`);
  expect(commands('help', 'answered')).toBe(3);
  expect(commands('auth', 'answered')).toBe(1);
  expect(commands('none', 'misunderstood')).toBe(1);
  expect(commands('none', 'refused')).toBe(2);
  expect(sample('mcp_gateway_limits_reached_total{limit="commands"}')).toBe(1);
  expect(sample('mcp_gateway_sign_ins_total{outcome="connected"}')).toBe(1);
  expect(sample('mcp_gateway_sign_in_duration_seconds_count{outcome="connected"}')).toBe(1);
  expect(sample('mcp_gateway_deliveries_total{platform="web",outcome="delivered"}')).toBeGreaterThan(5);
  expect(sample('mcp_gateway_lock_wait_seconds_count{kind="sign-in"}')).toBeGreaterThan(0);
  expect(sample('mcp_gateway_ready{part="store"}')).toBe(1);
  expect(sample('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(body).not.toMatch(/\bvic\b|files|127\.0\.0\.1/);
  const forwarded = await exchange(`${gateway.localUrl}/metrics`, {
    headers: { 'x-forwarded-for': '203.0.113.1' },
  });
  expect(forwarded.status).toBe(403);
});

it('docs/operating.md names each metric of ours, and no other', async () => {
  const { localUrl } = await scene.gateway();
  const { body } = await exchange(`${localUrl}/metrics`);
  const there = Array.from(body.matchAll(/^# TYPE (mcp_gateway_\w+)/gm), ([, name]) => name);
  const docs = await readFile('docs/operating.md', 'utf8');
  const rows = Array.from(docs.matchAll(/^\| `(mcp_gateway_\w+)`/gm), ([, name]) => name);
  // Sessions are counted where they are kept between calls.
  expect(rows.filter((name) => name !== 'mcp_gateway_sessions').toSorted()).toEqual(
    there.filter((name) => name !== 'mcp_gateway_sessions').toSorted(),
  );
});
