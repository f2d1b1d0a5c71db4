import { describe, expect, it } from 'vitest';
import type { Gauges } from '../../src/observability/instruments.js';
import { createMetrics } from '../../src/observability/metrics.js';

const gauges: Gauges = {
  pendingSignIns: async () => 7,
  sessions: () => 3,
  parts: async () => ({ store: true, telegram: false }),
};

/** The sample with this name and these labels, as a number. */
async function sample(text: Promise<{ readonly body: string }>, line: string): Promise<number | undefined> {
  const found = (await text).body.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

describe('the metrics', () => {
  it('count what happened before anybody asked, and what happens after', async () => {
    const { observed, text } = createMetrics(gauges, '1.2.3');
    observed.command('status', 'answered', 0.02);
    observed.signIn('connected', 42);
    observed.signIn('expired');
    observed.refresh('died');
    observed.delivery('telegram', 'error');
    observed.lock('credential', 0.2);
    observed.limit('commands');
    const commands = 'mcp_gateway_command_duration_seconds_count{command="status",outcome="answered"}';
    expect(await sample(text(), commands)).toBe(1);
    observed.command('status', 'answered', 0.02);
    expect(await sample(text(), commands)).toBe(2);
    expect(await sample(text(), 'mcp_gateway_sign_ins_total{outcome="connected"}')).toBe(1);
    expect(await sample(text(), 'mcp_gateway_sign_ins_total{outcome="expired"}')).toBe(1);
    expect(await sample(text(), 'mcp_gateway_sign_in_duration_seconds_sum{outcome="connected"}')).toBe(42);
    expect(
      await sample(text(), 'mcp_gateway_sign_in_duration_seconds_count{outcome="expired"}'),
    ).toBeUndefined();
    expect(await sample(text(), 'mcp_gateway_token_refreshes_total{outcome="died"}')).toBe(1);
    expect(await sample(text(), 'mcp_gateway_deliveries_total{platform="telegram",outcome="error"}')).toBe(1);
    expect(await sample(text(), 'mcp_gateway_lock_wait_seconds_sum{kind="credential"}')).toBe(0.2);
    expect(await sample(text(), 'mcp_gateway_limits_reached_total{limit="commands"}')).toBe(1);
  });

  it('look at what is open and what works when they are asked', async () => {
    const { text } = createMetrics(gauges, '1.2.3');
    expect(await sample(text(), 'mcp_gateway_sign_ins_pending')).toBe(7);
    expect(await sample(text(), 'mcp_gateway_sessions')).toBe(3);
    expect(await sample(text(), 'mcp_gateway_ready{part="store"}')).toBe(1);
    expect(await sample(text(), 'mcp_gateway_ready{part="telegram"}')).toBe(0);
    expect(await sample(text(), 'mcp_gateway_info{version="1.2.3"}')).toBe(1);
  });

  it('are there while the store is down, without what only it knows', async () => {
    const down = async () => Promise.reject(new Error('down'));
    const { text } = createMetrics({ ...gauges, pendingSignIns: down }, '1.2.3');
    expect(await sample(text(), 'mcp_gateway_sessions')).toBe(3);
    expect(await sample(text(), 'mcp_gateway_sign_ins_pending')).toBeNaN();
  });

  it('keep no more than a thousand observations before they count them', async () => {
    const { observed, text } = createMetrics(gauges, '1.2.3');
    for (let each = 0; each < 2_500; each += 1) observed.limit('pages');
    expect(await sample(text(), 'mcp_gateway_limits_reached_total{limit="pages"}')).toBe(2_500);
  });

  it('are named as Prometheus asks: ours by our prefix, counters by _total, times in seconds, each with its help', async () => {
    const { observed, text } = createMetrics(gauges, '1.2.3');
    observed.limit('pages');
    const { body, contentType } = await text();
    expect(contentType).toContain('text/plain');
    const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
      name,
      type,
    }));
    const ours = types.filter(({ name }) => name.startsWith('mcp_gateway_'));
    expect(ours.length).toBeGreaterThan(8);
    for (const { name } of types) expect(name).toMatch(/^(mcp_gateway|process|nodejs)_[a-z_0-9]+$/);
    for (const { name, type } of ours) {
      expect(body).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name.endsWith('_seconds')).toBe(type === 'histogram');
    }
  });
});
